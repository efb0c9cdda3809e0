"""A program that takes a new id for each of its events, among shoppers who come once."""

import random

import duckdb
import pytest

from object2vec.dataset.crowd_bounds import ALWAYS, TIMES_OTHERS, TIMES_USUAL
from object2vec.dataset.curated_log import open_log

DAY, START = 86_400, 1_735_689_600
ITEMS = [f"i{n}" for n in range(40)]
SHARES = [1 / (n + 1) for n in range(40)]
MOMENT = START + 9 * DAY + 40_200  # where a window begins


def visitors(count=4_000, days=30, seed=1):
    """People who come once: most look at one item, favourites more often, by day rather than by night."""
    chance = random.Random(seed)
    rows = []
    for n in range(count):
        moment = START + chance.randrange(days) * DAY + int(chance.gauss(15, 3) * 3_600) % DAY
        seen = chance.choices(ITEMS, SHARES, k=chance.choice([1, 1, 1, 1, 2, 3]))
        rows += [(f"v{n}", item, moment + 40 * place) for place, item in enumerate(seen)]
    return rows


def regulars(users=60, events=12):
    return [
        (f"u{user}", ITEMS[(user * 7 + step) % 40], START + step * 2 * DAY + user * 700)
        for user in range(users)
        for step in range(events)
    ]


def program(ids=3_000, items=("BOT",), seconds=900, begins=MOMENT):
    return [(f"bot{n}", item, begins + n * seconds // ids) for n in range(ids) for item in items]


def learned(parts):
    return [row for rows in parts.values() for row in rows]


def counted(folder):
    """What the functions count of the same log: item and user."""
    with duckdb.connect() as db:
        open_log(db, [folder / "interactions" / "log.parquet"])
        return {tuple(row) for row in db.execute("SELECT item_id, user_id FROM event").fetchall()}


@pytest.mark.parametrize("items", [("BOT",), ("BOT", "i39")])
def test_a_new_id_for_each_event_makes_nothing_popular(prepare, tmp_path, items):
    people = visitors() + regulars()
    summary, parts = prepare(people + program(items=items))
    rows = learned(parts)
    assert {row[:3] for row in rows} >= set(people)
    assert len({row[0] for row in rows if row[1] == "BOT"}) == 2 * ALWAYS  # ten minutes each
    (largest, *_) = summary["events"]["crowds"]
    assert (largest["item_id"], largest["kept"]) == ("BOT", ALWAYS)
    assert summary["events"]["left_out"]["throwaway"] == (3_000 - 2 * ALWAYS) * len(items)
    assert any("came for 'BOT' within ten minutes" in note for note in summary["notes"])
    assert counted(tmp_path) == {(item, user) for user, item, *_ in rows}


@pytest.mark.parametrize("seed", range(3))
def test_shoppers_who_come_once_lose_nothing(prepare, tmp_path, seed):
    people = visitors(20_000, days=5, seed=seed)
    summary, _ = prepare(people)
    assert summary["events"]["crowds"] == []
    assert summary["events"]["left_out"]["throwaway"] == 0
    assert counted(tmp_path) == {(item, user) for user, item, *_ in people}


def test_a_rush_of_people_is_no_program(prepare):
    """Readers of a newsletter, a few of whom look around; and a launch that goes on for a day."""
    newsletter = [(f"n{n}", "i5", MOMENT + n) for n in range(500)]
    newsletter += [(f"n{n}", ITEMS[6 + n % 30], MOMENT + n + 30) for n in range(0, 500, 9)]
    launch = [(f"l{n}", "i7", MOMENT + DAY + n * 12) for n in range(7_000)]
    people = visitors() + regulars() + newsletter + launch
    summary, parts = prepare(people)
    assert summary["events"]["crowds"] == []
    assert {row[:3] for row in learned(parts)} == set(people)


def test_what_an_item_usually_draws_and_who_looks_around_count(prepare):
    usual = [(f"d{day}-{n}", "i8", MOMENT + day * DAY + n) for day in range(9) for n in range(30)]
    summary, _ = prepare(visitors(500) + usual + program(items=("i8",), seconds=300, begins=MOMENT + 2 * DAY))
    (crowd,) = summary["events"]["crowds"]
    assert crowd["kept"] in (TIMES_USUAL * 30, TIMES_USUAL * 31)
    around = [(f"a{n}", item, MOMENT + n) for n in range(15) for item in ("BOT", "i1")]
    summary, _ = prepare(visitors(500) + around + program(seconds=300))
    (crowd,) = summary["events"]["crowds"]
    assert crowd["kept"] == TIMES_OTHERS * 15


@pytest.mark.parametrize("step", [DAY, 3_600])
def test_a_log_that_knows_no_minutes_is_not_judged(prepare, step):
    days = [(f"p{n}", "i1", START + (n % 20) * step) for n in range(4_000)]
    summary, _ = prepare(days)
    assert summary["events"]["crowds"] == []


def bought(rows):
    return [(*row, "purchase") for row in rows]


def test_who_buys_is_no_throwaway_id_where_views_are_known_too(prepare):
    """A ticket sale: five thousand buyers of one item in ten minutes."""
    viewed = [(*row, "view") for row in visitors(1_000)]
    sale = bought((f"t{n}", "i3", MOMENT + n * 590 // 5_000) for n in range(5_000))
    summary, parts = prepare(viewed + sale)
    assert summary["events"]["crowds"] == []
    assert len({row[0] for row in learned(parts) if row[3] == "purchase"}) == 5_000
    summary, _ = prepare(viewed + sale + [(*row, "view") for row in program()])
    assert [crowd["item_id"] for crowd in summary["events"]["crowds"]] == ["BOT", "BOT"]


@pytest.mark.parametrize("moment", [START + 37 * 60 + 12, START + DAY - 1, START + 18 * 3_600 + 1_800])
def test_an_import_under_one_time_loses_nobody(prepare, moment):
    """One second for all; the end of a day; midnight where it is half past six elsewhere."""
    imported = [(f"c{n}", ITEMS[n % 30], moment + n % 3 * DAY) for n in range(3_000)]
    summary, parts = prepare(visitors(500) + imported)
    assert summary["events"]["crowds"] == []
    assert len({row[0] for row in learned(parts) if row[0].startswith("c")}) == 3_000
