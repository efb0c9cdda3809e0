"""A database for the time of one reading."""

from pathlib import Path

import duckdb

from object2vec.core.sql import MEMORY


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
