"""Statistics count people by what they did, and no odd clock or script decides them."""

from pathlib import Path

import duckdb
import pytest

from object2vec.search.counting.statistics import HALF_LIFE_DAYS, item_statistics
from object2vec.search.item_statistics import UNWANTED

DAY, START = 86_400, 1_735_689_600


@pytest.fixture
def statistics(tmp_path):
    def of(log, **settings):
        path = Path(tmp_path / "log.parquet")
        with duckdb.connect() as db:
            db.execute(
                "CREATE TABLE e (user_id VARCHAR, item_id VARCHAR, timestamp BIGINT, event_type VARCHAR,"
                " event_value DOUBLE)"
            )
            db.executemany("INSERT INTO e VALUES (?, ?, ?, ?, ?)", [[*row, None, None][:5] for row in log])
            db.table("e").write_parquet(str(path))
        return item_statistics([path], **settings)

    return of


def buyers(count=100, items=30, each=8):
    """Every item has about as many buyers, within two weeks."""
    return [
        (f"u{user}", f"K{(user + 3 * step) % items:02}", START + user * 9_000 + step * 40_000, "purchase")
        for user in range(count)
        for step in range(each)
    ]


def test_a_script_is_one_person(statistics):
    clean = statistics(buyers()).popularity
    views = [("bot", "K29", START + n * 60, "view") for n in range(5_000)]
    found = statistics([*buyers(), *views])
    assert found.popularity["K29"] == pytest.approx(clean["K29"], abs=0.3)
    assert found.trending["K29"] == pytest.approx(statistics(buyers()).trending["K29"], abs=0.3)


def test_a_script_that_comes_every_day_is_still_one_person(statistics):
    visits = [("bot", "K29", START + day * DAY, "purchase") for day in range(14)]
    clean, found = statistics(buyers()), statistics([*buyers(), *visits])
    assert found.popularity["K29"] <= clean.popularity["K29"] + 1.01
    assert found.trending["K29"] <= clean.trending["K29"] + 1
    assert found.first_time_buyers["K29"] <= clean.first_time_buyers["K29"] + 1.01
    assert found.repeat_rate["K29"] < 0.6


@pytest.mark.parametrize("wrong", [1, 3_786_912_000, 4_102_444_799])
@pytest.mark.parametrize("rows", [1, 20])
def test_no_odd_clock_makes_a_log_old(statistics, wrong, rows):
    """Twenty rows of one shopper, too."""
    clean = statistics(buyers())
    found = statistics([*buyers(), *[("zz", "K01", wrong + n) for n in range(rows)]])
    assert min(found.popularity.values()) > 0.9 * min(clean.popularity.values())
    assert found.popularity["K01"] <= clean.popularity["K01"] + 1.5
    assert max(found.trending.values()) == pytest.approx(max(clean.trending.values()), abs=1.5)


def test_what_everybody_dislikes_is_unpopular_and_unwanted(statistics):
    log = [*buyers(), *[(f"u{n}", "HATED", START + n * 9_000, "dislike", -1.0) for n in range(100)]]
    found = statistics(log)
    assert found.popularity["HATED"] < UNWANTED
    assert min(found.popularity, key=found.popularity.get) == "HATED"
    assert "HATED" not in {**found.trending, **found.first_time_buyers, **found.repeat_rate}


def test_one_dislike_does_not_take_an_item_out(statistics):
    assert statistics([*buyers(), ("u1", "new", START, "dislike")]).popularity["new"] > UNWANTED


def test_a_refund_takes_a_purchase_back(statistics):
    log = [(f"u{n}", item, START + n, "purchase") for n in range(30) for item in ("kept", "sent back")]
    log += [(f"u{n}", "sent back", START + n + DAY, "refund") for n in range(30)]
    found = statistics(log).popularity
    assert found["kept"] > 28
    assert found["sent back"] < 0.1


def test_impressions_say_nothing_and_a_view_less_than_a_purchase(statistics):
    log = [(f"u{n}", act, START + n, act) for n in range(50) for act in ("impression", "view", "cart", "buy")]
    found = statistics(log).popularity
    assert "impression" not in found
    assert found["view"] < found["cart"] < found["buy"]
    assert statistics(log, event_weights={"view": 3.0}).popularity["view"] > found["buy"]


def test_low_grades_count_against(statistics):
    grades = [(f"u{n}", item, START + n, "rating", stars) for n in range(40) for item, stars in
              (("best", 5.0), ("fair", 3.0), ("worst", 1.0))]  # fmt: skip
    found = statistics(grades).popularity
    assert found["best"] > found["fair"] > 0 > found["worst"]


def test_an_older_like_counts_less(statistics):
    log = [(f"u{n}", "new", START + int(HALF_LIFE_DAYS * DAY)) for n in range(9)]
    found = statistics([*log, *[(f"v{n}", "old", START) for n in range(9)]]).popularity
    assert found["old"] == pytest.approx(found["new"] / 2)


def test_an_event_that_was_sent_twice_counts_once_and_one_person_is_enough(statistics):
    assert statistics([("u", "i", START)]).popularity == {"i": pytest.approx(1)}
    assert statistics([("u", "i", START), ("u", "i", START)]).popularity == {"i": pytest.approx(1)}


def test_ten_years(statistics):
    log = [(f"u{n % 50}", f"i{n % 20}", START + n * 3 * DAY) for n in range(1_200)]
    found = statistics(log)
    assert len(found.popularity) == 20
    assert max(found.popularity.values()) < 5


@pytest.mark.parametrize("kind", ["dislike", "return", "refund", "hide", "not_interested"])
@pytest.mark.parametrize("days", [0, 700])
def test_what_all_are_against_is_unwanted_however_long_ago(statistics, kind, days):
    against = [(f"u{user}", "HATED", START - days * DAY, kind) for user in range(60)]
    assert statistics([*buyers(), *against]).popularity["HATED"] < UNWANTED


def test_the_worst_of_grades_is_a_dislike(statistics):
    log = [(f"u{user}", "HATED", START, "rating", 1.0) for user in range(60)]
    log += [(f"u{user}", f"K{user % 9}", START + user, "rating", 3.0 + user % 3) for user in range(60)]
    assert statistics(log).popularity["HATED"] < UNWANTED


def test_an_item_that_got_better_is_wanted_again(statistics):
    earlier = [(f"u{user}", "K", START - 700 * DAY, "return") for user in range(60)]
    now = [(f"v{user}", "K", START + user, "purchase") for user in range(20)]
    assert statistics([*buyers(), *earlier, *now]).popularity["K"] > 5


def test_a_few_returns_of_a_thing_much_bought_decide_nothing(statistics):
    bought = [(f"u{user}", "K", START - 700 * DAY, "purchase") for user in range(60)]
    sent_back = [(f"u{user}", "K", START - 690 * DAY, "return") for user in range(10)]
    assert statistics([*buyers(), *bought, *sent_back]).popularity["K"] >= 0


def test_a_script_under_many_ids_is_one_person(statistics):
    clean = statistics(buyers()).popularity
    robots = [
        (f"bot{n}", f"K{29 - place % 2:02}", START + 13 * DAY + n * 3_000 + place * 30, "purchase")
        for n in range(200)
        for place in range(5)
    ]
    found = statistics([*buyers(), *robots]).popularity
    assert found["K29"] == pytest.approx(clean["K29"], abs=1.5)
    assert found["K28"] == pytest.approx(clean["K28"], abs=1.5)
