"""The encoder that search uses: catalogue items, queries and sessions as vectors, in numpy alone, so that it
starts fast and fits a Lambda. The arithmetic is in forward.py and items.py."""

import shutil
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from object2vec.core.arrays import Matrix, Rows, Vectors
from object2vec.core.catalog import CatalogItem, reviews_in, vector_in
from object2vec.core.tokenizer import Tokenizer
from object2vec.model.retrieval.artefact import FILES, MANIFEST, Artefact, ModelManifest, read_artefact
from object2vec.model.retrieval.categories import categoriser_of
from object2vec.model.retrieval.forward import (
    Bags,
    mean_bags,
    pool,
    query_vectors,
    session_vectors,
    unit,
    weighted_concatenation,
)
from object2vec.model.retrieval.items import (
    ColdStartNeighbours,
    CompiledItems,
    DenseVectors,
    Standardisation,
    item_sums,
    text_vectors,
)

_NEW = -1  # the number of an item that came after the training


class PooledEncoder:
    """`Encoder` of one artefact. Safe to share between threads."""

    def __init__(self, artefact: Artefact) -> None:
        self._manifest = artefact.manifest
        self._tokenizer = artefact.tokenizer
        self._weights = artefact.weights
        self.categoriser = categoriser_of(artefact)
        self._words = len(artefact.weights.words)
        self._standardisation = Standardisation.in_weights(artefact.weights)
        self._rows = len(artefact.ids_with_rows)
        self._item_numbers = {item_id: number for number, item_id in enumerate(artefact.item_ids)}

    @property
    def manifest(self) -> ModelManifest:
        """The model's manifest."""
        return self._manifest

    @property
    def version(self) -> str:
        return self._manifest.version

    @property
    def dim(self) -> int:
        return self._manifest.dim

    @property
    def vector_length(self) -> int | None:
        return None if self._standardisation is None else self._standardisation.length

    @property
    def vocabulary(self) -> Tokenizer:
        """The words that the model knows."""
        return self._tokenizer

    @property
    def vocabulary_size(self) -> int:
        """Number of tokens: words, then known items. Every token id is below it."""
        return self._words + self._rows

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return query_vectors(self._weights, mean_bags(*self._tokenizer.encode(texts)))

    def encode_items(self, items: Sequence[CatalogItem]) -> Vectors:
        return unit(self.item_sums(items))

    def encode_sessions(self, sessions: Sequence[Sequence[CatalogItem]]) -> Vectors:
        distinct = list({(item.id, item.text): item for session in sessions for item in session}.items())
        place = {key: position for position, (key, _) in enumerate(distinct)}
        positions = [
            np.array([place[item.id, item.text] for item in session], np.int64) for session in sessions
        ]
        return self.sessions_of(self.item_sums([item for _, item in distinct]), positions)

    def sessions_of(self, sums: Vectors, sessions: Sequence[Rows]) -> Vectors:
        return session_vectors(self._weights, sums, sessions, self._manifest.recency_half_lives)

    def encode_tokens(self, sequences: Sequence[Sequence[int]]) -> Vectors:
        """Bags of raw tokens, as AWS's payload has them; tokens outside the vocabulary are dropped."""
        known = [[t for t in sequence if 0 <= t < self.vocabulary_size] for sequence in sequences]
        lengths = np.fromiter((len(row) for row in known), np.int64, len(known))
        rows = np.fromiter((t for row in known for t in row), np.int32, int(lengths.sum()))
        return unit(pool(self._table, mean_bags(rows, lengths)))

    @property
    def has_behaviour(self) -> bool:
        return ColdStartNeighbours.in_weights(self._weights) is not None

    def encode_texts(self, items: Sequence[CatalogItem]) -> Vectors:
        return text_vectors(self._weights, self._compiled(items))

    def item_sums(self, items: Sequence[CatalogItem]) -> Vectors:
        return item_sums(self._weights, self._compiled(items))

    @cached_property
    def _table(self) -> Matrix:
        """(V + I, d) all rows in one table. Only an endpoint is asked for raw tokens: search never makes this
        copy."""
        items = self._weights.items
        return self._weights.words if items is None else np.concatenate([self._weights.words, items])

    def _compiled(self, items: Sequence[CatalogItem]) -> CompiledItems:
        content, content_of = self._contents(items)
        numbers = np.fromiter((self._item_numbers.get(i.id, _NEW) for i in items), np.int64, len(items))
        has_row = (numbers != _NEW) & (numbers < self._rows)
        return CompiledItems(
            content=content,
            content_of=content_of,
            row_of=np.where(has_row, self._words + numbers, -1),
            vectors=self._dense(items),
            new=numbers == _NEW,
        )

    def _dense(self, items: Sequence[CatalogItem]) -> DenseVectors | None:
        standardisation = self._standardisation
        if standardisation is None:
            return None
        vectors = DenseVectors.usable((vector_in(item.metadata) for item in items), standardisation.length)
        return vectors.standardised(standardisation)

    def _contents(self, items: Sequence[CatalogItem]) -> tuple[Bags, Rows]:
        """The bags of the distinct contents (c,), and which of them each item has.

        A shop sells many items under the same words: each text is read once."""
        weight = self._manifest.reviews_weight
        contents = [(i.text, reviews_in(i.metadata) if weight else "") for i in items]
        places: dict[tuple[str, str], int] = {}
        content_of = np.fromiter((places.setdefault(c, len(places)) for c in contents), np.int64, len(items))
        words = mean_bags(*self._tokenizer.encode([text for text, _ in places]))
        if any(reviews for _, reviews in places):
            reviewed = mean_bags(*self._tokenizer.encode([reviews for _, reviews in places]))
            words = weighted_concatenation(words, reviewed, weight)
        return words, content_of


def load_encoder(folder: Path) -> PooledEncoder:
    """The encoder of an artefact directory or of its export. Raises ArtefactError."""
    return PooledEncoder(read_artefact(folder))


def export_encoder(artefact_folder: Path, out: Path) -> None:
    """Copies what search needs: the artefact's own files, checked, and nothing else from the folder."""
    read_artefact(artefact_folder)
    out.mkdir(parents=True, exist_ok=True)
    for name in (MANIFEST, *FILES):
        shutil.copyfile(artefact_folder / name, out / name)
