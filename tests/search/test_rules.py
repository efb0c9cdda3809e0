"""Merchandising rules: pin, boost, bury, exclude; from the request and from the store."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from object2vec.core.errors import BadRequestError, StaleCursorError
from object2vec.core.keys import RULES
from object2vec.search import filters, rules
from object2vec.search.index import Request, Sort
from object2vec.search.stored import StoredRules
from object2vec.search.versioned import CHECK_EVERY_S
from object2vec.storage import ConflictError, FolderStore
from tests.helpers.clock import Clock


@pytest.fixture
def shop(embedded):
    return embedded().snapshot


def ruled(shop, *records, **request):
    return shop.search(Request(rules=rules.parse(list(records)), limit=100, **request))


def ids(result):
    return [hit.item.id for hit in result.hits]


def test_pinned_items_come_first_in_order_and_pages_go_on_after_them(shop):
    pin = {"id": "hero", "action": "pin", "items": ["s1", "k2", "nobody"]}
    result = ruled(shop, pin, text="pizza")
    assert ids(result)[:2] == ["s1", "k2"]
    assert result.hits[0].parts["pin:hero"] == 0.0
    assert "pin:hero" not in result.hits[2].parts
    assert set(ids(result)[2:]) == {"p1", "p2"}
    assert result.total == 4
    parsed = rules.parse([pin])
    first = shop.search(Request(text="pizza", rules=parsed, limit=1))
    rest = shop.search(Request(text="pizza", rules=parsed, limit=100, cursor=first.next_cursor))
    assert ids(first) + ids(rest) == ids(result)


def test_a_pinned_item_has_to_pass_the_filters(shop):
    pin = {"action": "pin", "items": ["s1", "p2"]}
    assert ids(ruled(shop, pin, filters=filters.parse({"category": "Pizza"}))) == ["p2", "p1"]


def test_a_sorted_result_keeps_its_order(shop):
    pin = {"action": "pin", "items": ["k1"]}
    assert ids(ruled(shop, pin, sort=Sort("price")))[0] == "c2"


def test_boost_and_bury_are_parts_of_the_score(shop):
    plain = {hit.item.id: hit.score for hit in shop.search(Request(text="pizza")).hits}
    result = ruled(
        shop,
        {"id": "b", "action": "boost", "filters": {"brand": "B"}, "weight": 2},
        {"id": "a", "action": "bury", "items": ["p1"], "weight": 0.25},
        text="pizza",
    )
    scores = {hit.item.id: hit for hit in result.hits}
    assert ids(result) == ["p2", "p1"]
    assert scores["p2"].score == pytest.approx(3 * plain["p2"])
    assert scores["p2"].parts["boost:b"] == pytest.approx(2 * plain["p2"])
    assert scores["p1"].score == pytest.approx(0.75 * plain["p1"])
    assert "boost:b" not in scores["p1"].parts


def test_what_is_excluded_is_nowhere(shop):
    exclude = {"action": "exclude", "filters": {"category": "Pets"}, "items": ["c1"]}
    result = ruled(shop, exclude, facets=("category",))
    assert set(ids(result)) == {"p1", "p2", "p3", "c2", "s1"}
    assert {value.value: value.count for value in result.facets["category"]}["Drinks"] == 1


def test_a_rule_of_a_query_applies_to_that_query_alone(shop):
    pin = {"action": "pin", "items": ["s1"], "queries": ["frozen pizzas", "cola"]}
    assert ids(ruled(shop, pin, text="pizza frozen"))[0] == "s1"
    assert ids(ruled(shop, pin, text="diet cola"))[0] == "s1"
    assert "s1" not in ids(ruled(shop, pin, text="pizza"))


BAD = [
    ({"action": "promote", "items": ["x"]}, "pin, boost, bury, exclude"),
    ({"action": "pin"}, "names its items"),
    ({"action": "pin", "items": ["x"], "filters": {"a": 1}}, "no filters"),
    ({"action": "boost"}, "which items"),
    ({"action": "boost", "items": ["x"], "weight": 0}, "above 0"),
    ({"action": "boost", "items": ["x"], "weight": True}, "number"),
    ({"action": "bury", "items": ["x"], "weight": 1.5}, "at most 1"),
    ({"action": "exclude", "items": ["x"], "weight": 1}, "only boost and bury"),
    ({"action": "boost", "items": "x"}, "list"),
    ({"action": "boost", "items": [1]}, "list"),
    ({"action": "boost", "items": ["x"] * 101}, "more than 100"),
    ({"action": "boost", "filters": {"price": {"above": 1}}}, "gte"),
    ({"action": "boost", "filters": []}, "rule 1"),
    ({"action": "boost", "items": ["x"], "queries": ["!?"]}, "needs a word"),
    ({"action": "boost", "items": ["x"], "id": ""}, "id"),
    ({"action": "boost", "items": ["x"], "when": 1}, "unknown when"),
    ("boost", "object"),
]


@pytest.mark.parametrize(("record", "hint"), BAD)
def test_a_bad_rule_is_refused_with_a_hint(record, hint):
    with pytest.raises(BadRequestError, match=hint):
        rules.parse([record])


def test_too_many_rules_and_equal_ids_are_refused():
    rule = {"id": "x", "action": "pin", "items": ["a"]}
    with pytest.raises(BadRequestError, match="two rules"):
        rules.parse([rule, rule])
    with pytest.raises(BadRequestError, match="more than"):
        rules.parse([{**rule, "id": str(n)} for n in range(rules.MAX_RULES + 1)])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["price", "x"]), inner),
    max_leaves=6,
)
NAMES = st.sampled_from(["id", "action", "items", "filters", "weight", "queries", "x"])


@given(st.lists(st.dictionaries(NAMES, JSON | st.sampled_from(rules.ACTIONS)) | JSON, max_size=3))
def test_whatever_is_sent_as_rules_is_parsed_or_refused(records):
    try:
        assert len(rules.parse(records)) == len(records)
    except BadRequestError:
        return


def test_a_rule_of_the_request_about_an_unknown_field_is_refused_a_stored_one_left_out(shop):
    record = {"id": "r", "action": "boost", "filters": {"colour": "red"}}
    with pytest.raises(BadRequestError, match=r"rule 'r'.*colour"):
        ruled(shop, record)


@pytest.fixture
def store(tmp_path):
    return FolderStore(tmp_path / "store")


@pytest.fixture
def clock():
    return Clock(100.0)


@pytest.fixture
def stored(store, clock):
    return StoredRules(store, clock=clock)


PIN = {"id": "hero", "action": "pin", "items": ["s1"]}


def test_stored_rules_are_versioned_and_seen_by_other_processes_soon(store, stored, clock):
    assert (stored.get().version, stored.get().parsed) == (0, ())
    other = StoredRules(store, clock=clock)
    assert stored.put([PIN]).version == 1
    assert other.get().version == 1
    assert stored.put([]).version == 2
    assert other.get().version == 1
    clock.now += CHECK_EVERY_S
    assert (other.get().version, other.get().parsed) == (2, ())


def test_two_people_do_not_overwrite_each_other(stored):
    stored.put([PIN], expected=0)
    with pytest.raises(ConflictError, match="version 1"):
        stored.put([], expected=0)
    assert stored.put([], expected=1).version == 2


def test_bad_rules_are_not_stored(stored):
    stored.put([PIN])
    with pytest.raises(BadRequestError):
        stored.put([{"action": "pin"}])
    assert stored.get().version == 1


@pytest.mark.parametrize(
    "damage", [b"", b"[]", b'{"version": 1}', b'{"version": 1, "rules": [{"action": 1}]}']
)
def test_a_damaged_document_leaves_the_last_good_rules_and_is_said(store, stored, clock, damage):
    stored.put([PIN])
    store.put(RULES, damage)
    clock.now += CHECK_EVERY_S
    assert stored.get().version == 1
    assert RULES in stored.trouble
    stored.put([PIN, {**PIN, "id": "two"}])
    assert stored.trouble is None
    assert len(StoredRules(store).get().parsed) == 2


def test_a_failing_store_leaves_the_last_good_rules(stored, clock, monkeypatch):
    stored.put([PIN])

    class Broken:
        def __getattr__(self, name):
            raise TimeoutError("no answer")

    monkeypatch.setattr(stored, "_store", Broken())
    clock.now += CHECK_EVERY_S
    assert len(stored.get().parsed) == 1
    assert "no answer" in stored.trouble


def test_a_stored_rule_that_fits_no_more_is_left_out_and_noted(shop, stored):
    stored.put([{"id": "r", "action": "boost", "filters": {"colour": "red"}}, PIN])
    result = shop.search(Request(text="pizza", rules=stored.get().parsed))
    assert ids(result)[0] == "s1"
    assert "'r' was left out" in result.notes[0]


def test_a_cursor_ends_with_the_stored_rules_it_was_made_under(shop, stored):
    first = shop.search(Request(rules=stored.put([PIN]).parsed, limit=2))
    with pytest.raises(StaleCursorError):
        shop.search(Request(rules=stored.put([]).parsed, limit=2, cursor=first.next_cursor))
