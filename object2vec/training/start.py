"""The first weights of a training: the words of the seed, or all tables of a trained model."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from object2vec.core.arrays import Mask, Matrix
from object2vec.model.retrieval.artefact import Artefact, ArtefactError, read_artefact
from object2vec.model.retrieval.forward import Attention, Weights
from object2vec.model.retrieval.items import DenseVectors, Standardisation
from object2vec.training.features import ItemFeatures
from object2vec.training.vector_alignment import aligned_head

_HEADS, _REACH = 2, 64  # of attention; the latter in items
_VECTOR_HEAD = 0.003  # size of a first weight: a small part of the item, which yet tells unlike vectors apart


def chosen_start(previous: Path | None, seed: Path, dim: int) -> tuple[Path, str]:
    """The artefact to start from, and a line for the log: `previous`, if this program can read it and it has
    `dim` dimensions, else `seed`."""
    if previous is None:
        return seed, "starts from the seed"
    try:
        model = read_artefact(previous)
    except ArtefactError as error:
        return seed, f"starts from the seed, not from the previous model: {error}"
    if model.manifest.kind == "seed":
        return previous, f"starts from {model.manifest.version}, as nothing was trained before"
    if model.manifest.dim != dim:
        found = f"it has {model.manifest.dim} dimensions, enc_dim is {dim}"
        return seed, f"starts from the seed, not from {model.manifest.version}: {found}"
    if model.tokenizer.tokens() != read_artefact(seed).tokenizer.tokens():
        return seed, f"starts from the seed, not from {model.manifest.version}: it has another vocabulary"
    return previous, f"goes on from {model.manifest.version}"


def with_rows_in(start: Artefact, ids: Sequence[str]) -> Mask:
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


def with_attention(weights: Weights, start: Weights, blocks: int, rng: np.random.Generator) -> Weights:
    """The weights with the start's attention, if it has as many blocks and dimensions; else with one that
    adds nothing to a session yet, so that training goes on from what pooling knows."""
    dim, attention = weights.words.shape[1], start.attention
    if attention is None or (attention.dim, attention.blocks) != (dim, blocks):
        attention = _new_attention(dim, blocks, rng)
    return replace(weights, **attention.named())


def _new_attention(dim: int, blocks: int, rng: np.random.Generator) -> Attention:
    def table(inputs: int, outputs: int) -> Matrix:
        return rng.normal(0, inputs**-0.5, (blocks, inputs, outputs)).astype(np.float32)

    heads = _HEADS if dim % _HEADS == 0 else 1
    return Attention(
        qkv=table(dim, 3 * dim),
        out=table(dim, dim),
        distance=np.zeros((blocks, heads, _REACH), np.float32),
        wide=table(dim, 2 * dim),
        narrow=table(2 * dim, dim),
        head=np.zeros((dim, dim), np.float32),
    )


def _fitted(table: Matrix, dim: int, rng: np.random.Generator) -> Matrix:
    fitted = np.zeros((len(table), dim), np.float32)
    shared = min(dim, table.shape[1])
    fitted[:, :shared] = table[:, :shared]
    fitted[:, shared:] = rng.normal(0, 0.01, (len(table), dim - shared))
    return fitted


def standardisation_for(vectors: DenseVectors | None, start: Weights) -> Standardisation | None:
    """The standardisation of dense vectors: the start's, if it has a head for them, else their own; None
    without vectors."""
    if vectors is None:
        return None
    known = Standardisation.in_weights(start)
    if known is not None and known.length == vectors.length:
        return known
    return Standardisation.of(vectors.matrix)


def with_vector_head(
    weights: Weights,
    standardisation: Standardisation | None,
    start: Weights,
    features: ItemFeatures,
    rng: np.random.Generator,
) -> Weights:
    """The weights with the start's head for dense vectors, if it fits; else one that is aligned with the
    texts, or a small random one where they cannot say anything. Unchanged without vectors."""
    if standardisation is None:
        return weights
    shape = standardisation.length, weights.words.shape[1]
    head, bias = start.vector_head, start.vector_bias
    if head is None or head.shape != shape:
        aligned = aligned_head(weights, features, rng)
        if aligned is None:
            head, bias = rng.normal(0, _VECTOR_HEAD, shape).astype(np.float32), None
        else:
            head, bias = aligned.head, aligned.bias
    return replace(
        weights,
        vector_head=head,
        vector_bias=bias,
        vector_mean=standardisation.mean,
        vector_scale=standardisation.scale,
    )
