"""The report of what was searched: what it counts, what it never shows, and what it suggests."""

import itertools

import orjson
import pytest

from object2vec.core.keys import LATEST_SEARCHES
from object2vec.core.searches import normal
from object2vec.search import synonyms
from object2vec.search.queries.log import MAX_QUERY, QueryLogWriter, read_line
from object2vec.search.queries.page import written
from object2vec.search.queries.report import PERIOD_S, load_latest, make_report, write_report
from object2vec.storage import FolderStore

NOW = 1_764_460_800.0


class Shop:
    """People who search and take something, a second after each other."""

    def __init__(self):
        self.lines = []
        self.at = NOW - PERIOD_S + 1
        self.log = QueryLogWriter(self.lines.append, "a key", lambda: self.at)

    def searched(self, user_id, query, found=(), *, words=True, address="1.2.3.4", **more):
        self.at += 1
        more = {"filtered": False, "further": False, "hits": len(found), **more}
        self.log.searched(query, found, user_id=user_id, address=address, by_words=words, **more)

    def took(self, user_id, *items, after=1):
        self.at += after
        self.log.took(user_id, items)

    def between(self, since, until):
        return [line for line in self.lines if since <= orjson.loads(line)["at"] < until]

    def report(self, **known):
        return make_report(self.between, NOW, **known).as_json()


@pytest.fixture
def shop():
    return Shop()


def queries(rows):
    return [row["query"] for row in rows]


def test_popular_is_what_many_people_ask_for_and_not_what_one_asks_often(shop):
    for user in "abc":
        shop.searched(user, "  Oat   MILK ", ["1"])
    for user in "aaaaaaab":
        shop.searched(user, "cat food", ["2"])
    rows = shop.report()["popular"]
    assert [(row["query"], row["people"], row["searches"]) for row in rows] == [
        ("oat milk", 3, 3),
        ("cat food", 2, 8),
    ]


def test_what_one_person_alone_asks_is_counted_and_shown_nowhere(shop):
    for _ in range(5):
        shop.searched("a", "Erika Mustermann", [])
    shop.searched(None, "bank account 12345", [])
    report = shop.report()
    assert report["not_shown"] == {"asked_by_one": 6, "too_long": 0}
    text = orjson.dumps(report).decode() + written(report)
    assert "mustermann" not in text.lower()
    assert "12345" not in text


def test_the_log_has_no_id_of_a_person_and_no_address(shop):
    shop.searched("customer-2375", "milk", ["item-1"])
    shop.searched(None, "milk", ["item-1"], address="198.51.100.7 Firefox")
    shop.took("customer-2375", "item-1")
    assert not any(part in line for line in shop.lines for part in ("2375", "198.51", "Firefox", "item-1"))


def test_a_mark_is_another_one_under_another_key():
    lines = []
    for key in ("one", "other"):
        QueryLogWriter(lines.append, key).took("customer-2375", ["1"])
    assert len({read_line(line).by for line in lines}) == 2


def test_people_without_an_id_are_told_apart_by_their_address(shop):
    for address in ("198.51.100.7", "198.51.100.7", "203.0.113.9"):
        shop.searched(None, "milk", [], address=address)
    (row,) = shop.report()["without_hits"]
    assert (row["people"], row["searches"], row["clicks"]) == (2, 3, None)


def test_a_long_text_is_counted_without_its_words(shop):
    for user in "ab":
        shop.searched(user, "x" * (MAX_QUERY + 1), [])
    report = shop.report()
    assert (report["searches"], report["popular"], report["not_shown"]["too_long"]) == (2, [], 2)
    assert all(len(line) < 500 for line in shop.lines)


def test_in_vain_is_what_has_no_hit_or_none_by_its_words(shop):
    for user in "ab":
        shop.searched(user, "qwertz", [])
        shop.searched(user, "sofa", ["1"], words=False)
        shop.searched(user, "milk", ["1"])
    assert queries(shop.report()["without_hits"]) == ["qwertz", "sofa"]


def test_a_filter_may_be_why_there_was_nothing(shop):
    for user in "ab":
        shop.searched(user, "milk", [], filtered=True)
    report = shop.report()
    assert report["without_hits"] == []
    assert report["popular"][0]["hits"] is None


def test_what_finds_something_by_now_is_in_vain_no_more(shop):
    for user in "ab":
        shop.searched(user, "sofa", [])
    shop.searched("c", "sofa", ["1"])
    assert shop.report()["without_hits"] == []


def test_a_hit_that_is_taken_is_a_click_of_the_search_that_found_it(shop):
    for user in "ab":
        shop.searched(user, "milk", ["1", "2"])
        shop.searched(user, "bread", ["3"])
        shop.took(user, "2")
        shop.took(user, "2")
    report = shop.report()
    assert {row["query"]: row["clicks"] for row in report["popular"]} == {"milk": 2, "bread": 0}
    assert queries(report["without_clicks"]) == ["bread"]
    assert report["clicks"] == 2


@pytest.mark.parametrize("after", [1_900, 1])
def test_what_is_taken_much_later_was_found_otherwise(shop, after):
    for user in "ab":
        shop.searched(user, "milk", ["1"])
        shop.took(user, "1", after=after)
    assert shop.report()["clicks"] == (2 if after == 1 else 0)


def test_a_hit_of_a_further_page_belongs_to_the_search(shop):
    for user in "ab":
        shop.searched(user, "milk", ["1"])
        shop.searched(user, "milk", ["99"], further=True)
        shop.took(user, "99")
    (row,) = shop.report()["popular"]
    assert (row["searches"], row["clicks"]) == (2, 2)


def test_without_any_click_nothing_is_said_of_clicks(shop):
    for user in "ab":
        shop.searched(user, "milk", ["1"])
    assert shop.report()["without_clicks"] == []


def led(shop, users, first, then, item="1"):
    for user in users:
        shop.searched(user, first, [])
        shop.searched(user, then, [item])
        shop.took(user, item)


def test_what_people_search_for_next_and_take_is_suggested_as_a_synonym(shop):
    led(shop, "abc", "nappies", "diapers")
    led(shop, "d", "nappies", "wet wipes")
    (found,) = shop.report()["suggestions"]
    assert found["people"] == 3
    assert (found["synonym"]["query"], found["synonym"]["finds"]) == (["nappies"], ["diapers"])


def test_what_one_person_did_suggests_nothing(shop):
    led(shop, "aaa", "nappies", "diapers")
    led(shop, "b", "nappies", "diapers gift")
    shop.searched("c", "diapers", ["1"])
    assert shop.report()["suggestions"] == []


def test_a_search_long_before_is_no_first_attempt(shop):
    for user in "ab":
        shop.searched(user, "nappies", [])
        shop.at += 400
        shop.searched(user, "diapers", ["1"])
        shop.took(user, "1")
    assert shop.report()["suggestions"] == []


@pytest.mark.parametrize(
    ("vain", "other"),
    [("oatmilk", "oat milk"), ("tooth paste", "toothpaste"), ("bar-b-q", "bar b q"), ("tshirtt", "t-shirt")],
)
def test_what_is_spelt_alike_is_suggested(shop, vain, other):
    for user in "ab":
        shop.searched(user, vain, [])
        shop.searched(user, other, ["1"])
        shop.searched(user, "something else", ["1"])
    (found,) = shop.report()["suggestions"]
    assert (found["synonym"]["query"], found["synonym"]["finds"]) == ([vain], [other])


@pytest.mark.parametrize(("vain", "other"), [("cat", "car"), ("501", "502"), ("bx100", "bx101")])
def test_short_words_and_numbers_are_not_taken_for_each_other(shop, vain, other):
    for user in "ab":
        shop.searched(user, vain, [])
        shop.searched(user, other, ["1"])
    assert shop.report()["suggestions"] == []


def test_the_suggestions_can_be_stored_as_they_are(shop):
    led(shop, "ab", "nappies", "diapers")
    led(shop, "ab", 'oat`milk "fresh"', "oat milk")
    entries = [one["synonym"] for one in shop.report()["suggestions"]]
    assert len(synonyms.parse(entries).entries) == 2


def test_what_has_a_synonym_by_now_is_not_suggested_again(shop, tmp_path):
    led(shop, "ab", "nappies", "diapers")
    store = FolderStore(tmp_path)
    assert len(write_report(store, shop.between, NOW)["suggestions"]) == 1
    entry = {"query": ["Nappies"], "finds": ["diapers"]}
    store.put("synonyms/synonyms.json", orjson.dumps({"version": 1, "synonyms": [entry]}))
    assert write_report(store, shop.between, NOW)["suggestions"] == []


def test_damaged_synonyms_and_lines_of_others_stop_no_report(shop, tmp_path):
    led(shop, "ab", "nappies", "diapers")
    store = FolderStore(tmp_path)
    store.put("synonyms/synonyms.json", b"{")
    others = ["START RequestId: 1", '{"message": "query-log"}', '{"level": "INFO"}', "[]", '"query-log"']
    report = write_report(store, lambda since, until: [*others, *shop.between(since, until)], NOW)
    assert (report["searches"], len(report["suggestions"])) == (4, 1)


def test_it_is_written_as_the_days_and_as_the_latest(shop, tmp_path):
    store = FolderStore(tmp_path)
    assert load_latest(store) is None
    led(shop, "ab", "nappies", "diapers")
    report = write_report(store, shop.between, NOW)
    assert load_latest(store) == report
    days = {entry.key for entry in store.list("reports/searches/")}
    assert days == {LATEST_SEARCHES, "reports/searches/2025-11-30.json", "reports/searches/2025-11-30.md"}


def test_the_week_before_is_not_in_it(shop):
    shop.at = NOW - 7 * 86_400 - 100
    for user in "ab":
        shop.searched(user, "old", ["1"])
    shop.at = NOW - 7 * 86_400 + 100
    for user in "ab":
        shop.searched(user, "young", ["1"])
    assert queries(shop.report()["popular"]) == ["young"]


def test_of_a_busy_shop_only_the_last_hours_are_read(shop, monkeypatch):
    monkeypatch.setattr("object2vec.search.queries.report.ENOUGH", 4)
    asked = []

    def endless(since, until):
        asked.append((since, until))
        for user in "abc":
            shop.at = since + ord(user)
            shop.lines.clear()
            shop.searched(user, "milk", ["1"])
            yield from shop.lines

    report = make_report(endless, NOW)
    assert report.counts.searches == 6
    assert asked == [(NOW - PERIOD_S, NOW), (NOW - 2 * PERIOD_S, NOW - PERIOD_S)]
    assert report.since == NOW - 2 * PERIOD_S


def test_the_page_shows_what_people_typed_as_text(shop):
    for user in "ab":
        shop.searched(user, "<script>|[a](javascript:b)", [])
        shop.searched(user, "*milk*", ["1"])
    page = written(shop.report())
    assert "<script>" not in page
    assert "[a](" not in page
    assert r"\*milk\*" in page


@pytest.mark.parametrize(
    ("typed", "counted"), [("  Oat\tMilk ", "oat milk"), ("MU\u0308SLI", "müsli"), ("ﬁg", "fig")]
)
def test_a_query_is_counted_in_one_spelling(typed, counted):
    assert normal(typed) == counted


def test_the_order_of_the_log_decides_nothing_but_what_came_first(shop):
    """Two who do the same at the same time do not get each other's clicks."""
    for user, item in itertools.product("ab", "1"):
        shop.searched(user, f"only {user}", [item])
    shop.took("b", "1")
    rows = shop.report()
    assert rows["not_shown"]["asked_by_one"] == 2
    assert rows["clicks"] == 1
