"""What is bought together: the model against its definition, what it says of a history, and its file."""

from dataclasses import replace

import duckdb
import numpy as np
import pytest

from object2vec.core.event_weights import LEAST_LIMIT
from object2vec.ranker import copurchase_fit
from object2vec.ranker.copurchase import FILE, Copurchase, read_copurchase, write_copurchase
from object2vec.ranker.copurchase_fit import PENALTY, Counts, fit_copurchase
from object2vec.ranker.history import History
from object2vec.search.counting import copurchase as log
from object2vec.search.counting.copurchase import copurchase_of
from object2vec.storage.checked_file import CheckedFileError
from object2vec.training.ranker.learn import fit_ranker
from tests.helpers.shoppers import completers, pairs, partners, shelf

IDS = ("a", "b", "c", "d")


def counts(matrix):
    users, items = np.nonzero(matrix)
    return Counts(users, items, matrix[users, items])


def dense(table):
    size = len(table.item_ids)
    weights = np.zeros((size, size))
    np.put_along_axis(weights, table.neighbours.astype(np.int64), table.weights.astype(np.float64), axis=1)
    return weights


def placed(table, ids=IDS):
    return table.placed({item_id: row for row, item_id in enumerate(ids)}.get, len(ids))


@pytest.fixture
def table():
    """Who has an a gets a b (1) and no c (-.5); who has a b gets an a (.25)."""
    neighbours = np.array([[1, 2], [0, 3], [0, 1], [0, 1]], np.uint16)
    return Copurchase(IDS, neighbours, np.array([[1, -0.5], [0.25, 0], [0, 0], [0, 0]], np.float16))


def test_each_item_is_the_ridge_regression_on_all_others():
    matrix = np.random.default_rng(0).poisson(4, (60, 6)) * 9
    found = dense(fit_copurchase("abcdef", counts(matrix)))
    logs = np.log1p(matrix)
    for item in range(6):
        others = np.delete(logs, item, axis=1)
        exact = np.linalg.solve(others.T @ others + PENALTY * np.eye(5), others.T @ logs[:, item])
        assert np.delete(found[:, item], item) == pytest.approx(exact, abs=1e-3)
        assert found[item, item] == 0


def test_of_many_neighbours_the_strongest_stay(monkeypatch):
    matrix = np.random.default_rng(0).poisson(0.5, (200, 9)) * 9
    whole = dense(fit_copurchase("abcdefghi", counts(matrix)))
    monkeypatch.setattr(copurchase_fit, "NEIGHBOURS", 3)
    table = fit_copurchase("abcdefghi", counts(matrix))
    assert table.weights.shape == (9, 3)
    strongest = np.sort(np.abs(whole), axis=1)[:, -3:]
    assert np.sort(np.abs(table.weights), axis=1) == pytest.approx(strongest)


@pytest.mark.parametrize("matrix", [np.zeros((0, 0), int), np.array([[3]]), np.array([[1, 2]])])
def test_the_smallest_shops_have_one_too(matrix):
    ids = IDS[: matrix.shape[1]]
    table = fit_copurchase(ids, counts(matrix))
    assert table.item_ids == ids
    history = History.of([0, 1, 0])
    assert np.isfinite(placed(table).whole(history, np.arange(4))).all()


def test_the_whole_history_counts_by_its_logarithm(table):
    history = History.of([0, 1, 0, 3])
    a, b = np.log1p(2), np.log1p(1)
    assert placed(table).whole(history, np.arange(4)) == pytest.approx([b / 4, a, -a / 2, 0])


def test_the_latest_events_count_most(table):
    once, later = History.of([0, 1]), History.of([0, *[1] * 300])
    assert placed(table).recent(once, np.array([1])) == pytest.approx(2**-0.01 / (1 + 2**-0.01))
    assert placed(table).recent(later, np.array([1])) < 0.1 < placed(table).whole(later, np.array([1]))


def test_nothing_is_said_of_items_and_histories_it_does_not_know(table):
    ids = ("new", "b", "a", "other")
    found = placed(table, ids)
    assert found.whole(History.of([2, 0]), np.arange(4)) == pytest.approx([0, np.log(2), 0, 0])
    for history in (History.of([]), History.of([0, 3])):
        for scores in (found.whole(history, np.arange(4)), found.recent(history, np.arange(4))):
            assert scores.tolist() == [0, 0, 0, 0]
    assert not placed(Copurchase.empty()).whole(History.of([1]), np.arange(4)).any()


def test_what_goes_with_the_history_is_learned_where_nothing_else_tells():
    partner = partners(np.random.default_rng(7))
    shop = shelf(pairs(np.random.default_rng(7)))
    forest, verdict = fit_ranker(shop, completers(np.random.default_rng(0), partner, 400))
    assert verdict.kept
    assert verdict.ranker_new > 0.9 > verdict.model_new
    fresh = completers(np.random.default_rng(1), partner, 20)
    for history, relevant in zip(fresh.histories, fresh.relevant, strict=True):
        rows, matrix = shop.features(History.of(history))
        best = rows[np.argsort(-forest.predict(matrix))]
        assert set(best[~np.isin(best, history)][:3]) == set(relevant)


def write_log(path, events):
    with duckdb.connect() as db:
        db.execute("CREATE TABLE e (user_id VARCHAR, item_id VARCHAR, timestamp BIGINT)")
        db.executemany(
            "INSERT INTO e VALUES (?, ?, ?)", [(user, item, day * DAY) for user, item, day in events]
        )
        db.execute(f"COPY e TO '{path}' (FORMAT parquet)")
    return path


DAY = 86_400
EVENTS = [
    ("u", "b", 1),
    ("u", "a", 1),
    ("u", "b", 2),
    ("v", "b", 3),
    ("w", "b", 4),
    ("w", "c", 5),
    ("w", "a", 6),
]


def test_a_log_is_counted_by_user_and_item_over_all_its_files(tmp_path):
    files = [write_log(tmp_path / f"{at}.parquet", EVENTS[at::2]) for at in range(2)]
    table = copurchase_of(files)
    expected = fit_copurchase(["a", "b", "c"], counts(np.array([[1, 2, 0], [0, 1, 0], [1, 1, 1]])))
    assert table.item_ids == ["a", "b", "c"]
    assert dense(table) == pytest.approx(dense(expected))
    assert copurchase_of([]).item_ids == ()


def test_a_large_log_is_cut_to_its_latest_users_and_its_common_items(tmp_path, monkeypatch):
    monkeypatch.setattr(log, "MAX_ITEMS", 2)
    path = write_log(tmp_path / "log.parquet", EVENTS)
    assert copurchase_of([path]).item_ids == ["a", "b"]
    monkeypatch.setattr(log, "MAX_USERS", 1)  # w, who has each item once: the first two by name
    expected = fit_copurchase(["a", "b"], counts(np.array([[1, 1]])))
    assert dense(copurchase_of([path])) == pytest.approx(dense(expected))


def write_acts(path, rows):
    with duckdb.connect() as db:
        db.execute(
            "CREATE TABLE e (user_id VARCHAR, item_id VARCHAR, timestamp BIGINT, event_type VARCHAR,"
            " event_value DOUBLE)"
        )
        db.executemany("INSERT INTO e VALUES (?, ?, ?, ?, ?)", [[*row, None, None][:5] for row in rows])
        db.execute(f"COPY e TO '{path}' (FORMAT parquet)")
    return path


def test_what_is_disliked_or_only_shown_goes_with_nothing(tmp_path):
    bought = [(f"u{n}", item, n * DAY, "purchase") for n in range(9) for item in ("a", "b")]
    others = [(f"u{n}", "hated", n * DAY, "dislike") for n in range(9)]
    others += [(f"u{n}", "shown", n * DAY, "impression") for n in range(9)]
    others += [
        (f"u{n}", "back", n * DAY + at, act) for n in range(9) for at, act in enumerate(("buy", "refund"))
    ]
    assert copurchase_of([write_acts(tmp_path / "log.parquet", bought + others)]).item_ids == ["a", "b"]


def test_a_purchase_weighs_more_than_a_look(tmp_path):
    acts = (("a", "buy"), ("b", "buy"), ("c", "view"))
    rows = [(f"u{n}", item, n * DAY, act) for n in range(20) for item, act in acts]
    table = dense(copurchase_of([write_acts(tmp_path / "log.parquet", rows)]))
    assert table[0, 1] > 2 * table[0, 2] > 0


def test_somebody_who_has_everything_does_not_make_it_go_together(tmp_path):
    bought = [(f"u{n}", f"i{n % 5}", n * DAY, "buy") for n in range(400)]
    script = [("script", f"i{n}", n * 60, "buy") for n in range(3_000)]
    table = copurchase_of([write_acts(tmp_path / "log.parquet", bought + script)])
    assert len(table.item_ids) <= LEAST_LIMIT + 5


def test_a_log_without_events_says_nothing(tmp_path):
    path = write_log(tmp_path / "log.parquet", EVENTS)
    with duckdb.connect() as db:
        db.execute(f"COPY (FROM '{path}' LIMIT 0) TO '{tmp_path / 'none.parquet'}' (FORMAT parquet)")
    assert len(copurchase_of([tmp_path / "none.parquet"]).item_ids) == 0


def test_it_survives_the_disk(table, tmp_path):
    for saved in (table, replace(table, item_ids=("ä", "b", "", "☕")), Copurchase.empty()):
        write_copurchase(saved, tmp_path / FILE)
        found = read_copurchase(tmp_path / FILE)
        assert tuple(found.item_ids) == tuple(saved.item_ids)
        assert (found.neighbours == saved.neighbours).all()
        assert (found.weights == saved.weights).all()


@pytest.mark.parametrize("at", [-1, -40, 20])
def test_a_flipped_byte_is_refused(table, tmp_path, at):
    write_copurchase(table, tmp_path / FILE)
    content = bytearray((tmp_path / FILE).read_bytes())
    content[at] ^= 0xFF
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(CheckedFileError, match=FILE):
        read_copurchase(tmp_path / FILE)


@pytest.mark.parametrize(
    "changes",
    [
        {"neighbours": np.full((4, 2), 4, np.uint16)},
        {"neighbours": np.zeros((4, 2), np.float32)},
        {"weights": np.zeros((4, 3), np.float16)},
        {"weights": np.full((4, 2), np.nan, np.float16)},
        {"item_ids": ("a", "b", "c")},
    ],
    ids=["neighbour", "kind", "shape", "weight", "ids"],
)
def test_numbers_that_lead_nowhere_are_refused(table, tmp_path, changes):
    write_copurchase(replace(table, **changes), tmp_path / FILE)
    with pytest.raises(CheckedFileError, match="damaged"):
        read_copurchase(tmp_path / FILE)
