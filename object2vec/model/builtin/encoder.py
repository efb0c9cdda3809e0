"""The encoder of a release whose model only AWS's image can read.

Items have the vectors that the image computed from their texts when the release was built; a text that came
later is found by its words alone until the next training. The release's endpoint encodes queries and
sessions.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from object2vec.core.arrays import Vectors
from object2vec.core.catalog import CatalogItem
from object2vec.core.encoder import Encoder
from object2vec.core.endpoints import EndpointSilentError
from object2vec.core.tokenizer import Tokenizer
from object2vec.model.builtin.alignment import Alignment
from object2vec.model.builtin.tokens import NOTHING, Tokens, session_tokens, text_tokens
from object2vec.model.builtin.vectors import TokenVectors
from object2vec.model.retrieval.artefact import MANIFEST, TOKENIZER, kind_of, load_tokenizer, read_content
from object2vec.model.retrieval.encoder import load_encoder as load_pooled

KIND = "builtin"

Ask = Callable[[str, Sequence[Tokens]], Vectors]
"""`ask(model_version, sequences)` → (n, d), what the image answers for each sequence as in0."""


@dataclass(frozen=True, slots=True)
class BuiltinManifest:
    """The content of manifest.json."""

    kind: str
    version: str
    dim: int
    probe_tokens: Sequence[int]
    """An in0 of the transform, and what the image answered: the release's endpoint must say the same."""
    probe_vector: Sequence[float]
    tokenizer: str = "wordpiece"
    """The tokenizer's kind; earlier releases do not name it."""


class BuiltinEncoder:
    """`Encoder` in front of AWS's image. Without `ask` it encodes items alone, which an index is built
    from."""

    def __init__(
        self,
        manifest: BuiltinManifest,
        tokenizer: Tokenizer,
        alignment: Alignment,
        items: TokenVectors,
        ask: Ask | None = None,
    ) -> None:
        self.manifest, self.vocabulary = manifest, tokenizer
        self._alignment, self._items, self._ask = alignment, items, ask

    @property
    def version(self) -> str:
        return self.manifest.version

    @property
    def dim(self) -> int:
        return self.manifest.dim

    def encode_items(self, items: Sequence[CatalogItem]) -> Vectors:
        raw, found = self._items.find(text_tokens(self.vocabulary, [item.text for item in items]))
        vectors = self._alignment.items(raw)
        vectors[~found] = 0.0
        return vectors

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Raises what `ask` raises, EndpointSilentError where there is none."""
        return self._encoded(text_tokens(self.vocabulary, texts))

    def encode_sessions(self, sessions: Sequence[Sequence[CatalogItem]]) -> Vectors:
        """Raises as `encode_queries` does."""
        tokens = (text_tokens(self.vocabulary, [item.text for item in session]) for session in sessions)
        return self._encoded([session_tokens(items) for items in tokens])

    def save(self, folder: Path) -> None:
        """Writes what `load_encoder` reads."""
        folder.mkdir(parents=True, exist_ok=True)
        self.vocabulary.save(folder / TOKENIZER)
        self._alignment.save(folder)
        self._items.save(folder)
        (folder / MANIFEST).write_text(json.dumps(asdict(self.manifest), indent=2) + "\n", encoding="utf-8")

    def _encoded(self, sequences: Sequence[Tokens]) -> Vectors:
        vectors = np.zeros((len(sequences), self.dim), np.float32)
        known = np.array([tokens != NOTHING for tokens in sequences], np.bool_)
        if known.any():
            if self._ask is None:
                raise EndpointSilentError("this deployment has no endpoint that could encode it")
            asked = [tokens for tokens in sequences if tokens != NOTHING]
            vectors[known] = self._alignment.queries(self._ask(self.version, asked))
        return vectors


def version_of(vectors: NDArray[np.float32]) -> str:
    """The version of a model that only AWS's image can read: a hash of its answers."""
    return f"{KIND}-{hashlib.sha256(vectors.tobytes()).hexdigest()[:12]}"


def load_encoder(folder: Path, ask: Ask | None = None) -> Encoder:
    """The encoder of a release, whatever its algorithm. Raises ArtefactError."""
    if kind_of(folder) != KIND:
        return load_pooled(folder)
    manifest = BuiltinManifest(**read_content(folder))
    tokenizer = load_tokenizer(folder, manifest.tokenizer)
    return BuiltinEncoder(manifest, tokenizer, Alignment.load(folder), TokenVectors.load(folder), ask)
