"""Where training starts: at the seed's words, or, from a trained model, at everything it knows."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from object2vec.model.retrieval.artefact import Artefact, ArtefactError, Weights, read_artefact


def chosen_start(earlier: Path | None, seed: Path, dim: int) -> tuple[Path, str]:
    """The artefact to train on from, `earlier` where it fits this program and `dim`, and a line to say so."""
    if earlier is None:
        return seed, "starts from the seed"
    try:
        model = read_artefact(earlier)
    except ArtefactError as error:
        return seed, f"starts from the seed, not from the earlier model: {error}"
    if model.manifest.kind == "seed":
        return earlier, f"starts from {model.manifest.version}, as nothing was trained before"
    if model.manifest.dim != dim:
        found = f"it has {model.manifest.dim} dimensions, enc_dim is {dim}"
        return seed, f"starts from the seed, not from {model.manifest.version}: {found}"
    if model.tokenizer.tokens() != read_artefact(seed).tokenizer.tokens():
        return seed, f"starts from the seed, not from {model.manifest.version}: it has another vocabulary"
    return earlier, f"goes on from {model.manifest.version}"


def with_rows_in(start: Artefact, ids: Sequence[str]) -> NDArray[np.bool_]:
    """(items,) which of the items `start` has a row for."""
    known = set(start.ids_with_rows)
    return np.fromiter((item_id in known for item_id in ids), np.bool_, len(ids))


def initial_weights(
    start: Artefact,
    item_ids: Sequence[str],
    dim: int,
    half_lives: Sequence[float],
    rng: np.random.Generator,
) -> Weights:
    """The words' first `dim` principal components; items that `start` has no row for start from their words.

    The heads go on too, unless they belong to another `dim` or to other half-lives. Dimensions beyond the
    start's, and items without words, need a little noise to grow from."""
    words = _fitted(start.weights.words, dim, rng)
    items = rng.normal(0, 0.01, (len(item_ids), dim)).astype(np.float32)
    if start.weights.items is not None:
        place = {item_id: row for row, item_id in enumerate(start.ids_with_rows)}
        rows = np.fromiter((place.get(item_id, -1) for item_id in item_ids), np.int64, len(item_ids))
        items[rows >= 0] = _fitted(start.weights.items[rows[rows >= 0]], dim, rng)
    if start.manifest.dim != dim:
        return Weights(words=words, items=items)
    same_scales = list(start.manifest.recency_half_lives) == list(half_lives)
    return Weights(
        words=words,
        items=items,
        query_head=start.weights.query_head,
        session_head=start.weights.session_head if same_scales else None,
        session_bias=start.weights.session_bias if same_scales else None,
    )


def _fitted(table: NDArray[np.float32], dim: int, rng: np.random.Generator) -> NDArray[np.float32]:
    fitted = np.zeros((len(table), dim), np.float32)
    shared = min(dim, table.shape[1])
    fitted[:, :shared] = table[:, :shared]
    fitted[:, shared:] = rng.normal(0, 0.01, (len(table), dim - shared))
    return fitted
