"""A database for the time of one reading, and texts and names as its SQL."""

from pathlib import Path

import duckdb

MEMORY = "1GB"
"""Half of what the function has: a column of a row group of a Parquet upload is read as a whole."""


def open_database(folder: Path) -> duckdb.DuckDBPyConnection:
    """A scratch database that holds `MEMORY`, spills into `folder` and keeps rows in file order."""
    database = duckdb.connect(
        config={
            "threads": 1,
            "memory_limit": MEMORY,
            "temp_directory": str(folder / "spill"),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "enable_external_file_cache": "false",  # the file of a block is written over
        },
    )
    return database.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")


def literal(text: object) -> str:
    """A text, or a path."""
    return "'" + str(text).replace("'", "''") + "'"


def quoted(name: str) -> str:
    """The name of a column."""
    return '"' + name.replace('"', '""') + '"'
