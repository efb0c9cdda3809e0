"""The items that may be in a page, with their raw signals: a block of the base, and what changed since."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from object2vec.core.arrays import Rows, Scores, Vector
from object2vec.core.catalog import CatalogItem
from object2vec.search import fusion
from object2vec.search.embedded.engine import EmbeddedSnapshot
from object2vec.search.embedded.masks import mask_of
from object2vec.search.embedded.text.index import is_without_text
from object2vec.search.embedded.text.lookup import FACTS_WEIGHT
from object2vec.search.index import Request
from object2vec.search.query import parse
from object2vec.search.s3vectors.records import to_item, unpadded
from object2vec.search.s3vectors.remote import CandidateBlock, Found, RemoteIndex


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item with its BM25 score and its cosine to the request's leading vector."""

    item: CatalogItem
    bm25: float
    cosine: float


class Signal(NamedTuple):
    """A vector of a request, by the name of the part of the score that it makes."""

    name: str
    vector: Vector


def leading_signal(request: Request) -> Signal | None:
    """What candidates are found by: a picture's look, the query's vector, or without a text the session's."""
    signals = _vectors(request)
    names = ("look", "semantic") if request.text else ("look", "semantic", "profile")
    name = next((name for name in names if name in signals), None)
    return None if name is None else Signal(name, signals[name])


def _vectors(request: Request) -> dict[str, Vector]:
    """The request's vectors other than zeros, by the names of their signals."""
    named = (("semantic", request.vector), ("profile", request.session_vector), ("look", request.look))
    return {name: vector for name, vector in named if vector is not None and vector.any()}


def in_block(block: CandidateBlock, hidden: frozenset[str], floor: float) -> list[Candidate]:
    """The candidates of the base, without the hidden ids. A match by meaning needs a cosine above `floor`:
    being the nearest is not enough. A part that S3 Vectors did not compute counts as none."""
    shown = [hit for hit in block.hits if hit.record["key"] not in hidden]
    candidates = [Candidate(to_item(hit.record), _bm25(hit), max(hit.cosine or 0.0, 0.0)) for hit in shown]
    return [candidate for candidate in candidates if candidate.bm25 > 0 or candidate.cosine > floor]


def among_changed(
    head: EmbeddedSnapshot, ids: frozenset[str], request: Request, leading: Signal | None, floor: float
) -> list[Candidate]:
    """The changed items that the request finds, by the same two signals; with a picture, those that have one.

    Their BM25 counts terms in the head alone, so it is near to the base's, not equal."""
    by_look = leading is not None and leading.name == "look"
    rows_of_ids = np.array(head.rows_of(ids), np.int64)
    allowed = np.zeros(len(head.alive), np.bool_)
    allowed[np.intersect1d(rows_of_ids, head.looks.rows) if by_look else rows_of_ids] = True
    allowed &= head.alive & mask_of(request.filters, head.columns)
    bm25 = np.zeros(len(allowed))
    if request.text:
        matched, scores = head.lexical.any_word(parse(request.text), allowed)
        bm25[matched] = scores
    rows = np.flatnonzero(allowed)
    cosine = _cosines(head, rows, leading)
    return [
        Candidate(head.documents.at(int(row)), float(bm25[row]), float(near))
        for row, near in zip(rows, cosine, strict=True)
        if bm25[row] or near > floor
    ]


def _cosines(head: EmbeddedSnapshot, rows: Rows, leading: Signal | None) -> Scores:
    if leading is None:
        return np.zeros(len(rows))
    if leading.name == "look":
        near = head.looks.products(rows, leading.vector)
    else:
        near = head.vectors.at(rows) @ leading.vector
    return np.maximum(near, 0).astype(np.float64)


def _bm25(hit: Found) -> float:
    return (hit.bm25 or 0.0) + FACTS_WEIGHT * (hit.facts_bm25 or 0.0)


def score_parts(
    request: Request,
    candidates: Sequence[Candidate],
    leading: Signal | None,
    remote: RemoteIndex,
    head: EmbeddedSnapshot,
) -> dict[str, Scores]:
    """The weighted parts of the candidates' scores, as the embedded engine fuses them."""
    signals: dict[str, Scores] = {}
    if request.text:
        bm25 = np.array([candidate.bm25 for candidate in candidates])
        signals["lexical"] = bm25 / max(bm25.max(initial=0.0), 1e-9)
    vectors = _vectors(request)
    if leading is not None:
        vectors.pop(leading.name)
        signals[leading.name] = np.array([candidate.cosine for candidate in candidates])
    signals |= _similarities(vectors, candidates, remote, head)
    parts = fusion.weighted(signals)
    if request.text and not request.description and "semantic" in signals:
        without_text = np.array([is_without_text(candidate.item) for candidate in candidates], np.bool_)
        word_scores, floor = parts["lexical"], head.background
        expected = fusion.expected_word_scores(signals["semantic"], word_scores, without_text, floor)
        parts |= {"expected": expected} if expected.any() else {}
    return parts


def _similarities(
    vectors: Mapping[str, Vector],
    candidates: Sequence[Candidate],
    remote: RemoteIndex,
    head: EmbeddedSnapshot,
) -> dict[str, Scores]:
    """Cosines to further vectors than the leading one; S3 Vectors computes one to that only, so the items'
    vectors are fetched."""
    if not vectors:
        return {}
    ids = [candidate.item.id for candidate in candidates]
    near = {item_id: head.vector(item_id) for item_id in ids}
    far = remote.get([item_id for item_id in ids if near[item_id] is None], data=True)
    known = near | {key: unpadded(record) for key, record in far.items()}
    matrix = np.array([known[item_id] for item_id in ids], np.float32)
    return {
        name: np.maximum(matrix.reshape(-1, len(vector)) @ vector, 0).astype(np.float64)
        for name, vector in vectors.items()
    }
