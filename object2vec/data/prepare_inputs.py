"""Item-log segments and curated logs in folders, as tables of an Ibis backend."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import ibis
import orjson
from ibis import Schema
from ibis.backends.duckdb import Backend
from ibis.expr.types import Table

from object2vec.catalog import CatalogItem
from object2vec.data.item_log import Segment, parse_segment, replay
from object2vec.data.prepare import INTERACTIONS, ITEMS, QUERIES, without_repeats

_REMOVED = ibis.schema({"item_id": "string"})
_SENT = ibis.schema({**INTERACTIONS, "event_id": "string"})


@dataclass(frozen=True, slots=True)
class Catalog:
    """The catalogue and the ids taken out of it as tables, the number of items and of the last log segment in
    it, and a hash of both that does not depend on the history that led to them."""

    items: Table
    removed: Table
    count: int
    watermark: int
    fingerprint: str


def read_segments(folder: Path) -> Iterator[Segment]:
    """The item log's segments in a folder of `<number>.jsonl`, in order."""
    for path in sorted(folder.glob("*.jsonl")):
        yield Segment(int(path.stem), parse_segment(path.read_bytes()))


def catalog_table(backend: Backend, segments: Iterable[Segment], scratch: Path) -> Catalog:
    """The catalogue the segments lead to, through a file in `scratch`."""
    log = list(segments)
    items, watermark = replay(log)
    gone = {change.id for segment in log for change in segment.changes} - items.keys()
    removed = backend.create_table("removed", schema=_REMOVED)
    if gone:
        removed = ibis.memtable({"item_id": sorted(gone)}, schema=_REMOVED)
    digest = hashlib.sha256()
    path = scratch / "items.jsonl"
    with open(path, "wb") as file:
        for item_id in sorted(items):
            line = _item_line(items[item_id])
            digest.update(line)
            file.write(line)
    if items:
        columns = dict.fromkeys(ITEMS.names, "VARCHAR")
        table = backend.read_json(path, table_name="catalog", columns=columns, format="newline_delimited")
    else:
        table = backend.create_table("catalog", schema=ITEMS)
    digest.update(orjson.dumps(sorted(gone)))
    return Catalog(table, removed, len(items), watermark, digest.hexdigest())


def interactions_table(backend: Backend, folder: Path) -> tuple[Table, str]:
    """All curated interactions below a folder, events among them, and a fingerprint of them."""
    table, fingerprint = _log_table(backend, folder, "interactions", _SENT)
    return without_repeats(table).select(*INTERACTIONS.names), fingerprint


def queries_table(backend: Backend, folder: Path) -> tuple[Table, str]:
    """All curated queries below a folder and a fingerprint of them."""
    return _log_table(backend, folder, "queries", QUERIES)


def _log_table(backend: Backend, folder: Path, name: str, schema: Schema) -> tuple[Table, str]:
    """The Parquet files below a folder (other files are ignored); columns that a file lacks are null."""
    paths = sorted(folder.rglob("*.parquet"))
    digest = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    empty = backend.create_table(f"no_{name}", schema=schema)
    if not paths:
        return empty, digest.hexdigest()
    table = backend.read_parquet(paths, table_name=name, union_by_name=True)
    missing = {column: ibis.null(schema[column]) for column in schema.names if column not in table.columns}
    return table.mutate(**missing).select(*schema.names).cast(schema), digest.hexdigest()


def _item_line(item: CatalogItem) -> bytes:
    metadata = orjson.dumps(dict(item.metadata), option=orjson.OPT_SORT_KEYS).decode()
    record = {"item_id": item.id, "text": item.text, "metadata": metadata}
    return orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)
