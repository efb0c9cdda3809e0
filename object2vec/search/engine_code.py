"""The code with which each engine that engines.py declares builds, loads and renews a base.

Another engine is a declaration there, a class here, and a package of its own.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol, runtime_checkable

import orjson

from object2vec.core.encoder import Encoder
from object2vec.search import languages
from object2vec.search.content import Content
from object2vec.search.embedded import base
from object2vec.search.engines import EMBEDDED, ENGINES, S3VECTORS, Engine
from object2vec.search.index import SearchIndex
from object2vec.search.s3vectors import build as s3vectors
from object2vec.storage.item_log import Segment


class EngineCode(Protocol):
    """The work that an engine does with bases."""

    def load(self, directory: Path, encoder: Encoder, version: str) -> SearchIndex:
        """Loads a base that nobody else uses. Raises CorruptIndexError."""

    def build(self, encoder: Encoder, content: Content, out: Path, settings: Mapping[str, str]) -> None:
        """Writes a base into an empty or new directory; `settings` by the names in the declaration."""


@runtime_checkable
class ExternalCode(EngineCode, Protocol):
    """An engine that keeps the items outside of the base, and need not write all of them again."""

    def move_on(
        self,
        directory: Path,
        encoder: Encoder,
        segments: Iterable[Segment],
        out: Path,
        settings: Mapping[str, str],
    ) -> int:
        """The base in `directory` with further segments, written to `out`; the new watermark. `settings` are
        those of `build`."""

    def renew(self, directory: Path, encoder: Encoder, content: Content, out: Path) -> None:
        """The base in `directory`, whose header this code reads, written to `out` in this code's format."""


class _Embedded:
    def load(self, directory: Path, encoder: Encoder, version: str) -> SearchIndex:
        return base.load_index(directory, encoder, version)

    def build(self, encoder: Encoder, content: Content, out: Path, settings: Mapping[str, str]) -> None:
        chosen = languages.chosen(settings.get("languages", languages.AUTO))
        base.build_index(encoder, content, out, chosen)


class _S3Vectors:
    def load(self, directory: Path, encoder: Encoder, version: str) -> SearchIndex:
        return s3vectors.load_index(directory, encoder, version)

    def build(self, encoder: Encoder, content: Content, out: Path, settings: Mapping[str, str]) -> None:
        s3vectors.build_index(encoder, content, out, bucket=settings["bucket"], tags=_tags(settings))

    def move_on(
        self,
        directory: Path,
        encoder: Encoder,
        segments: Iterable[Segment],
        out: Path,
        settings: Mapping[str, str],
    ) -> int:
        return s3vectors.move_on(directory, encoder, segments, out, tags=_tags(settings))

    def renew(self, directory: Path, encoder: Encoder, content: Content, out: Path) -> None:
        s3vectors.renew_head(directory, encoder, content, out)


def _tags(settings: Mapping[str, str]) -> dict[str, str]:
    tags: dict[str, str] = orjson.loads(settings.get("tags", "{}"))
    return tags


_CODE: Mapping[str, EngineCode] = {EMBEDDED.name: _Embedded(), S3VECTORS.name: _S3Vectors()}


def code_of(engine: Engine) -> EngineCode:
    """The engine's code."""
    return _CODE[engine.name]


def load_index(directory: Path, encoder: Encoder, version: str) -> SearchIndex:
    """Loads a base that nobody else uses, with the engine that wrote it. Raises CorruptIndexError."""
    written = next((engine for engine in ENGINES if (directory / engine.header).is_file()), EMBEDDED)
    return code_of(written).load(directory, encoder, version)
