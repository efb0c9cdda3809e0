"""The model artefact: one directory (or model.tar.gz) that holds all a model needs and cannot carry code.

manifest.json      format, kind, version, dim, hyperparameters, data fingerprint, metrics, sha256 of each file
tokenizer.json     WordPiece vocabulary
items.json         ids of the items that training knew, those with a row of their own first, in row order
weights.safetensors  the tables, as float32, float16 or int8 with one scale a row
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from object2vec.core.errors import InputError
from object2vec.model.retrieval.item_vectors import Projection, Standardisation
from object2vec.model.retrieval.tensors import load_tables, save_tables
from object2vec.model.retrieval.tokenizer import TextTokenizer

FORMAT_VERSION = 2
MANIFEST, TOKENIZER, ITEMS, WEIGHTS = "manifest.json", "tokenizer.json", "items.json", "weights.safetensors"
FILES = (TOKENIZER, ITEMS, WEIGHTS)


class ArtefactError(InputError):
    """The artefact cannot be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Weights:
    """All learned numbers, float32. V words, I items, d the dimension; None is an identity or nothing."""

    words: NDArray[np.float32]  # (V, d)
    items: NDArray[np.float32] | None = None  # (I, d)
    query_head: NDArray[np.float32] | None = None  # (d, d), applied as pooled @ head
    session_head: NDArray[np.float32] | None = None  # (S·d, d), a block for each of S half-lives
    session_bias: NDArray[np.float32] | None = None  # (d,), what is bought whoever buys
    vector_head: NDArray[np.float32] | None = None  # (p, d), from an item's own dense vector of p numbers
    vector_mean: NDArray[np.float32] | None = None  # (p,) its standardisation
    vector_scale: NDArray[np.float32] | None = None  # (p,)
    landmark_words: NDArray[np.float32] | None = None  # (t, d) texts that newcomers borrow rows from
    landmark_rows: NDArray[np.float32] | None = None  # (t, d)
    category_grams: NDArray[np.float32] | None = None  # (B, k) hashed words and pairs of words
    category_words: NDArray[np.float32] | None = None  # (d, C), from the shared embedding to C categories
    category_head: NDArray[np.float32] | None = None  # (k, C)
    category_bias: NDArray[np.float32] | None = None  # (C,)

    @property
    def projection(self) -> Projection | None:
        """Of the items' dense vectors; None for a model without them."""
        if self.vector_head is None or self.vector_mean is None or self.vector_scale is None:
            return None
        return Projection(Standardisation(self.vector_mean, self.vector_scale), self.vector_head)

    def copy(self) -> "Weights":
        """The same numbers in memory of their own."""
        return Weights(**{name: table.copy() for name, table in present(self).items()})


@dataclass(frozen=True, slots=True)
class Manifest:
    """What manifest.json says."""

    format_version: int
    kind: str  # seed or trained
    version: str
    dim: int
    recency_half_lives: Sequence[float]  # in items, the S time scales of a session
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    categories: Mapping[str, Any] = field(default_factory=dict)  # field, labels, held-out accuracy
    reviews_weight: float = 0.0  # of the mean of an item's review words, beside 1 for its text's
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Artefact:
    """A model read from disk."""

    manifest: Manifest
    tokenizer: TextTokenizer
    item_ids: Sequence[str]
    """Of the items that training knew; those with a row of their own first, in row order."""
    weights: Weights

    @property
    def ids_with_rows(self) -> Sequence[str]:
        """(I,) in row order."""
        return self.item_ids[: 0 if self.weights.items is None else len(self.weights.items)]


def write_artefact(
    folder: Path,
    *,
    tokenizer: TextTokenizer,
    item_ids: Sequence[str],
    weights: Weights,
    kind: str,
    storage: str = "float16",
    recency_half_lives: Sequence[float] = (50.0,),
    hyperparameters: Mapping[str, Any],
    data: Mapping[str, Any],
    metrics: Mapping[str, Any],
    categories: Mapping[str, Any] | None = None,
    reviews_weight: float = 0.0,
) -> Manifest:
    """Writes the directory; the version is derived from the content, so equal models have equal versions."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(folder / TOKENIZER)
    (folder / ITEMS).write_text(json.dumps(list(item_ids), ensure_ascii=False), encoding="utf-8")
    save_tables(present(weights), folder / WEIGHTS, storage)
    hashes = {name: _sha256(folder / name) for name in FILES}
    identity = f"{sorted(hashes.items())}{list(recency_half_lives)}{reviews_weight or ''}"
    fingerprint = hashlib.sha256(identity.encode()).hexdigest()
    manifest = Manifest(
        format_version=FORMAT_VERSION,
        kind=kind,
        version=f"{kind}-{fingerprint[:12]}",
        dim=weights.words.shape[1],
        recency_half_lives=list(recency_half_lives),
        hyperparameters=hyperparameters,
        data=data,
        metrics=metrics,
        categories=categories or {},
        reviews_weight=reviews_weight,
        files=hashes,
    )
    (folder / MANIFEST).write_text(json.dumps(asdict(manifest), indent=2) + "\n", encoding="utf-8")
    return manifest


def read_artefact(folder: Path) -> Artefact:
    """Reads and checks a directory. Raises ArtefactError for another format or for damage."""
    manifest = read_manifest(folder)
    for name in FILES:
        _check(folder / name, manifest.files.get(name))
    tokenizer = TextTokenizer.load(folder / TOKENIZER)
    item_ids = json.loads((folder / ITEMS).read_text(encoding="utf-8"))
    weights = Weights(**load_tables(folder / WEIGHTS))
    _check_shapes(manifest, tokenizer, item_ids, weights)
    return Artefact(manifest, tokenizer, item_ids, weights)


def read_manifest(folder: Path) -> Manifest:
    """Reads manifest.json alone. Raises ArtefactError."""
    path = folder / MANIFEST
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        found = int(content["format_version"])
    except FileNotFoundError as error:
        raise ArtefactError(f"{folder} holds no {MANIFEST}: it is not a model artefact") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ArtefactError(f"{path} is damaged ({error}): copy the artefact again") from error
    if found != FORMAT_VERSION:
        advice = "train the model again" if found < FORMAT_VERSION else "update this program"
        raise ArtefactError(f"{path} has format {found}, this program reads {FORMAT_VERSION}: {advice}")
    known = {f.name for f in fields(Manifest)}
    try:
        return Manifest(**{name: value for name, value in content.items() if name in known})
    except TypeError as error:
        raise ArtefactError(f"{path} lacks entries ({error}): copy the artefact again") from error


def _check(path: Path, expected: str | None) -> None:
    if expected is None or not path.is_file():
        raise ArtefactError(f"{path} is missing: copy the artefact again")
    if _sha256(path) != expected:
        raise ArtefactError(f"{path} does not match its sha256 in the manifest: copy the artefact again")


def present(weights: Weights) -> dict[str, NDArray[np.float32]]:
    """The tables there are, by name."""
    tables = ((f.name, getattr(weights, f.name)) for f in fields(weights))
    return {name: table for name, table in tables if table is not None}


def _check_shapes(
    manifest: Manifest, tokenizer: TextTokenizer, item_ids: Sequence[str], weights: Weights
) -> None:
    rows = 0 if weights.items is None else len(weights.items)
    scales = 1 if weights.session_head is None else len(weights.session_head) // manifest.dim
    whole = weights.words.shape == (tokenizer.size, manifest.dim) and rows <= len(item_ids)
    classes = 0 if weights.category_bias is None else len(weights.category_bias)
    whole = whole and classes == len(manifest.categories.get("labels", ()))
    if not whole or scales != len(manifest.recency_half_lives):
        raise ArtefactError("vocabulary, item ids and weights do not belong together: train the model again")
    shapes = {None if t is None else t.shape for t in (weights.landmark_words, weights.landmark_rows)}
    if len(shapes) > 1 or {shape[1] for shape in shapes if shape} - {manifest.dim}:
        raise ArtefactError(f"the landmark tables have the shapes {shapes}: train the model again")
    _check_vector_shapes(manifest.dim, weights)


def _check_vector_shapes(dim: int, weights: Weights) -> None:
    tables = (weights.vector_head, weights.vector_mean, weights.vector_scale)
    found = [None if table is None else table.shape for table in tables]
    length = found[0] and found[0][0]
    if found not in ([None, None, None], [(length, dim), (length,), (length,)]):
        raise ArtefactError(
            f"the tables for item vectors have the shapes {found}, not (p, {dim}), (p,), (p,): "
            "train the model again"
        )


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
