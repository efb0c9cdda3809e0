"""The items that may be in a page, with their raw signals: a block of the base, and what changed since."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from object2vec.core.arrays import Scores, Vector
from object2vec.core.catalog import CatalogItem
from object2vec.search import fusion
from object2vec.search.embedded.engine import EmbeddedSnapshot
from object2vec.search.embedded.expected import expected_word_scores
from object2vec.search.embedded.masks import mask_of
from object2vec.search.embedded.text.index import is_without_text
from object2vec.search.embedded.text.lookup import FACTS_WEIGHT
from object2vec.search.index import Request
from object2vec.search.s3vectors.records import to_item, unpadded
from object2vec.search.s3vectors.remote import CandidateBlock, Found, RemoteIndex


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item with its BM25 score and its cosine to the request's leading vector."""

    item: CatalogItem
    bm25: float
    cosine: float


def in_block(block: CandidateBlock, hidden: frozenset[str], floor: float) -> list[Candidate]:
    """The candidates of the base, without the hidden ids. A match by meaning needs a cosine above `floor`:
    being the nearest is not enough. A part that S3 Vectors did not compute counts as none."""
    shown = [hit for hit in block.hits if hit.record["key"] not in hidden]
    candidates = [Candidate(to_item(hit.record), _bm25(hit), max(hit.cosine or 0.0, 0.0)) for hit in shown]
    return [candidate for candidate in candidates if candidate.bm25 > 0 or candidate.cosine > floor]


def among_changed(
    head: EmbeddedSnapshot, ids: frozenset[str], request: Request, leading: Vector | None, floor: float
) -> list[Candidate]:
    """The changed items that the request finds, by the same two signals.

    Their BM25 counts terms in the head alone, so it is near to the base's, not equal."""
    allowed = np.zeros(len(head.alive), np.bool_)
    allowed[head.rows_of(ids)] = True
    allowed &= head.alive & mask_of(request.filters, head.columns)
    bm25 = np.zeros(len(allowed))
    if request.text:
        matched, scores = head.lexical.any_word(request.text, allowed)
        bm25[matched] = scores
    rows = np.flatnonzero(allowed)
    cosine = np.zeros(len(rows)) if leading is None else np.maximum(head.vectors.at(rows) @ leading, 0)
    return [
        Candidate(head.documents.at(int(row)), float(bm25[row]), float(near))
        for row, near in zip(rows, cosine, strict=True)
        if bm25[row] or near > floor
    ]


def _bm25(hit: Found) -> float:
    return (hit.bm25 or 0.0) + FACTS_WEIGHT * (hit.facts_bm25 or 0.0)


def score_parts(
    request: Request, candidates: Sequence[Candidate], remote: RemoteIndex, head: EmbeddedSnapshot
) -> dict[str, Scores]:
    """The weighted parts of the candidates' scores, as the embedded engine fuses them."""
    signals: dict[str, Scores] = {}
    if request.text:
        bm25 = np.array([candidate.bm25 for candidate in candidates])
        signals["lexical"] = bm25 / max(bm25.max(initial=0.0), 1e-9)
    cosine = np.array([candidate.cosine for candidate in candidates])
    if request.vector is not None and request.vector.any():
        signals["semantic"] = cosine
    if request.session_vector is not None and request.session_vector.any():
        leads = not request.text and "semantic" not in signals
        near = cosine if leads else _similarity(request.session_vector, candidates, remote, head)
        signals["profile"] = near
    parts = fusion.weighted(signals)
    if request.text and not request.description and "semantic" in signals:
        without_text = np.array([is_without_text(candidate.item) for candidate in candidates], np.bool_)
        expected = expected_word_scores(cosine, parts["lexical"], without_text, head.background)
        parts |= {"expected": expected} if expected.any() else {}
    return parts


def _similarity(
    session: Vector, candidates: Sequence[Candidate], remote: RemoteIndex, head: EmbeddedSnapshot
) -> Scores:
    """Cosine to the session; S3 Vectors computes one to the query only, so the vectors are fetched."""
    vectors = {candidate.item.id: head.vector(candidate.item.id) for candidate in candidates}
    far = remote.get([item_id for item_id, vector in vectors.items() if vector is None], data=True)
    vectors |= {key: unpadded(record) for key, record in far.items()}
    matrix = np.array([vectors[candidate.item.id] for candidate in candidates], np.float32)
    similarity: Scores = np.maximum(matrix.reshape(-1, len(session)) @ session, 0).astype(np.float64)
    return similarity
