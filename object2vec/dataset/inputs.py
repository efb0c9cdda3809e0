"""Item-log segments and curated logs in folders, as tables of an engine."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import ibis
import orjson
from ibis import Schema
from ibis.expr.types import Table

from object2vec.core.catalog import CatalogItem
from object2vec.dataset.engine import DataEngine, parquet_files
from object2vec.dataset.prepare import INTERACTIONS, ITEMS, QUERIES, without_repeats
from object2vec.storage.item_log import Segment, replay

_REMOVED = ibis.schema({"item_id": "string"})
_SENT = ibis.schema({**INTERACTIONS, "event_id": "string"})


@dataclass(frozen=True, slots=True)
class Catalog:
    """The catalogue and the ids taken out of it as tables, the number of items and of the last log segment in
    it, and a hash of both that does not depend on the history that led to them."""

    items: Table
    removed: Table
    file: Path
    """The items, one a line."""
    count: int
    watermark: int
    fingerprint: str


def catalog_table(engine: DataEngine, segments: Iterable[Segment], scratch: Path) -> Catalog:
    """The catalogue the segments lead to, through files in `scratch`."""
    log = list(segments)
    items, watermark = replay(log)
    gone = sorted({change.id for segment in log for change in segment.changes} - items.keys())
    digest = hashlib.sha256()
    known, removed = scratch / "items.jsonl", scratch / "removed.jsonl"
    with open(known, "wb") as file:
        for item_id in sorted(items):
            line = _item_line(items[item_id])
            digest.update(line)
            file.write(line)
    removed.write_bytes(
        b"".join(orjson.dumps({"item_id": item_id}, option=orjson.OPT_APPEND_NEWLINE) for item_id in gone)
    )
    digest.update(orjson.dumps(gone))
    return Catalog(
        engine.json_lines(known, ITEMS, "catalog"),
        engine.json_lines(removed, _REMOVED, "removed"),
        known,
        len(items),
        watermark,
        digest.hexdigest(),
    )


def interactions_table(engine: DataEngine, folder: Path) -> tuple[Table, str]:
    """All curated interactions below a folder, events among them, and a fingerprint of them."""
    table, fingerprint = _log_table(engine, folder, "interactions", _SENT)
    return without_repeats(table).select(*INTERACTIONS.names), fingerprint


def queries_table(engine: DataEngine, folder: Path) -> tuple[Table, str]:
    """All curated queries below a folder and a fingerprint of them."""
    return _log_table(engine, folder, "queries", QUERIES)


def _log_table(engine: DataEngine, folder: Path, name: str, schema: Schema) -> tuple[Table, str]:
    digest = hashlib.sha256()
    for path in parquet_files(folder):
        with open(path, "rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return engine.parquet(folder, schema, name), digest.hexdigest()


def _item_line(item: CatalogItem) -> bytes:
    metadata = orjson.dumps(dict(item.metadata), option=orjson.OPT_SORT_KEYS).decode()
    record = {"item_id": item.id, "text": item.text, "metadata": metadata}
    return orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)
