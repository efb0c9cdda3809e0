from pathlib import Path

import duckdb

from object2vec.storage import FolderStore


def curated_rows(store: FolderStore, log: str = "interactions") -> list[tuple[object, ...]]:
    """All curated rows of a log, ordered."""
    paths = [
        str(Path(store.url.removeprefix("file://")) / entry.key)
        for entry in store.list(f"curated/{log}/")
        if entry.size
    ]
    return duckdb.read_parquet(paths).order("ALL").fetchall() if paths else []
