"""A Parquet upload: its columns, its rows as JSON, and what can be wrong with it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from object2vec.core.sql import identifier, literal
from object2vec.ingest.readers.json_records import JsonRecord, parse_json
from object2vec.ingest.readers.scratch_database import open_database
from object2vec.ingest.readers.unpacked import Allowance
from object2vec.ingest.rules import MAX_ROWS, MAX_UNPACKED_BYTES, FileError, RowError, too_large

_MAGIC = b"PAR1"
_BATCH = 1_000
_VECTOR = 2_048
"""Rows that DuckDB handles at a time."""
MAX_AT_A_TIME = 256 << 20
"""Most bytes of the rows that are read at a time: written as JSON, and read, they are there several times
over."""
_FIXED = 8


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
            table = self._database.read_parquet(str(path))
            self._kinds = dict(zip(table.columns, table.types, strict=True))
            self.types = {name: str(kind).strip('"') for name, kind in self._kinds.items()}
            self._refuse_long()

    def _refuse_long(self) -> None:
        """Refuses a file that is too long, by what the footer promises."""
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

    def refuse_bomb(self, names: Sequence[str], most: int = MAX_UNPACKED_BYTES) -> None:
        """Raises FileError where these columns hold more than so many bytes, or more at a time than fit in
        memory. The footer does not tell: a text that comes again and again is stored once."""
        kinds = {name: kind for name, kind in self._kinds.items() if name in names}
        sizes = " + ".join(bytes_of(identifier(name), kind) for name, kind in kinds.items()) or "0"
        with self.reading():
            found, at_a_time = self._database.execute(
                f"""SELECT coalesce(sum(size), 0), coalesce(max(size), 0)
                    FROM (SELECT sum(size) AS size
                          FROM (SELECT {sizes} AS size, file_row_number // {_VECTOR} AS place
                                FROM read_parquet($1, file_row_number = true)) GROUP BY place)""",  # noqa: S608
                [str(self._path)],
            ).fetchone() or (0, 0)
        if found > most:
            raise too_large()
        if at_a_time > MAX_AT_A_TIME:
            raise FileError(
                "too_large",
                f"{_VECTOR:,} rows of the file hold more than {MAX_AT_A_TIME >> 20} MB; shorten their texts.",
            )

    def sample(self, names: Sequence[str]) -> dict[str, list[str]]:
        """First values of these columns, as texts. Raises FileError."""
        if not names:
            return {}
        self.refuse_bomb(names)
        columns = ", ".join(f"coalesce(CAST({identifier(name)} AS VARCHAR), '')" for name in names)
        statement = f"SELECT {columns} FROM read_parquet($1) LIMIT {_BATCH}"  # noqa: S608  names are quoted
        with self.reading():
            rows = self._database.execute(statement, [str(self._path)]).fetchall()
        return {name: [row[place] for row in rows] for place, name in enumerate(names)}

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
        self.refuse_bomb([*self.types], allowance.most)
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
        return f"{{{', '.join(f'{literal(name)}: {_value(name, self.types[name])}' for name in names)}}}"


def bytes_of(column: str, kind: Any) -> str:
    """SQL of how many bytes the value of a column has, within lists and structures too; `kind` is DuckDB's
    type. No text is copied for that."""
    if kind.id == "varchar":
        return f"coalesce(strlen({column}), 0)"
    if kind.id in ("list", "array"):
        (_, inner), *_ = kind.children
        return _bytes_in_list(f"{column}::{inner}[]" if kind.id == "array" else column, inner)
    if kind.id == "struct":
        parts = ((f"struct_extract({column}, {literal(name)})", part) for name, part in kind.children)
        return f"({' + '.join(bytes_of(inner, part) for inner, part in parts)})"
    if kind.id == "map":
        sides = zip(("map_keys", "map_values"), kind.children, strict=True)
        return f"({' + '.join(_bytes_in_list(f'{side}({column})', inner) for side, (_, inner) in sides)})"
    return str(_FIXED)


def _bytes_in_list(values: str, inner: Any) -> str:
    return f"coalesce(list_sum(list_transform({values}, lambda x: {bytes_of('x', inner)})), 0)"


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
    column = identifier(name)
    # a 32-bit 0.1 is meant to be 0.1, not 0.10000000149
    return f"CAST(CAST({column} AS VARCHAR) AS DOUBLE)" if kind == "FLOAT" else column
