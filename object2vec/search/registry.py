"""The base index of a release, whichever engine wrote it."""

from pathlib import Path

from object2vec.core.encoder import Encoder
from object2vec.search import formats
from object2vec.search.embedded import base
from object2vec.search.index import SearchIndex
from object2vec.search.s3vectors import build as s3vectors


def load_index(directory: Path, encoder: Encoder, version: str) -> SearchIndex:
    """Loads a base that nobody else uses. Raises CorruptIndexError."""
    if (directory / formats.VECTORS_HEADER).is_file():
        return s3vectors.load_index(directory, encoder, version)
    return base.load_index(directory, encoder, version)
