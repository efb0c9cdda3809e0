"""What runs the preparation's expressions: DuckDB on one machine, Spark (`engine_spark.py`) on several."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

import ibis
from ibis import Schema
from ibis.expr.types import Table

RowValues = dict[str, Any]


class DataEngine(Protocol):
    """An Ibis backend, and what each reads and writes in a way of its own. Folders and files are this
    machine's; the expressions themselves are the same for all engines."""

    def parquet(self, folder: Path, schema: Schema, name: str) -> Table:
        """The `*.parquet` below a folder as one table of that schema: columns that a file lacks are null,
        others are left out, and without any file the table is empty."""
        ...

    def json_lines(self, file: Path, schema: Schema, name: str) -> Table:
        """A file with one JSON object a line; it may have no line."""
        ...

    def kept(self, table: Table) -> Table:
        """The rows of the table, computed once where the engine would compute them again for every result."""
        ...

    def rows(self, table: Table) -> list[RowValues]:
        """A few rows of whole numbers and short texts."""
        ...

    def write(self, table: Table, path: Path) -> None:
        """Writes one Parquet file, in the table's order; its folder exists."""
        ...


Connect = Callable[[Path], AbstractContextManager[DataEngine]]
"""Starts an engine that may spill into a scratch folder."""


def parquet_files(folder: Path) -> list[Path]:
    """What `DataEngine.parquet` reads. A file whose rows are all gone is empty."""
    return sorted(path for path in folder.rglob("*.parquet") if path.stat().st_size)


class DuckDBEngine:
    """Streams from disk, on all cores of this machine."""

    def __init__(self, scratch: Path) -> None:
        self._backend = ibis.duckdb.connect(temp_directory=scratch)

    def parquet(self, folder: Path, schema: Schema, name: str) -> Table:
        files = parquet_files(folder)
        if not files:
            return self._backend.create_table(f"no_{name}", schema=schema)
        table = self._backend.read_parquet(files, table_name=name, union_by_name=True)
        missing = {
            column: ibis.null(schema[column]) for column in schema.names if column not in table.columns
        }
        return table.mutate(**missing).select(*schema.names).cast(schema)

    def json_lines(self, file: Path, schema: Schema, name: str) -> Table:
        columns = dict.fromkeys(schema.names, "VARCHAR")
        table = self._backend.read_json(file, table_name=name, columns=columns, format="newline_delimited")
        return table.cast(schema)

    def kept(self, table: Table) -> Table:
        return table

    def rows(self, table: Table) -> list[RowValues]:
        rows: list[RowValues] = table.to_pyarrow().to_pylist()
        return rows

    def write(self, table: Table, path: Path) -> None:
        table.to_parquet(path, compression="zstd")

    def close(self) -> None:
        """Lets go of the scratch folder."""
        self._backend.disconnect()


@contextmanager
def duckdb_engine(scratch: Path) -> Iterator[DataEngine]:
    """DuckDB, which spills into `scratch`."""
    engine = DuckDBEngine(scratch)
    try:
        yield engine
    finally:
        engine.close()
