"""Shoppers alike: what they have, against its definition; how a log becomes profiles; the file."""

from dataclasses import replace

import numpy as np
import pytest

from object2vec.core.errors import CorruptIndexError
from object2vec.ranker import profiles as of_users
from object2vec.ranker.history import History
from object2vec.ranker.profiles import FILE, Profiles, read_profiles, write_profiles
from object2vec.search.content import Content, Counted
from object2vec.search.counting import profiles as of_log
from object2vec.search.counting.profiles import profiles_of
from object2vec.search.embedded.base import build_index, load_index
from object2vec.storage.checked_file import CheckedFileError
from tests.helpers.old_base import as_before
from tests.helpers.shoppers import shelf
from tests.helpers.topics import TopicEncoder
from tests.ranker.test_copurchase import write_acts

DAY = 86_400
IDS = ("a", "b", "c", "d")
ROW = {item_id: row for row, item_id in enumerate(IDS)}.get


@pytest.fixture(autouse=True)
def of_anybody(monkeypatch):
    """Toys have few users."""
    monkeypatch.setattr(of_users, "FEWEST", 1)
    monkeypatch.setattr(of_users, "FILLED", 1)


def profiles(matrix, ids=IDS):
    """Of (users, items) values; 0 where a user has none."""
    owners, items = np.nonzero(matrix)
    starts = np.concatenate([[0], np.cumsum(np.bincount(owners, minlength=len(matrix)))])
    return Profiles(ids, starts, items.astype(np.int32), np.asarray(matrix)[owners, items].astype(np.float16))


def by_definition(matrix, weights, nearest):
    """(items,)"""
    rooted = np.sqrt(matrix)
    likeness = rooted @ np.sqrt(weights) / np.linalg.norm(rooted, axis=1)
    order = np.argsort(-likeness)[:nearest]
    return np.asarray(matrix)[order[likeness[order] > 0]].mean(axis=0)


def test_the_nearest_users_profiles_are_averaged(monkeypatch):
    monkeypatch.setattr(of_users, "NEAREST", 5)
    rng = np.random.default_rng(0)
    matrix = np.round(rng.gamma(1.0, size=(30, 12)) * (rng.random((30, 12)) < 0.4), 2)
    matrix[:, 0] += 0.5  # everybody has it
    ids = [f"i{n}" for n in range(12)]
    placed = profiles(matrix, ids).placed({item_id: row for row, item_id in enumerate(ids)}.get, 12)
    exact = matrix.astype(np.float16).astype(np.float64)
    timed = History.of([3, 5, 3], [0.0, 40 * DAY, 50 * DAY], now=60 * DAY)
    faded = [np.exp2(-days / of_users.HALF_LIFE_DAYS) for days in (60, 20, 10)]
    weights = np.zeros(12)
    weights[[3, 5]] = faded[0] + faded[2], faded[1]
    assert placed.at(timed, np.arange(12)) == pytest.approx(by_definition(exact, weights, 5))
    untimed = History.of([7, 1])
    weights = np.zeros(12)
    weights[[7, 1]] = np.exp2(-1 / of_users.HALF_LIFE_EVENTS), 1.0
    assert placed.at(untimed, np.arange(12)) == pytest.approx(by_definition(exact, weights, 5))


def test_the_newest_items_ask_of_a_long_history(monkeypatch):
    monkeypatch.setattr(of_users, "ASKING", 1)
    placed = profiles([[1, 0, 2, 0], [0, 1, 0, 3]]).placed(ROW, 4)
    assert placed.at(History.of([0, 1]), np.arange(4)).tolist() == [0, 1, 0, 3]


def test_what_they_have_most_of_comes_first_and_only_what_the_catalogue_has():
    table = profiles([[1, 2, 3, 0], [1, 2, 0, 1]])
    placed = table.placed({"a": 5, "b": 2, "d": 0}.get, 6)
    assert placed.nearest(History.of([5]), 9).tolist() == [2, 5, 0]
    assert placed.nearest(History.of([5]), 1).tolist() == [2]
    assert placed.at(History.of([5]), np.array([1, 2])).tolist() == [0, 2]


@pytest.mark.parametrize("rows", [[], [4], [4, 4]])
def test_to_whom_nobody_is_alike_everybody_is(rows):
    placed = profiles([[1, 1, 0, 0], [3, 0, 1, 0]]).placed(ROW, 5)
    history = History.of(rows)
    assert placed.at(history, np.arange(5)).tolist() == [2, 0.5, 0.5, 0, 0]
    assert placed.nearest(history, 1).tolist() == [0]
    nobody = Profiles.empty().placed(ROW, 5)
    assert nobody.at(History.of([0]), np.arange(5)).tolist() == [0] * 5


def test_everybodys_mean_takes_the_place_of_neighbours_who_are_missing(monkeypatch):
    monkeypatch.setattr(of_users, "FILLED", 4)
    placed = profiles([[4, 4, 0, 0], [0, 0, 4, 4]]).placed(ROW, 4)
    assert placed.at(History.of([0]), np.arange(4)).tolist() == [2.5, 2.5, 1.5, 1.5]
    monkeypatch.setattr(of_users, "FILLED", 1)
    assert placed.table.placed(ROW, 4).at(History.of([0]), np.arange(4)).tolist() == [4, 4, 0, 0]


def test_a_list_does_not_show_what_one_person_has(monkeypatch):
    monkeypatch.setattr(of_users, "FEWEST", 3)
    matrix = [[1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 1], [0, 2, 0, 0]]
    placed, everybody = profiles(matrix).placed(ROW, 4), np.mean(matrix, axis=0).tolist()
    assert placed.at(History.of([0]), np.arange(4)).tolist() != everybody
    assert placed.at(History.of([1]), np.arange(4)).tolist() == everybody
    assert placed.at(History.of([2]), np.arange(4)).tolist() == everybody
    assert not profiles(matrix[:2]).placed(ROW, 4).at(History.of([0]), np.arange(4)).any()


def test_a_log_becomes_profiles_that_fade_with_time(tmp_path):
    day = of_users.HALF_LIFE_DAYS
    rows = [("u", "a", 0), ("u", "b", 2 * day * DAY), ("v", "c", 2 * day * DAY), ("v", "a", 2 * day * DAY)]
    rows += [("w", "b", 2 * day * DAY)]  # one item tells of nobody what else they have
    table = profiles_of([write_acts(tmp_path / "log.parquet", rows)])
    assert (table.item_ids, table.starts.tolist()) == (["a", "b", "c"], [0, 2, 4])
    values = {}
    for user in range(2):
        own = slice(table.starts[user], table.starts[user + 1])
        values[tuple(table.items[own].tolist())] = table.values[own].tolist()
    assert values[0, 1] == pytest.approx([0.25, 1], rel=1e-3)
    assert values[0, 2] == pytest.approx([1, 1], rel=1e-3)
    assert len(profiles_of([]).item_ids) == 0


def test_what_is_returned_is_not_had(tmp_path):
    rows = [("u", item, DAY, "buy") for item in ("a", "b", "c")] + [("u", "c", 2 * DAY, "refund")]
    assert profiles_of([write_acts(tmp_path / "log.parquet", rows)]).item_ids == ["a", "b"]


def test_a_large_log_is_cut_to_its_latest_users_and_their_greatest_items(tmp_path, monkeypatch):
    rows = [(f"u{user}", f"i{item}", user * DAY) for user in range(9) for item in range(user % 3 + 2)]
    rows += [(f"u{user}", "i0", user * DAY + 1) for user in range(9)]
    path = write_acts(tmp_path / "log.parquet", rows)
    monkeypatch.setattr(of_log, "MOST_OF_EACH", 2)
    table = profiles_of([path])
    assert (np.diff(table.starts) == 2).all()
    assert table.item_ids == ["i0", "i1"]
    monkeypatch.setattr(of_log, "MAX_USERS", 4)
    assert len(profiles_of([path]).starts) == 1 + 4
    monkeypatch.setattr(of_log, "MAX_PAIRS", 5)
    table = profiles_of([path])
    assert len(table.starts) == 1 + 2
    assert table.values.max() == 2  # the latest two, who have it of today


def test_it_survives_the_disk(tmp_path):
    table = profiles([[1, 0.5, 0, 0], [0, 0, 2, 1]])
    for saved in (table, replace(table, item_ids=("ä", "b", "", "☕")), Profiles.empty()):
        write_profiles(saved, tmp_path / FILE)
        found = read_profiles(tmp_path / FILE)
        assert tuple(found.item_ids) == tuple(saved.item_ids)
        for name in ("starts", "items", "values"):
            assert (getattr(found, name) == getattr(saved, name)).all()


@pytest.mark.parametrize(
    "changes",
    [
        {"items": np.array([0, 4, 2, 3], np.int32)},
        {"items": np.zeros(3, np.int32)},
        {"values": np.full(4, np.nan, np.float16)},
        {"values": np.zeros(4, np.float16)},
        {"starts": np.array([0, 3, 2, 4])},
        {"starts": np.array([0, 2])},
        {"item_ids": ("a",)},
    ],
    ids=["item", "shape", "no number", "nothing", "order", "end", "ids"],
)
def test_numbers_that_lead_nowhere_are_refused(tmp_path, changes):
    write_profiles(replace(profiles([[1, 1, 0, 0], [0, 0, 1, 1]]), **changes), tmp_path / FILE)
    with pytest.raises(CheckedFileError, match="damaged"):
        read_profiles(tmp_path / FILE)


def test_an_index_from_before_there_were_profiles_is_read_and_a_damaged_one_refused(tmp_path):
    encoder, items = TopicEncoder(), shelf().items
    build_index(encoder, Content(items), tmp_path / "before")
    as_before(tmp_path / "before", "profiles")
    assert load_index(tmp_path / "before", encoder, "v1").snapshot.profiles.item_ids == ()
    somebody = profiles(np.ones((2, 4)), [item.id for item in items[:4]])
    build_index(encoder, Content(items, counted=Counted(profiles=somebody)), tmp_path / "now")
    assert load_index(tmp_path / "now", encoder, "v1").snapshot.facts.profiles.rows.tolist() == [0, 1, 2, 3]
    (tmp_path / "now" / FILE).write_bytes(b"nothing")
    with pytest.raises(CorruptIndexError, match=FILE):
        load_index(tmp_path / "now", encoder, "v1")
