"""Curated files that cannot be read any more: an error that names the file and says what to do."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from object2vec.core.errors import InputError


def damaged_file(key: str) -> InputError:
    """The error for a file of `curated/`."""
    return InputError(f"{key} is damaged: restore it from a copy, or delete it to go on without its rows")


def require_readable(keys: Sequence[str], paths: Sequence[Path]) -> None:
    """Reads files whole, to find the damaged one where reading all of them at once has failed. Raises
    InputError."""
    for key, path in zip(keys, paths, strict=True):
        try:
            with duckdb.connect() as db:
                db.read_parquet(str(path)).aggregate("max(COLUMNS(*))").fetchall()
        except duckdb.Error as error:
            raise damaged_file(key) from error
