"""The encoder of a training, from what the image was asked in the batch transforms and what it answered."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import orjson

from object2vec.core.arrays import Vectors
from object2vec.core.tokenizer import Tokenizer
from object2vec.model.builtin.alignment import Alignment
from object2vec.model.builtin.encoder import KIND, Ask, BuiltinEncoder, BuiltinManifest, version_of
from object2vec.model.builtin.tokens import Tokens
from object2vec.model.builtin.vectors import TokenVectors, UnencodedError, read_answers
from object2vec.model.retrieval.artefact import load_tokenizer, read_manifest
from object2vec.release.seed import seed_folder

REQUESTS, VECTORS = "requests", "vectors"
"""Inputs of the jobs that read the model: what its image was asked, and what it answered."""
ITEMS, QUERIES, SAMPLE = "items/items.jsonl", "queries/queries.jsonl", "sample.jsonl"
"""Files of the requests: every in1, every in0, and pairs of the training period."""


def seed_tokenizer() -> Tokenizer:
    """The tokenizer that ships with the library; AWS's model is trained on its ids."""
    return load_tokenizer(seed_folder(), read_manifest(seed_folder()).tokenizer)


def trained_encoder(requests: Path, vectors: Path) -> BuiltinEncoder:
    """The encoder. It knows only the queries and sessions of the transform. Raises UnencodedError."""
    items_asked, item_vectors = read_answers(requests / ITEMS, vectors / "items", "in1")
    queries_asked, query_vectors = read_answers(requests / QUERIES, vectors / "queries", "in0")
    if item_vectors.shape[1] != query_vectors.shape[1]:
        raise UnencodedError(
            f"in0 has {query_vectors.shape[1]} dimensions, in1 {item_vectors.shape[1]}: train again"
        )
    items, queries = (
        TokenVectors.of(items_asked, item_vectors),
        TokenVectors.of(queries_asked, query_vectors),
    )
    pairs = [orjson.loads(line) for line in (requests / SAMPLE).read_bytes().splitlines()]
    left, right = (
        _all(table, [tuple(pair[side]) for pair in pairs])
        for table, side in ((queries, "in0"), (items, "in1"))
    )
    manifest = BuiltinManifest(
        kind=KIND,
        version=version_of(item_vectors),
        dim=item_vectors.shape[1],
        probe_tokens=queries_asked[0],
        probe_vector=query_vectors[0].tolist(),
    )
    return BuiltinEncoder(manifest, seed_tokenizer(), Alignment.fit(left, right), items, _from(queries))


def _from(queries: TokenVectors) -> Ask:
    return lambda _version, sequences: _all(queries, sequences)


def _all(table: TokenVectors, sequences: Sequence[Tokens]) -> Vectors:
    vectors, found = table.find(sequences)
    if not found.all():
        raise UnencodedError(f"{int((~found).sum())} sequences were not encoded: run the pairs job again")
    return np.asarray(vectors)
