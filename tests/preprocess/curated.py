from pathlib import Path

import duckdb

from object2vec.store import FolderStore


def curated_rows(store: FolderStore) -> list[tuple[object, ...]]:
    """All curated interactions, ordered."""
    paths = [
        str(Path(store.url.removeprefix("file://")) / entry.key)
        for entry in store.list("curated/interactions/")
    ]
    return duckdb.read_parquet(paths).order("ALL").fetchall() if paths else []
