"""The torch-free encoder: numpy only, so that search starts fast and fits a Lambda."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from object2vec.core.catalog import CatalogItem, reviews_in, vector_in
from object2vec.core.encoder import Vectors
from object2vec.model.retrieval.artefact import FILES, MANIFEST, Artefact, Manifest, read_artefact
from object2vec.model.retrieval.bags import beside, mean_bags, pool
from object2vec.model.retrieval.categories import categoriser_of
from object2vec.model.retrieval.cold_start import landmarks_in
from object2vec.model.retrieval.item_vectors import usable
from object2vec.model.retrieval.tokenizer import TextTokenizer
from object2vec.model.retrieval.towers import query_vectors, session_vectors, unit

_NEW = -1  # the number of an item that came after the training


class PooledEncoder:
    """`Encoder` of one artefact. Safe to share between threads: nothing changes after construction."""

    def __init__(self, artefact: Artefact) -> None:
        self._manifest = artefact.manifest
        self._tokenizer = artefact.tokenizer
        self._weights = artefact.weights
        self.categoriser = categoriser_of(artefact)
        self._words = len(artefact.weights.words)
        self._projection = artefact.weights.projection
        self._rows = len(artefact.ids_with_rows)
        self._item_numbers = {item_id: number for number, item_id in enumerate(artefact.item_ids)}
        self._landmarks = landmarks_in(artefact.weights)
        tables = [table for table in (artefact.weights.words, artefact.weights.items) if table is not None]
        self._table = tables[0] if len(tables) == 1 else np.concatenate(tables)

    @property
    def manifest(self) -> Manifest:
        """What is known about this model."""
        return self._manifest

    @property
    def version(self) -> str:
        return self._manifest.version

    @property
    def dim(self) -> int:
        return self._manifest.dim

    @property
    def vector_length(self) -> int | None:
        return None if self._projection is None else self._projection.standardisation.length

    @property
    def tokenizer(self) -> TextTokenizer:
        """Turns text into the integers of the Object2Vec payload."""
        return self._tokenizer

    @property
    def vocabulary_size(self) -> int:
        """Number of tokens: words, then known items. Every token id is below it."""
        return len(self._table)

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

    def sessions_of(self, sums: Vectors, sessions: Sequence[NDArray[np.int64]]) -> Vectors:
        return session_vectors(self._weights, sums, sessions, self._manifest.recency_half_lives)

    def encode_tokens(self, sequences: Sequence[Sequence[int]]) -> Vectors:
        """Bags of raw tokens, as AWS's payload has them; tokens outside the vocabulary are dropped."""
        known = [[t for t in sequence if 0 <= t < self.vocabulary_size] for sequence in sequences]
        lengths = np.fromiter((len(row) for row in known), np.int64, len(known))
        rows = np.fromiter((t for row in known for t in row), np.int32, int(lengths.sum()))
        return unit(pool(self._table, mean_bags(rows, lengths)))

    @property
    def has_behaviour(self) -> bool:
        return self._landmarks is not None

    def encode_texts(self, items: Sequence[CatalogItem]) -> Vectors:
        words, text_of = self._words_of(items)
        return unit(words[text_of] + self._dense(items))

    def item_sums(self, items: Sequence[CatalogItem]) -> Vectors:
        words, text_of = self._words_of(items)
        sums = words[text_of] + self._dense(items)
        numbers = np.fromiter((self._item_numbers.get(i.id, _NEW) for i in items), np.int64, len(items))
        own = (numbers != _NEW) & (numbers < self._rows)
        sums[own] += self._table[self._words + numbers[own]]
        new = numbers == _NEW
        if self._landmarks is not None and new.any():
            sums[new] += self._landmarks.borrowed(words, text_of[new])
        return sums

    def _dense(self, items: Sequence[CatalogItem]) -> Vectors:
        """(n, dim) what the items' own dense vectors add."""
        added = np.zeros((len(items), self.dim), np.float32)
        if self._projection is not None:
            length = self._projection.standardisation.length
            described, dense = usable((vector_in(item.metadata) for item in items), length)
            added[described] = self._projection.apply(dense)
        return added

    def _words_of(self, items: Sequence[CatalogItem]) -> tuple[Vectors, NDArray[np.int64]]:
        """The means of words of the distinct texts (t, dim), and which of them each item has.

        A shop sells many items under the same words: each text is read once."""
        weight = self._manifest.reviews_weight
        contents = [(i.text, reviews_in(i.metadata) if weight else "") for i in items]
        places: dict[tuple[str, str], int] = {}
        text_of = np.fromiter((places.setdefault(c, len(places)) for c in contents), np.int64, len(items))
        words = mean_bags(*self._tokenizer.encode([text for text, _ in places]))
        if any(reviews for _, reviews in places):
            reviewed = mean_bags(*self._tokenizer.encode([reviews for _, reviews in places]))
            words = beside(words, reviewed, weight)
        return pool(self._table, words), text_of


def load_encoder(folder: Path) -> PooledEncoder:
    """The encoder of an artefact directory or of its export. Raises ArtefactError."""
    return PooledEncoder(read_artefact(folder))


def export_encoder(artefact_folder: Path, out: Path) -> None:
    """Writes what search needs: the artefact's own files, checked, and nothing else that lies beside them."""
    read_artefact(artefact_folder)
    out.mkdir(parents=True, exist_ok=True)
    for name in (MANIFEST, *FILES):
        shutil.copyfile(artefact_folder / name, out / name)
