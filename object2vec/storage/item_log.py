"""The item log: every upsert and removal of a catalogue item, in one order, independent of any model.

A segment is one immutable object, `item-log/<number>.jsonl`; its number is claimed by a conditional create,
so writers need neither a lock nor a queue, and whoever reads numbers 1…n has seen exactly what was written
up to then. A release names the last segment its base index contains (the watermark); readers apply the rest.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import orjson

from object2vec.core.catalog import CatalogItem
from object2vec.storage import ConflictError, ObjectStore

PREFIX = "item-log/"
SEGMENT_RECORDS = 5_000


@dataclass(frozen=True, slots=True)
class Removed:
    """The item is no longer part of the catalogue."""

    id: str


Change = CatalogItem | Removed


@dataclass(frozen=True, slots=True)
class Segment:
    """Changes that were appended together and become visible together."""

    number: int
    changes: Sequence[Change]


def append(store: ObjectStore, changes: Iterable[Change]) -> int:
    """Appends in order, at most `SEGMENT_RECORDS` a segment, and returns the last segment's number (the log's
    end if there was nothing to append). Safe with any number of concurrent writers."""
    last = end(store)
    pending = iter(changes)
    while batch := list(islice(pending, SEGMENT_RECORDS)):
        last = _claim(store, last + 1, b"\n".join(orjson.dumps(_record(change)) for change in batch) + b"\n")
    return last


def read(store: ObjectStore, after: int = 0) -> Iterator[Segment]:
    """The segments with a number above `after`, in order, up to the first gap."""
    expected = after + 1
    for entry in store.list(PREFIX, after=segment_key(after)):
        if number_of(entry.key) != expected:
            return
        yield Segment(expected, parse_segment(store.get(entry.key)))
        expected += 1


def end(store: ObjectStore) -> int:
    """Number of the last segment; 0 for an empty log."""
    return max((number_of(entry.key) for entry in store.list(PREFIX)), default=0)


def replay(segments: Iterable[Segment]) -> tuple[dict[str, CatalogItem], int]:
    """The catalogue the segments lead to, last writer wins, and the last segment's number (0 for none)."""
    items: dict[str, CatalogItem] = {}
    number = 0
    for segment in segments:
        number = segment.number
        for change in segment.changes:
            if isinstance(change, Removed):
                items.pop(change.id, None)
            else:
                items[change.id] = change
    return items, number


def parse_segment(data: bytes) -> list[Change]:
    """The changes of one segment's JSON Lines."""
    return [_change(orjson.loads(line)) for line in data.splitlines()]


def segment_key(number: int) -> str:
    """Where segment `number` lies; segments sort by number."""
    return f"{PREFIX}{number:012d}.jsonl"


def _claim(store: ObjectStore, number: int, data: bytes) -> int:
    while True:
        try:
            store.create(segment_key(number), data)
        except ConflictError:
            number += 1
        else:
            return number


def number_of(key: str) -> int:
    """The number of the segment at this key."""
    return int(key.removeprefix(PREFIX).removesuffix(".jsonl"))


def _record(change: Change) -> dict[str, object]:
    if isinstance(change, Removed):
        return {"label": change.id, "deleted": True}
    return {"label": change.id, "text": change.text, "metadata": dict(change.metadata)}


def _change(record: dict[str, object]) -> Change:
    if record.get("deleted"):
        return Removed(str(record["label"]))
    metadata = record["metadata"]
    assert isinstance(metadata, dict)
    return CatalogItem(str(record["label"]), str(record["text"]), metadata)
