import tempfile
from pathlib import Path

import duckdb

from object2vec.core.keys import CURATED_INTERACTIONS
from object2vec.core.time import DAY_S
from object2vec.storage import FolderStore, ObjectStore


def curated_rows(store: FolderStore, log: str = "interactions") -> list[tuple[object, ...]]:
    """All curated rows of a log, ordered."""
    paths = [
        str(Path(store.url.removeprefix("file://")) / entry.key)
        for entry in store.list(f"curated/{log}/")
        if entry.size
    ]
    return duckdb.read_parquet(paths).order("ALL").fetchall() if paths else []


def write_curated(store: ObjectStore, name: str, *baskets: str) -> None:
    """An upload of this name: a shopper for each basket, whose letters are the items, bought at once."""
    rows = [
        (f"{name}-{user}", item, 1_700_000_000 + user * DAY_S, "purchase")
        for user, basket in enumerate(baskets)
        for item in basket
    ]
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as db:
        path = Path(folder) / "rows.parquet"
        db.execute("CREATE TABLE e (user_id VARCHAR, item_id VARCHAR, timestamp BIGINT, event_type VARCHAR)")
        db.executemany("INSERT INTO e VALUES (?, ?, ?, ?)", rows)
        db.table("e").write_parquet(str(path))
        store.upload(path, f"{CURATED_INTERACTIONS}{name}.parquet")
