"""Nearest vectors of a base large enough to be searched in bytes first: always exactly the nearest ones."""

import numpy as np
import pytest

from object2vec.core.errors import CorruptIndexError
from object2vec.search.embedded import vectors as module
from object2vec.search.embedded.coarse import CoarseVectors
from object2vec.search.embedded.vectors import LARGE_ROWS, VectorTable

DIM = 32


def unit(matrix):
    return (matrix / np.linalg.norm(matrix, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def shop():
    """VectorTable around 50 topics, most of them in the base, and queries between two topics."""
    rng = np.random.default_rng(0)
    topics = rng.normal(size=(50, DIM))
    matrix = unit(
        topics[rng.integers(50, size=LARGE_ROWS + 500)] + rng.normal(0, 0.3, (LARGE_ROWS + 500, DIM))
    )
    queries = unit(topics[rng.integers(50, size=20)] + topics[rng.integers(50, size=20)])
    table = VectorTable.build(matrix[:LARGE_ROWS]).extended(matrix[LARGE_ROWS:])
    return table, table.at(np.arange(len(matrix))), queries


@pytest.mark.parametrize("share", [1.0, 0.3, 0.02])
@pytest.mark.parametrize("more", [-300, -100, module.GUESSED_MORE, 1_000_000])
def test_they_are_the_nearest_of_all_allowed(shop, share, more, monkeypatch):
    monkeypatch.setattr(module, "GUESSED_MORE", more)  # little: the guess is too great; much: there is none
    vectors, matrix, queries = shop
    allowed = np.random.default_rng(1).random(len(matrix)) < share
    for query in queries:
        rows, scores = vectors.nearest(query, 200, allowed)
        assert allowed[rows].all()
        assert scores == pytest.approx(matrix[rows] @ query, abs=1e-5)
        exact = np.sort(matrix[allowed] @ query)[-200:]
        assert np.sort(scores) == pytest.approx(exact[exact > 0], abs=1e-5)


def test_nothing_below_the_bound_is_near(shop):
    vectors, matrix, queries = shop
    rows, scores = vectors.nearest(queries[0], 200, np.ones(len(matrix), np.bool_), above=0.8)
    assert scores.min() > 0.8
    assert len(rows) == min(200, int((matrix @ queries[0] > 0.8).sum()))


def test_rounding_hides_no_row_that_reaches_the_bound(shop):
    _, matrix, queries = shop
    coarse = CoarseVectors(matrix)
    for query in queries:
        products = matrix @ query
        for bound in (-1.0, 0.0, np.sort(products)[-300], 1.0):
            rows = coarse.reaching(query, float(bound))
            assert (np.diff(rows) > 0).all()
            assert set(np.flatnonzero(products >= bound)) <= set(rows)
        assert len(rows) < 600  # not simply all of them


def test_products_are_those_of_base_and_tail(shop):
    vectors, matrix, queries = shop
    rows = np.array([0, 7, LARGE_ROWS - 1, LARGE_ROWS, LARGE_ROWS + 499])
    assert vectors.products(rows, queries[0]) == pytest.approx(matrix[rows] @ queries[0], abs=1e-5)
    assert vectors.products(rows[3:], queries[0]) == pytest.approx(matrix[rows[3:]] @ queries[0], abs=1e-5)
    every_other = rows[::2]  # not side by side in memory
    assert vectors.products(every_other, queries[0]) == pytest.approx(
        matrix[every_other] @ queries[0], abs=1e-5
    )


def test_half_precision_is_near_and_a_file_keeps_it_to_the_bit(tmp_path):
    given = unit(np.random.default_rng(2).normal(size=(300, DIM)))
    built = VectorTable.build(given)
    rows = np.arange(len(given))
    assert np.abs(built.at(rows) @ given.T - given @ given.T).max() < 1e-3
    built.save(tmp_path)
    loaded = VectorTable.load(tmp_path)
    assert np.array_equal(loaded.at(rows), built.at(rows))
    assert np.array_equal(loaded.sums(rows), built.sums(rows))
    assert np.array_equal(built.extended(given).at(rows + len(given)), built.at(rows))
    assert (tmp_path / "vectors.npy").stat().st_size < 2 * given.size + 1_000


@pytest.mark.parametrize("kept", [np.zeros((3, DIM), np.float32), np.zeros(3, np.float16)])
def test_a_file_of_something_else_is_refused(tmp_path, kept):
    VectorTable.build(np.eye(3, DIM, dtype=np.float32)).save(tmp_path)
    np.save(tmp_path / "vectors.npy", kept)
    with pytest.raises(CorruptIndexError, match=r"vectors\.npy holds"):
        VectorTable.load(tmp_path)
