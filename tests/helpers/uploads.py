"""Uploads at times that a test decides, and what a store holds of them in the end."""

import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from object2vec.core.catalog import CatalogItem
from object2vec.ingest.report import load_report
from object2vec.storage import FolderStore, ObjectStore, item_log
from tests.helpers.curated import curated_rows

EVENTS = b"USER_ID,ITEM_ID,TIMESTAMP\n"
_NOT_COMPARED = ("seconds", "outputs")
"""Fields that differ between runs: the time taken, and where in the log the rows happen to lie."""


def put_at(store: ObjectStore, key: str, data: bytes, moment: float) -> None:
    """Uploads as if it had happened at that moment."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(data)
        os.utime(path, (moment, moment))
        store.upload(path, key)


def items(store: ObjectStore) -> dict[str, str]:
    """The catalogue: text by id."""
    found, _ = item_log.replay(item_log.read(store))
    return {item.id: item.text for item in found.values()}


def catalogue(rows: Mapping[str, str | None]) -> bytes:
    """JSON Lines of items: text by id, None for a row that removes."""
    lines: Iterable[dict[str, object]] = (
        {"label": label, "deleted": True} if text is None else {"label": label, "text": text}
        for label, text in rows.items()
    )
    return b"".join(orjson.dumps(line) + b"\n" for line in lines)


def put_item(store: ObjectStore, item_id: str, text: str | None, moment: float) -> None:
    """`PUT /items`, or `DELETE` for None, as if it happened at that moment. No file that was uploaded later
    may have been read before."""
    change = item_log.Removed(item_id) if text is None else CatalogItem(item_id, text)
    item_log.append(store, [change], clock=lambda: moment)


def outcome(store: FolderStore, *keys: str) -> dict[str, Any]:
    """All that a person or a training sees of the uploads."""
    reports = {}
    for key in keys:
        report = load_report(store, key)
        reports[key] = report and {k: v for k, v in asdict(report).items() if k not in _NOT_COMPARED}
    return {
        "items": items(store),
        "interactions": curated_rows(store),
        "pairs": sorted(store.get(entry.key) for entry in store.list("curated/pairs/") if entry.size),
        "quarantine": {entry.key: store.get(entry.key) for entry in store.list("quarantine/")},
        "reports": reports,
    }
