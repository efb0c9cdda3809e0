"""A Parquet upload: its columns, its rows as JSON, and what can be wrong with it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import duckdb

from object2vec.ingest.catalog_rows import parse_json
from object2vec.ingest.log_check import open_database
from object2vec.ingest.readers.json_records import JsonRecord
from object2vec.ingest.readers.unpacked import Allowance
from object2vec.ingest.rules import MAX_ROWS, MAX_UNPACKED_BYTES, FileError, RowError, too_large

_MAGIC = b"PAR1"
_BATCH = 1_000


class ParquetFile:
    """Opens the file's footer. Raises FileError where it cannot be read, or holds too much."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with open(path, "rb") as file:
            start = file.read(len(_MAGIC))
        if not start:
            raise FileError("empty_file", "The file is empty; upload one that holds rows.")
        if start != _MAGIC:
            raise FileError(
                "not_parquet", "This is not a Parquet file; name it by its format, or export again."
            )
        self._database = open_database(path.parent)
        with self.reading():
            described = self._database.execute(
                "DESCRIBE SELECT * FROM read_parquet($1)", [str(path)]
            ).fetchall()
            self.types = {str(row[0]): str(row[1]).strip('"') for row in described}
            self._refuse_bomb()

    def _refuse_bomb(self) -> None:
        (rows,) = self._database.execute(
            "SELECT sum(num_rows) FROM parquet_file_metadata($1)", [str(self._path)]
        ).fetchone() or (0,)
        (size,) = self._database.execute(
            "SELECT sum(total_uncompressed_size) FROM parquet_metadata($1)", [str(self._path)]
        ).fetchone() or (0,)
        if (rows or 0) > MAX_ROWS or (size or 0) > MAX_UNPACKED_BYTES:
            raise too_large()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Turns what DuckDB raises over the file into a FileError."""
        try:
            yield
        except duckdb.Error as error:
            reason = str(error).splitlines()[0].replace(str(self._path), "the file")
            raise FileError(
                "broken_parquet", f"The Parquet file cannot be read: {reason[:300]}. Export it again."
            ) from error

    @cached_property
    def _by_name(self) -> dict[str, str]:
        return {name.casefold(): name for name in self.types}

    def refuse_more_than(self, size: int, texts: Sequence[str]) -> None:
        """Raises FileError where the rows hold more bytes in these texts (SQL). The footer does not tell: a
        text that comes again and again is stored once."""
        lengths = " + ".join(f"strlen({text})" for text in texts)
        with self.reading():
            (found,) = self._database.execute(
                f"SELECT sum({lengths}) FROM read_parquet($1)",  # noqa: S608  names are quoted
                [str(self._path)],
            ).fetchone() or (0,)
        if found and found > size:
            raise too_large()

    @property
    def is_own(self) -> bool:
        """Whether it has the columns of the project's own record."""
        return {"label", "text"} <= self._by_name.keys()

    def catalog_records(self) -> Iterator[JsonRecord]:
        """The rows as records `{"label", "text", "deleted", "metadata"}`, or as they are where the file has
        other columns. Raises FileError."""
        for name, kind in self.types.items():
            if "BLOB" in kind:
                raise _wrong_type(name, kind)
        record = self._record() if self.is_own else self._fields(list(self.types))
        statement = f"SELECT to_json({record}) FROM read_parquet($1)"  # noqa: S608  names are quoted
        allowance = Allowance(self._path)
        with self.reading():
            rows = self._database.execute(statement, [str(self._path)])
            place = 0
            while batch := rows.fetchmany(_BATCH):
                for place, (text,) in enumerate(batch, place + 1):  # noqa: B020
                    raw = text.encode()
                    allowance.take(len(raw))
                    yield _json_record(place, raw)

    def _record(self) -> str:
        reserved = {
            self._by_name[name]: name for name in ("label", "text", "deleted") if name in self._by_name
        }
        own = [f"'{name}': {_value(column, self.types[column])}" for column, name in reserved.items()]
        rest = [name for name in self.types if name not in reserved]
        if rest == ["metadata"] and self.types["metadata"].startswith(("STRUCT", "MAP")):
            own.append('metadata: "metadata"')
        elif rest:
            own.append(f"metadata: {self._fields(rest)}")
        return f"{{{', '.join(own)}}}"

    def _fields(self, names: Sequence[str]) -> str:
        return f"{{{', '.join(f'{_literal(name)}: {_value(name, self.types[name])}' for name in names)}}}"


def _json_record(place: int, raw: bytes) -> JsonRecord:
    try:
        return JsonRecord(place, raw, parse_json(raw), "")
    except RowError as error:
        return JsonRecord(place, raw, {}, error.code)


def _wrong_type(name: str, kind: str) -> FileError:
    return FileError(
        "wrong_type",
        f"The column {name} has the type {kind}, which cannot be read; store it as text or a plain number.",
    )


def _value(name: str, kind: str) -> str:
    quoted = '"' + name.replace('"', '""') + '"'
    # a 32-bit 0.1 is meant to be 0.1, not 0.10000000149
    return f"CAST(CAST({quoted} AS VARCHAR) AS DOUBLE)" if kind == "FLOAT" else quoted


def _literal(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"
