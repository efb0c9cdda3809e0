"""What preparation makes of types, values, heavy users and odd clocks."""

import itertools

import duckdb
import pytest

from object2vec.core.event_kinds import kind_of
from object2vec.core.event_weights import (
    EventWeightsError,
    Meanings,
    Scale,
    read_setting,
)
from object2vec.dataset.curated_log import now_of, open_log
from object2vec.training.dataset import read_dataset

DAY, START = 86_400, 1_735_689_600
PARTS = ("train", "validation", "test")


def weights(parts):
    """Weights by type and value."""
    return {(row[3], row[4]): row[5] for rows in parts.values() for row in rows}


def shoppers(users=120, events=20):
    """One event every three days each."""
    return [
        (f"u{user}", f"i{(user + step) % 40}", START + step * 3 * DAY + user * 3_000)
        for user in range(users)
        for step in range(events)
    ]


def shares(summary):
    sizes = [summary[part] for part in PARTS]
    return [size / sum(sizes) for size in sizes]


@pytest.mark.parametrize("wrong", [1, 4_102_444_799, 3_786_912_000])
def test_one_wrong_clock_does_not_move_the_periods(prepare, wrong):
    """Of the span from the first to the last event it would take all but a few days."""
    clean, _ = prepare(shoppers())
    summary, _ = prepare([*shoppers(), ("zz", "i1", wrong)])
    assert shares(summary) == pytest.approx([0.8, 0.1, 0.1], abs=0.01)
    assert summary["time"]["train_until"] == pytest.approx(clean["time"]["train_until"], abs=DAY)


@pytest.mark.parametrize("factor", [1, 1_000])
def test_a_whole_log_of_nonsense_is_still_cut_by_its_events(prepare, factor):
    log = [(f"u{n % 9}", f"i{n}", n * 10**7 * factor) for n in range(1, 101)]
    summary, _ = prepare(log)
    assert summary["train"] >= 20
    assert sum(summary[part] for part in PARTS) == 100


def test_a_log_that_grew_is_cut_by_events(prepare):
    log = [(f"u{n % 50}", f"i{n % 70}", START + int((n / 3_000) ** 0.2 * 3_650 * DAY)) for n in range(3_000)]
    summary, _ = prepare(log)
    assert shares(summary) == pytest.approx([0.8, 0.1, 0.1], abs=0.01)


def test_ten_rows(prepare):
    summary, _ = prepare([("u", f"i{n}", START + n) for n in range(10)])
    assert [summary[part] for part in PARTS] == [8, 1, 1]


def test_one_row_is_training(prepare):
    summary, _ = prepare([("u", "i", START)])
    assert [summary[part] for part in PARTS] == [1, 0, 0]
    assert any("one time" in note for note in summary["notes"])


def test_one_day_in_seconds(prepare):
    summary, _ = prepare([(f"u{n % 20}", f"i{n % 30}", START + n * 60) for n in range(1_000)])
    assert shares(summary) == pytest.approx([0.8, 0.1, 0.1], abs=0.01)


def test_equal_times_are_split_by_chance_and_it_is_said(prepare):
    log = [(f"u{user}", f"i{item}", START) for user in range(40) for item in range(25)]
    summary, parts = prepare(log)
    assert summary["split"] == "chance"
    assert shares(summary) == pytest.approx([0.8, 0.1, 0.1], abs=0.05)
    assert {row[0] for row in parts["train"]} >= {row[0] for row in parts["test"]}
    assert any("by chance" in note for note in summary["notes"])
    assert prepare(log)[1] == parts


def test_whole_days_stay_together(prepare):
    log = [(f"u{user}", f"i{day}", START + day * DAY) for day in range(20) for user in range(10)]
    summary, parts = prepare(log)
    assert [summary[part] for part in PARTS] == [160, 20, 20]
    assert max(row[2] for row in parts["train"]) < min(row[2] for row in parts["validation"])


@pytest.mark.parametrize(("first", "second"), [(90, 10), (10, 90)])
def test_two_moments_are_training_and_test(prepare, first, second):
    log = [("u", f"i{n}", START) for n in range(first)] + [("u", f"j{n}", START + 1) for n in range(second)]
    summary, _ = prepare(log)
    assert [summary[part] for part in PARTS] == [first, 0, second]
    assert any("validation" in note for note in summary["notes"])


def test_users_of_one_event_cannot_be_measured_and_it_is_said(prepare):
    summary, _ = prepare([(f"u{n}", f"i{n % 30}", START + n * 600) for n in range(600)])
    assert shares(summary) == pytest.approx([0.8, 0.1, 0.1], abs=0.01)
    assert summary["returned"] == 0
    assert any("cannot be measured" in note for note in summary["notes"])
    assert any("the number of a visit" in note for note in summary["notes"])


def test_of_a_handful_of_events_nobody_is_asked_whether_they_are_visits(prepare):
    """As in the tutorial's first file."""
    summary, _ = prepare([("ann", "i1", START), ("ann", "i2", START + DAY), ("bob", "i3", START + 2 * DAY)])
    assert any(note.endswith("what comes next cannot be measured.") for note in summary["notes"])


def test_types_weigh_what_they_say(prepare):
    acts = ["purchase", "View", "add_to_cart", "dislike", "Order Refunded", "impression", "something", None]
    log = [(f"u{n}", f"i{place}", START + n, act) for n in range(30) for place, act in enumerate(acts)]
    summary, parts = prepare(log)
    found = weights(parts)
    assert (found["purchase", None], found[None, None], found["something", None]) == (1, 1, 1)
    assert 0 < found["View", None] < found["add_to_cart", None] < 1
    assert (found["dislike", None], found["Order Refunded", None]) == (-1, -1)
    assert ("impression", None) not in found
    assert summary["events"]["left_out"]["silent"] == 30
    (unknown,) = (note for note in summary["notes"] if "not known" in note)
    assert "something" in unknown


def test_the_setting_wins_over_the_usual_weights(prepare):
    log = [(f"u{n}", f"i{act}", START + n, act) for n in range(9) for act in ("page_view", "Mine", "buy")]
    _, parts = prepare(log, event_weights=read_setting('{"view": 0.05, "MINE": -2}'))
    assert weights(parts) == {("page_view", None): 0.05, ("Mine", None): -2, ("buy", None): 1}


@pytest.mark.parametrize(
    ("event_type", "stars", "expected"),
    [
        (None, [1, 2, 3, 4, 5, 5, 5], {1: -1, 2: -0.5, 3: 0.5, 4: 0.75, 5: 1}),
        ("rating", [4, 5], {4: 0.75, 5: 1}),
        ("Product Reviewed", [1, 10, 10, 7], {1: -1, 10: 1}),
        ("rating", [0, 1], {0: -1, 1: 1}),
        ("vote", [-1, 1], {-1: -0.8, 1: 0.8}),
        ("rating", [0, 5, 10], {0: -1, 5: 0.5, 10: 1}),
    ],
)
def test_grades_are_read_on_their_scale(prepare, event_type, stars, expected):
    log = [(f"u{n}", f"i{n}", START + n, event_type, float(value)) for n, value in enumerate(stars * 9)]
    summary, parts = prepare(log)
    found = {value: weight for (_, value), weight in weights(parts).items()}
    assert {value: found[value] for value in expected} == pytest.approx(expected)
    assert summary["events"]["types"][0]["value"] == "grade"


@pytest.mark.parametrize("event_type", [None, "purchase", "view"])
def test_pieces_and_prices_are_no_grades_but_a_minus_is_a_return(prepare, event_type):
    pieces = [1.0, 1.0, 1.0, 2.0, 1.0, 3.0, 19.99, 5.0]
    log = [(f"u{n}", f"i{n}", START + n, event_type, value) for n, value in enumerate([*pieces * 9, -1.0])]
    summary, parts = prepare(log)
    found = weights(parts)
    assert len({weight for (_, value), weight in found.items() if value > 0}) == 1
    assert found[event_type, -1.0] < 0
    assert any("only a minus" in note for note in summary["notes"])


def test_one_mad_value_does_not_make_another_scale(prepare):
    stars = [*[1.0, 2.0, 3.0, 4.0, 5.0] * 40, 999.0]
    log = [(f"u{n}", f"i{n}", START + n, "rating", value) for n, value in enumerate(stars)]
    summary, parts = prepare(log)
    assert summary["events"]["types"][0]["scale"] == [1, 5]
    assert weights(parts)["rating", 999.0] == 1


def test_a_script_is_limited_and_named(prepare):
    """Views of everything, a hundred times as many as anybody's."""
    script = [("bot", f"i{n % 40}", START + n * 90, "view") for n in range(30_000)]
    summary, parts = prepare([*shoppers(), *script])
    limit = summary["events"]["limit_per_user"]
    kept = [row for rows in parts.values() for row in rows if row[0] == "bot"]
    assert len(kept) <= limit == 200
    assert max(b[2] - a[2] for a, b in itertools.pairwise(sorted(kept, key=lambda row: row[2]))) < 2 * DAY
    assert [user["user_id"] for user in summary["events"]["heavy_users"]] == ["bot"]
    left_out = summary["events"]["left_out"]
    assert sum(summary[part] for part in PARTS) + sum(left_out.values()) == 2_400 + 30_000
    assert any("far more events" in note for note in summary["notes"])
    assert summary["time"]["train_until"] == pytest.approx(
        prepare(shoppers())[0]["time"]["train_until"], abs=7 * DAY
    )


def test_the_same_again_and_again_on_one_day_is_a_few_events(prepare):
    log = [("u", "i", START + n, "view") for n in range(500)]
    summary, _ = prepare([*log, ("v", "j", START + DAY, "view")])
    assert summary["events"]["left_out"]["repeats"] == 497
    assert summary["events"]["heavy_users"] == [{"user_id": "u", "events": 500}]


def test_expressions_weigh_as_the_rule_for_one_event_does(prepare):
    log = [
        (f"u{n}", f"i{n}", START + n, act, value)
        for n, (act, value) in enumerate(
            itertools.product(["rating", "buy", "mine", None], [None, -1.0, 0.0, 0.5, 3.0, 5.0, 7.0])
        )
    ]
    summary, parts = prepare(log * 3)
    meanings = Meanings.read(summary["events"]["types"], {})
    rows = [row for part in parts.values() for row in part]
    assert rows
    assert all(meanings.weight(act, value) == weight for _, _, _, act, value, weight in rows)


@pytest.mark.parametrize(
    ("spelling", "kind"),
    [
        ("Product Viewed", "view"),
        ("view_item_list", "impression"),
        ("AddToCart", "cart"),
        ("eCommerce: add to cart", "cart"),
        ("Order Completed", "purchase"),
        ("TRANSACTION", "purchase"),
        ("Kauf", "purchase"),
        ("thumbs_down", "dislike"),
        ("notInterested", "hide"),
        ("Order Refunded", "return"),
        ("remove_from_cart", "removal"),
        ("Watch", "consume"),
        ("fav", "like"),
        ("👎", "dislike"),
        ("purchase-complete", "purchase"),
        ("in den Warenkorb gelegt", "cart"),
        ("Gutschrift", "return"),
        ("Ad Shown", "impression"),
        ("video_view", "view"),
        ("return policy viewed", None),
        ("anything else", None),
        ("up", "like"),
        ("add item", "cart"),
        ("cart item added", "cart"),
    ],
)
def test_spellings(spelling, kind):
    assert kind_of(spelling) == kind


@pytest.mark.parametrize(
    "spelling",
    ["payment_failed", "PaymentDeclined", "not purchased", "loan denied",
     "cart_abandoned", "empty_cart", "cart cleared", "checkout error", "Zahlung abgelehnt: Kauf"],
)  # fmt: skip
def test_what_was_not_done_is_no_known_act(spelling):
    assert kind_of(spelling) is None


@pytest.mark.parametrize(
    "spelling",
    ["sign_up", "level_up", "page_down", "page up", "positive test", "add_filter", "address added"],
)
def test_words_of_many_meanings_name_an_act_by_themselves_alone(spelling):
    assert kind_of(spelling) is None


@pytest.mark.parametrize("text", ["[1]", "{", '{"view": "much"}', '{"view": 1e9}', '{"": 1}', '{"a": true}'])
def test_a_wrong_setting_says_what_to_write(text):
    with pytest.raises(EventWeightsError, match="event_weights"):
        read_setting(text)


def test_the_middle_of_a_scale_is_half_a_liking_and_below_it_is_none():
    scale = Scale(1, 5)
    assert scale.share(3) == 0.5
    assert scale.share(2.9) < 0
    assert (scale.share(-7), scale.share(70)) == (-1, 1)


def test_functions_weigh_curated_files_as_preparation_does(prepare, tmp_path):
    acts = ["rating", "buy", "mine", "View", "dislike", "impression", None]
    values = [None, -1.0, 0.0, 0.5, 2.0, 3.0, 4.5, 5.0, float("nan")]
    log = [
        (f"u{n}", f"i{n}", START + n, act, value)
        for n, (act, value) in enumerate(itertools.product(acts, values))
    ]
    _, parts = prepare(log, event_weights={"mine": 0.3})
    prepared = {(row[0], row[5]) for rows in parts.values() for row in rows}
    with duckdb.connect() as db:
        open_log(db, [tmp_path / "interactions" / "log.parquet"], {"mine": 0.3})
        curated = set(db.execute("SELECT user_id, weight FROM event WHERE weight <> 0").fetchall())
        assert now_of(db) == START + len(log) - 2
    assert curated == prepared
    with duckdb.connect() as db:
        files = [tmp_path / "output" / part / "interactions.parquet" for part in PARTS]
        open_log(db, files)  # prepared files say what they weigh
        assert set(db.execute("SELECT user_id, weight FROM event").fetchall()) == prepared


def test_training_reads_what_counts_for_an_item_and_how_much(prepare, tmp_path):
    acts = ["purchase", "view", "dislike"]
    prepare([(f"u{n}", f"i{act}", START + n, act) for n in range(30) for act in acts])
    dataset = read_dataset(tmp_path / "output")
    names = [dataset.catalogue.ids[item] for item in dataset.train.items.tolist()]
    assert set(names) == {"ipurchase", "iview"}
    weights = dict(zip(names, dataset.train.weights(0).tolist(), strict=True))
    assert weights == pytest.approx({"ipurchase": 1.0, "iview": 0.2})
    assert "idislike" in dataset.catalogue.ids


def test_a_log_of_one_kind_of_act_is_learned_from_as_ever(prepare, tmp_path):
    prepare([(f"u{n % 5}", f"i{n}", START + n, "view") for n in range(30)])
    assert read_dataset(tmp_path / "output").train.liking is None


def robots(ids=40, jitter=0, items=("BOT1", "BOT2", "BOT1", "BOT3"), pause=60):
    """Events of one program under many ids, each starting later, with the same items in the same rhythm; the
    clock trembles."""
    return [
        (f"bot{n}", item, START + n * 5_000 + place * pause + (n * 7 + place) % (jitter + 1))
        for n in range(ids)
        for place, item in enumerate(items)
    ]


@pytest.mark.parametrize("jitter", [0, 3])
def test_one_program_under_many_ids_counts_as_one_person(prepare, tmp_path, jitter):
    summary, parts = prepare(shoppers() + robots(jitter=jitter))
    rows = [row for rows in parts.values() for row in rows]
    assert len([row for row in rows if row[0].startswith("bot")]) == 4
    assert summary["events"]["scripts"] == [{"user_id": "bot0", "ids": 40}]
    assert summary["events"]["left_out"]["scripted"] == 39 * 4
    assert [note for note in summary["notes"] if note.startswith("40 ids did the same things")]
    with duckdb.connect() as db:
        open_log(db, [tmp_path / "interactions" / "log.parquet"])
        assert db.execute("SELECT count(DISTINCT user_id) FROM event WHERE item_id = 'BOT1'").fetchone() == (
            1,
        )


@pytest.mark.parametrize(
    "people",
    [
        robots(ids=19),
        robots(items=("a", "b", "c")),
        robots(pause=DAY),
        [
            (f"p{n}", f"i{place}", START + n * 900 + place * (60 + 20 * n))
            for n in range(40)
            for place in range(5)
        ],
    ],
    ids=["few ids", "few times", "whole days", "pauses of their own"],
)
def test_people_who_do_alike_are_people(prepare, tmp_path, people):
    everybody = shoppers() + people
    summary, parts = prepare(everybody)
    assert summary["events"]["scripts"] == []
    assert {row[0] for rows in parts.values() for row in rows} >= {row[0] for row in people}
    with duckdb.connect() as db:
        open_log(db, [tmp_path / "interactions" / "log.parquet"])
        assert set(db.execute("SELECT user_id FROM event").fetchall()) == {(row[0],) for row in everybody}
