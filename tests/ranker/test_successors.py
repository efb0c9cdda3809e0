"""What follows an item: against its definition, what it says of a history, how a log becomes it, its file."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from object2vec.core.errors import CorruptIndexError
from object2vec.ranker import successors_fit
from object2vec.ranker.history import History
from object2vec.ranker.successors import FILE, LATEST, RECENT, Successors, read_successors, write_successors
from object2vec.ranker.successors_fit import BACKWARD, REACH, fit_successors
from object2vec.search.content import Content, Counted
from object2vec.search.counting import successors as of_log
from object2vec.search.counting.successors import successors_of
from object2vec.search.embedded.base import build_index, load_index
from object2vec.storage.checked_file import CheckedFileError
from tests.helpers.old_base import as_before
from tests.helpers.shoppers import shelf
from tests.helpers.topics import TopicEncoder
from tests.ranker.test_copurchase import write_acts

IDS = ("a", "b", "c", "d")
ROW = {item_id: row for row, item_id in enumerate(IDS)}.get


def counted(*histories, ids=IDS):
    users = np.repeat(np.arange(len(histories)), [len(history) for history in histories])
    return fit_successors(
        ids, users, np.array([ids.index(item) for history in histories for item in history])
    )


def dense(table):
    size = len(table.item_ids)
    weights = np.zeros((size, size))
    weights[np.repeat(np.arange(size), np.diff(table.starts)), table.others] = table.weights
    return weights


def by_definition(histories, size):
    after = np.zeros((size, size))
    for history in histories:
        nearest = {}
        for first, later in combinations(range(len(history)), 2):
            pair = history[first], history[later]
            if pair[0] != pair[1] and later - first <= REACH:
                nearest[pair] = min(later - first, nearest.get(pair, REACH))
        for pair, distance in nearest.items():
            after[pair] += distance**-0.5
    return after + BACKWARD * after.T


def test_they_are_counted_by_who_came_after_whom_and_how_near():
    rng = np.random.default_rng(0)
    histories = [rng.integers(0, 30, size).tolist() for size in rng.integers(1, 40, 60)]
    users = np.repeat(np.arange(60), [len(history) for history in histories])
    table = fit_successors([f"i{n}" for n in range(30)], users, np.concatenate(histories))
    assert dense(table) == pytest.approx(by_definition(histories, 30), rel=1e-6)


def test_a_user_counts_once_and_direction_matters():
    often, once = dense(counted("abababab")), dense(counted("ab", "b"))
    assert often[0, 1] == pytest.approx(1 + BACKWARD)
    assert once[0, 1] == pytest.approx(1)
    assert once[1, 0] == pytest.approx(BACKWARD)


def test_of_many_successors_the_strongest_stay(monkeypatch):
    histories = "ab", "ab", "ac", "da", "dc"
    whole = dense(counted(*histories))
    monkeypatch.setattr(successors_fit, "MOST", 1)
    cut = dense(counted(*histories))
    assert (cut > 0).sum(axis=1).tolist() == [1, 1, 1, 1]
    assert cut.max(axis=1).tolist() == whole.max(axis=1).tolist()
    monkeypatch.setattr(successors_fit, "MOST_OF_ALL", 2)
    assert sorted(counted(*histories).weights.tolist()) == sorted(whole.max(axis=1))[-2:]


def test_the_latest_event_says_most():
    placed = counted("ab", "ab", "cd", "cd").placed(ROW, 4)
    rows, usual = np.arange(4), 2 * 2 * (1 + BACKWARD) / 4
    latest = placed.at(History.of([0, 2]), rows, LATEST) * usual
    assert latest == pytest.approx([0, 2 / 2, 0, 2])
    assert placed.at(History.of([0, 2]), rows, RECENT)[1] * usual == pytest.approx(2 * 2 ** (-1 / RECENT))
    assert placed.share(History.of([0, 2]), rows) == pytest.approx([0, 1 / 3, 0, 2 / 3])
    assert placed.nearest(History.of([0, 2]), 9).tolist() == [3, 1]
    assert placed.nearest(History.of([0, 2]), 1).tolist() == [3]


def test_they_do_not_grow_with_the_log():
    few, many = (counted(*["ab", "bc"] * times).placed(ROW, 4) for times in (1, 9))
    history, rows = History.of([0]), np.arange(4)
    assert few.at(history, rows, LATEST) == pytest.approx(many.at(history, rows, LATEST))


def test_only_what_the_catalogue_has_is_named():
    placed = counted("ab", "ac", "ad").placed({"a": 5, "c": 2}.get, 6)
    assert placed.nearest(History.of([5]), 9).tolist() == [2]
    assert placed.at(History.of([5, 1]), np.array([1, 2, 5]), RECENT)[[0, 2]].tolist() == [0, 0]


@pytest.mark.parametrize(
    "table", [Successors.empty(), fit_successors(IDS, np.zeros(4, int), np.zeros(4, int))]
)
@pytest.mark.parametrize("rows", [[], [0], [4, 0]])
def test_nothing_is_said_where_nothing_follows(table, rows):
    placed, history = table.placed(ROW, 5), History.of(rows)
    assert not placed.at(history, np.arange(5), LATEST).any()
    assert not placed.share(history, np.arange(5)).any()
    assert not len(placed.nearest(history, 5))


def test_a_log_becomes_successors(tmp_path, monkeypatch):
    rows = [(user, item, 10 * at) for user in "uv" for at, item in enumerate("abc")] + [("w", "d", 5)]
    table = successors_of([write_acts(tmp_path / "log.parquet", rows)])
    assert table.item_ids == ["a", "b", "c"]  # d is one person's
    weights = dense(table)
    assert weights[0] == pytest.approx([0, 2, 2 * 2**-0.5])
    assert weights[1, 0] == pytest.approx(2 * BACKWARD)
    monkeypatch.setattr(of_log, "MAX_ITEMS", 2)
    assert successors_of([tmp_path / "log.parquet"]).item_ids == ["a", "b"]
    monkeypatch.setattr(of_log, "MAX_EVENTS", 2)  # the latest two are c's
    assert not len(successors_of([tmp_path / "log.parquet"]).weights)
    assert len(successors_of([]).item_ids) == 0


def test_what_speaks_against_an_item_does_not_follow(tmp_path):
    rows = [(user, "a", 1, "buy") for user in "uv"] + [(user, "b", 2, "refund") for user in "uv"]
    assert successors_of([write_acts(tmp_path / "log.parquet", rows)]).item_ids == ["a"]


def test_within_one_moment_no_item_is_always_first(tmp_path):
    rows = [(f"u{user}", item, user) for user in range(200) for item in "ab"]
    weights = dense(successors_of([write_acts(tmp_path / "log.parquet", rows)]))
    assert weights[0, 1] == pytest.approx(weights[1, 0], rel=0.3)


def test_it_survives_the_disk(tmp_path):
    table = counted("abcd", "ca")
    for saved in (table, replace(table, item_ids=("ä", "b", "", "☕")), Successors.empty()):
        write_successors(saved, tmp_path / FILE)
        found = read_successors(tmp_path / FILE)
        assert tuple(found.item_ids) == tuple(saved.item_ids)
        for name in ("starts", "others", "weights"):
            assert (getattr(found, name) == getattr(saved, name)).all()


@pytest.mark.parametrize(
    "changes",
    [
        {"others": np.array([1, 4], np.int32)},
        {"others": np.zeros(3, np.int32)},
        {"weights": np.full(2, np.nan, np.float32)},
        {"weights": np.zeros(2, np.float32)},
        {"starts": np.array([0, 2, 1, 2, 2])},
        {"starts": np.array([0, 2])},
        {"item_ids": ("a",)},
    ],
    ids=["item", "shape", "no number", "nothing", "order", "end", "ids"],
)
def test_numbers_that_lead_nowhere_are_refused(tmp_path, changes):
    write_successors(replace(counted("ab"), **changes), tmp_path / FILE)
    with pytest.raises(CheckedFileError, match="damaged"):
        read_successors(tmp_path / FILE)


def test_an_index_from_before_there_were_successors_is_read_and_a_damaged_one_refused(tmp_path):
    encoder, items = TopicEncoder(), shelf().items
    build_index(encoder, Content(items), tmp_path / "before")
    as_before(tmp_path / "before", "successors")
    assert load_index(tmp_path / "before", encoder, "v1").snapshot.successors.item_ids == ()
    known = replace(counted("ab"), item_ids=[item.id for item in items[:4]])
    build_index(encoder, Content(items, counted=Counted(successors=known)), tmp_path / "now")
    facts = load_index(tmp_path / "now", encoder, "v1").snapshot.facts
    assert facts.successors.nearest(History.of([0]), 5).tolist() == [1]
    (tmp_path / "now" / FILE).write_bytes(b"nothing")
    with pytest.raises(CorruptIndexError, match=FILE):
        load_index(tmp_path / "now", encoder, "v1")
