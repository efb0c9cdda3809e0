"""The lines of the item log: upserts and removals of items, who wrote them, and the state of a file.

    {"label": "1", "text": "…", "metadata": {…}, "at": 1790000000.5}   through the API, at this time
    {"label": "1", "text": "…", "metadata": {…}}                       by a file, or before files owned rows
    {"label": "1", "text": "…", "metadata": {…, "$pictures": {"of": "…", …}}}   with what its pictures say
    {"label": "1", "deleted": true}
    {"label": "", "deleted": true, "file": {"key": "uploads/catalog/…", …}}   what a file owns from here on

The last is, to whoever does not know it, the removal of an item that cannot exist.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from object2vec.core.catalog import PICTURES, CatalogItem

GONE = 0
"""Digest of a removal."""


@dataclass(frozen=True, slots=True)
class Removed:
    """The item is no longer part of the catalogue."""

    id: str


Change = CatalogItem | Removed


def digest(data: bytes) -> int:
    """64 bits that stand for a line; never `GONE`. Of ten million, two are equal with a chance of one in
    370,000."""
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "little") or 1


def written_digest(record: Mapping[str, Any], line: bytes) -> int:
    """The digest of the line as a file or the API wrote it, without what pictures added."""
    about = record["metadata"].get(PICTURES)
    return digest(line) if about is None else int(about["of"], 16)


def id_digest(item_id: str) -> bytes:
    """Eight bytes that stand for an id, as a little-endian number: itself where it is that short."""
    return id_digests([item_id])


def id_digests(item_ids: Iterable[str]) -> bytes:
    """The digests of several ids, one after another, eight bytes each."""
    return b"".join(
        [
            data.ljust(8, b"\0") if len(data) <= 8 else hashlib.blake2b(data, digest_size=8).digest()
            for data in map(str.encode, item_ids)
        ]
    )


def change_line(change: Change, at: float | None = None) -> bytes:
    """One change as a line without its end; `at` is the time of a write through the API."""
    record: dict[str, object]
    if isinstance(change, Removed):
        record = {"label": change.id, "deleted": True}
    else:
        record = {"label": change.id, "text": change.text, "metadata": dict(change.metadata)}
    if at is not None:
        record["at"] = at
    return orjson.dumps(record)


def change_lines(changes: Iterable[Change]) -> list[bytes]:
    """The lines of changes that did not come through the API."""
    return [
        orjson.dumps({"label": change.id, "text": change.text, "metadata": change.metadata})
        if type(change) is CatalogItem and type(change.metadata) is dict
        else change_line(change)
        for change in changes
    ]


def file_line(state: Mapping[str, object]) -> bytes:
    """The state of a catalogue file, `key` among it, as a line without its end."""
    return orjson.dumps({"label": "", "deleted": True, "file": state})


def records(data: bytes) -> Iterator[tuple[int, bytes, dict[str, Any]]]:
    """Offset, bytes and content of each line of a segment."""
    offset = 0
    for line in data.split(b"\n"):
        if line:
            yield offset, line, orjson.loads(line)
        offset += len(line) + 1


def parse_segment(data: bytes) -> list[Change]:
    """The changes of one segment."""
    parsed = (orjson.loads(line) for line in data.splitlines())
    return [parse_change(record) for record in parsed if "file" not in record]


def parse_change(record: Mapping[str, Any]) -> Change:
    """The change in a line that is not the state of a file."""
    if record.get("deleted"):
        return Removed(str(record["label"]))
    return CatalogItem(str(record["label"]), str(record["text"]), record["metadata"])
