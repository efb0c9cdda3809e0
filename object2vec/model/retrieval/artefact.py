"""The model artefact: one directory (or model.tar.gz) that holds all a model needs and cannot carry code.

manifest.json      format, kind, version, dim, tokenizer's kind, hyperparameters, data fingerprint, metrics,
                   sha256 of each file
tokenizer.json     the tokenizer, in the form of its kind
items.json         ids of the items that training knew, those with a row of their own first, in row order
weights.safetensors  the tables, as float32, float16 or int8 with one scale a row
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save

from object2vec.core.arrays import Matrix
from object2vec.core.errors import InputError
from object2vec.core.tokenizer import Tokenizer
from object2vec.model.retrieval.forward import Weights
from object2vec.model.retrieval.tokenizer import WordPieceTokenizer
from object2vec.storage.digests import digest_of

TOKENIZERS: Mapping[str, Callable[[Path], Tokenizer]] = {WordPieceTokenizer.kind: WordPieceTokenizer.load}
"""The reader of each kind of tokenizer's file."""
FORMAT_VERSION, WITH_ATTENTION = 2, 3
"""The format of a model without attention, which earlier programs read too."""
STORAGE = ("float32", "float16", "int8")
_SCALE = ".scale"
_STORED_AS = {"neighbour_words": "landmark_words", "neighbour_rows": "landmark_rows"}
"""Tables that have another name in the file, so that older and newer programs read the same artefacts."""
_ROW_TABLES = ("words", "items", "neighbour_words", "neighbour_rows")
MANIFEST, TOKENIZER, ITEMS, WEIGHTS = "manifest.json", "tokenizer.json", "items.json", "weights.safetensors"
FILES = (TOKENIZER, ITEMS, WEIGHTS)


class ArtefactError(InputError):
    """The artefact cannot be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class ModelManifest:
    """The content of manifest.json."""

    format_version: int
    kind: str  # seed or trained
    version: str
    dim: int
    recency_half_lives: Sequence[float]  # in items, the S time scales of a session
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    categories: Mapping[str, Any] = field(default_factory=dict)  # field, labels, held-out accuracy
    reviews_weight: float = 0.0  # of the mean of an item's review words; that of its text has weight 1
    tokenizer: str = WordPieceTokenizer.kind  # earlier artefacts do not name theirs, which is this one
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Artefact:
    """A model read from disk."""

    manifest: ModelManifest
    tokenizer: Tokenizer
    item_ids: Sequence[str]
    """The ids of the items that training knew; those with a row of their own first, in row order."""
    weights: Weights

    @property
    def ids_with_rows(self) -> Sequence[str]:
        """(I,) the ids of the items with a row of their own, in row order."""
        return self.item_ids[: 0 if self.weights.items is None else len(self.weights.items)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDescription:
    """The entries of manifest.json that the training gives; `ModelManifest` has the same and those of the
    files."""

    kind: str
    recency_half_lives: Sequence[float] = (50.0,)
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    categories: Mapping[str, Any] = field(default_factory=dict)
    reviews_weight: float = 0.0


def write_artefact(
    folder: Path,
    description: ModelDescription,
    *,
    tokenizer: Tokenizer,
    item_ids: Sequence[str],
    weights: Weights,
    storage: str = "float16",
) -> ModelManifest:
    """Writes the directory; the version is derived from the content, so equal models have equal versions.
    Raises ArtefactError for weights that training has driven out of the range of numbers."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(folder / TOKENIZER)
    (folder / ITEMS).write_text(json.dumps(list(item_ids), ensure_ascii=False), encoding="utf-8")
    _save_tables(weights, folder / WEIGHTS, storage)
    hashes = {name: digest_of(folder / name) for name in FILES}
    half_lives, reviews_weight = list(description.recency_half_lives), description.reviews_weight
    identity = f"{sorted(hashes.items())}{half_lives}{reviews_weight or ''}"
    fingerprint = hashlib.sha256(identity.encode()).hexdigest()
    manifest = ModelManifest(
        format_version=FORMAT_VERSION if weights.attention is None else WITH_ATTENTION,
        kind=description.kind,
        version=f"{description.kind}-{fingerprint[:12]}",
        dim=weights.words.shape[1],
        recency_half_lives=half_lives,
        hyperparameters=description.hyperparameters,
        data=description.data,
        metrics=description.metrics,
        categories=description.categories,
        reviews_weight=reviews_weight,
        tokenizer=tokenizer.kind,
        files=hashes,
    )
    (folder / MANIFEST).write_text(json.dumps(asdict(manifest), indent=2) + "\n", encoding="utf-8")
    return manifest


def read_artefact(folder: Path) -> Artefact:
    """Reads and checks a directory. Raises ArtefactError for another format or for damage."""
    manifest = read_manifest(folder)
    for name in FILES:
        _check(folder / name, manifest.files.get(name))
    tokenizer = load_tokenizer(folder, manifest.tokenizer)
    item_ids = json.loads((folder / ITEMS).read_text(encoding="utf-8"))
    weights = _load_tables(folder / WEIGHTS)
    _check_shapes(manifest, tokenizer, item_ids, weights)
    return Artefact(manifest, tokenizer, item_ids, weights)


def read_manifest(folder: Path) -> ModelManifest:
    """Reads manifest.json alone. Raises ArtefactError."""
    path, content = folder / MANIFEST, read_content(folder)
    try:
        found = int(content["format_version"])
    except (ValueError, KeyError, TypeError) as error:
        raise ArtefactError(f"{path} is damaged ({error}): copy the artefact again") from error
    if found not in (FORMAT_VERSION, WITH_ATTENTION):
        advice = "train the model again" if found < FORMAT_VERSION else "update this program"
        raise ArtefactError(
            f"{path} has format {found}, this program reads {FORMAT_VERSION} and {WITH_ATTENTION}: {advice}"
        )
    known = {f.name for f in fields(ModelManifest)}
    try:
        return ModelManifest(**{name: value for name, value in content.items() if name in known})
    except TypeError as error:
        raise ArtefactError(f"{path} lacks entries ({error}): copy the artefact again") from error


def kind_of(folder: Path) -> str:
    """The kind of model in an artefact's directory, of ours or of AWS's. Raises ArtefactError."""
    return str(read_content(folder).get("kind"))


def read_content(folder: Path) -> dict[str, Any]:
    """The content of manifest.json, whatever kind of model it describes. Raises ArtefactError."""
    path = folder / MANIFEST
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ArtefactError(f"{folder} holds no {MANIFEST}: it is not a model artefact") from error
    except ValueError as error:
        raise ArtefactError(f"{path} is damaged ({error}): copy the artefact again") from error
    if not isinstance(content, dict):
        raise ArtefactError(f"{path} is damaged: copy the artefact again")
    return content


def load_tokenizer(folder: Path, kind: str) -> Tokenizer:
    """The tokenizer in an artefact's folder. Raises ArtefactError for a kind this program does not know."""
    load = TOKENIZERS.get(kind)
    if load is None:
        raise ArtefactError(
            f"{folder} was trained with a tokenizer of kind {kind!r}, this program knows"
            f" {', '.join(TOKENIZERS)}: update this program"
        )
    return load(folder / TOKENIZER)


def _check(path: Path, expected: str | None) -> None:
    if expected is None or not path.is_file():
        raise ArtefactError(f"{path} is missing: copy the artefact again")
    if digest_of(path) != expected:
        raise ArtefactError(f"{path} does not match its sha256 in the manifest: copy the artefact again")


def _check_shapes(
    manifest: ModelManifest, tokenizer: Tokenizer, item_ids: Sequence[str], weights: Weights
) -> None:
    rows, classes = (0 if t is None else len(t) for t in (weights.items, weights.category_bias))
    scales = 1 if weights.session_head is None else len(weights.session_head) // manifest.dim
    fits = (
        weights.words.shape == (tokenizer.size, manifest.dim),
        rows <= len(item_ids),
        classes == len(manifest.categories.get("labels", ())),
        scales == len(manifest.recency_half_lives),
    )
    if not all(fits):
        raise ArtefactError("vocabulary, item ids and weights do not belong together: train the model again")
    shapes = {None if t is None else t.shape for t in (weights.neighbour_words, weights.neighbour_rows)}
    if len(shapes) > 1 or {shape[1] for shape in shapes if shape} - {manifest.dim}:
        raise ArtefactError(
            f"the tables of cold-start neighbours have the shapes {shapes}: train the model again"
        )
    _check_vector_shapes(manifest.dim, weights)
    _check_attention(manifest.dim, weights)


def _check_vector_shapes(dim: int, weights: Weights) -> None:
    tables = (weights.vector_head, weights.vector_mean, weights.vector_scale)
    found = [None if table is None else table.shape for table in tables]
    length = found[0] and found[0][0]
    if found not in ([None, None, None], [(length, dim), (length,), (length,)]):
        raise ArtefactError(
            f"the tables for item vectors have the shapes {found}, not (p, {dim}), (p,), (p,): "
            "train the model again"
        )
    if weights.vector_bias is not None and weights.vector_bias.shape != (dim,):
        raise ArtefactError(
            f"the bias for item vectors has the shape {weights.vector_bias.shape}, not ({dim},): "
            "train the model again"
        )


def _check_attention(dim: int, weights: Weights) -> None:
    try:
        attention = weights.attention
    except ValueError as error:
        raise ArtefactError(f"{error}: train the model again") from error
    if attention is not None and attention.dim != dim:
        raise ArtefactError(f"attention has {attention.dim} dimensions, not {dim}: train the model again")


def _save_tables(weights: Weights, path: Path, storage: str) -> None:
    """`storage` applies to the row tables; small heads stay float32."""
    if storage not in STORAGE:
        raise ValueError(f"storage {storage!r}: use one of {', '.join(STORAGE)}")
    stored: dict[str, NDArray[np.generic]] = {}
    for name, table in weights.present().items():
        kept = _STORED_AS.get(name, name)
        if storage == "int8" and name in _ROW_TABLES:
            stored[kept], stored[kept + _SCALE] = _quantised(table)
        elif storage == "float16" and name in _ROW_TABLES:
            with np.errstate(over="ignore"):  # said below
                stored[kept] = table.astype(np.float16)
        else:
            stored[kept] = np.ascontiguousarray(table, np.float32)
        if not np.isfinite(stored[kept]).all():
            raise ArtefactError(
                f"the weights of {name} hold what is no number, so the training has diverged: train with a "
                "smaller learning_rate"
            )
    path.write_bytes(save(stored))  # save_file makes files that only their owner may read


def _load_tables(path: Path) -> Weights:
    stored = load_file(path)
    ours = {kept: name for name, kept in _STORED_AS.items()}
    return Weights(
        **{ours.get(kept, kept): _float32(kept, stored) for kept in stored if not kept.endswith(_SCALE)}
    )


def _quantised(table: Matrix) -> tuple[NDArray[np.int8], Matrix]:
    """The table (n, d) in whole numbers from -127 to 127, and the scale (n, 1) of each row."""
    scale = np.abs(table).max(axis=1, keepdims=True, initial=0.0).astype(np.float32) / 127
    codes = np.rint(table / np.where(scale == 0, 1, scale)).astype(np.int8)
    return codes, scale


def _float32(name: str, stored: Mapping[str, NDArray[np.generic]]) -> Matrix:
    table = stored[name].astype(np.float32)
    scale = stored.get(name + _SCALE)
    return table if scale is None else table * scale.astype(np.float32)
