"""A log as a Parquet file."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from object2vec.core.sql import identifier
from object2vec.ingest.logs.check import LogCheck, Source
from object2vec.ingest.logs.columns import ShopperLogColumns, recognise
from object2vec.ingest.logs.headings import LIKINGS, MARKS, STATUSES, TYPES, normal
from object2vec.ingest.logs.schema import INTERACTIONS, Kind, LogSchema
from object2vec.ingest.mapping import NOTHING_SAID, FileMapping
from object2vec.ingest.readers.parquet import ParquetFile
from object2vec.ingest.rules import FileError

_TELLING = frozenset((*TYPES, *LIKINGS, *STATUSES, *MARKS))
"""Headings of columns of which the values decide what they are."""
_TEXTS = ("VARCHAR", "UUID", "ENUM", "NULL")
_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_WHOLES = (*_WHOLE, *(f"U{name}" for name in _WHOLE))
_FRACTIONS = ("FLOAT", "DOUBLE", "DECIMAL")
_TIMES = ("DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE")
_TYPES: Mapping[Kind, tuple[str, ...]] = {
    "id": (*_TEXTS, *_WHOLES),
    "word": (*_TEXTS, *_WHOLES),
    "text": (*_TEXTS, *_WHOLES),
    "time": (*_TEXTS, *_WHOLES, *_FRACTIONS, *_TIMES),
    "number": (*_TEXTS, *_WHOLES, *_FRACTIONS),
    "grade": (*_TEXTS, *_WHOLES, *_FRACTIONS),
}


class ParquetLog:
    """The file in `path`. Raises FileError where it cannot be read."""

    def __init__(self, path: Path, schema: LogSchema, mapping: FileMapping = NOTHING_SAID) -> None:
        self._path = str(path)
        self._file = ParquetFile(path)
        self.names = [*self._file.types]
        said = {normal(name) for field_name in mapping.fields for name in mapping.columns(field_name)}
        unsure = [name for name in self.names if normal(name) in {*_TELLING, *said}]
        sample = self._file.sample(unsure)
        self.columns = recognise(schema, self.names, mapping, sample)
        if schema is INTERACTIONS and not self._has_types(self.columns):
            self.columns = recognise(schema, self.names, mapping, {**sample, **self._texts_beside(sample)})
        own = {normal(name): name for name in reversed(self.names)}
        self._own = {name: own[name] for name in self.columns.names}

    def require_types(self, schema: LogSchema) -> None:
        """Raises FileError where a column has a type that cannot be read."""
        for column in schema.columns:
            if column.name in self.columns.sources:
                if column.kind == "word" and self.columns.sources[column.name].only:
                    continue  # a quantity, which is looked at below
                source = self.columns.sources[column.name]
                for name in (
                    {*source.names}
                    - {*LIKINGS}
                    - {name for mark in source.marks for name in (mark.name, mark.of)}
                ):
                    self._require_type(self._own[name], column.kind)

    def stage(self, check: LogCheck) -> int:
        """Stages all rows. Returns how many there are. Raises FileError."""
        cells = {
            name: f"coalesce(CAST({identifier(column)} AS VARCHAR), '')" for name, column in self._own.items()
        }
        texts = {column: source.sql(cells) for column, source in self.columns.sources.items()}
        self._file.refuse_bomb([*self._own.values()])
        with self._file.reading():
            return check.stage(Source("read_parquet($1)", [self._path], texts))

    def _has_types(self, columns: ShopperLogColumns) -> bool:
        """Whether a type of event is known without a guess by a quantity."""
        source = columns.sources.get("EVENT_TYPE")
        return source is not None and bool(source.parts) and not source.only

    def _texts_beside(self, sample: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
        """First values of the other columns of texts; one that is too large to look at names no acts."""
        found: dict[str, list[str]] = {}
        for name, kind in self._file.types.items():
            if name not in sample and (kind == "VARCHAR" or kind.startswith("ENUM")):
                with suppress(FileError):
                    found |= self._file.sample([name])
        return found

    def _require_type(self, name: str, kind: Kind) -> None:
        found = self._file.types[name]
        if found.split("(", maxsplit=1)[0] not in _TYPES[kind]:
            raise FileError(
                "wrong_type",
                f"The column {name} has the type {found}, which cannot be read; store it as text or a plain "
                "number.",
            )
