"""Items get what their pictures say: a vector, and which pictures they show.

What an item shows follows from its own line in the item log and from the table of pictures, in whatever
order the two came. A marker below `pictures/pending/` says which pictures have to be looked at again; it is
written before the table changes and deleted after the log has what follows, so a worker that is killed
leaves it to the next.

The log gets a line of the item with its vector, which names the line that it was made of (`$pictures.of`).
To whoever decides which catalogue file's row is in effect, it is that line: see storage/log_index.py.
"""

import random
import secrets
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import numpy as np
import orjson

from object2vec.core.arrays import Matrix
from object2vec.core.catalog import COLOURS, PICTURES, VECTOR, CatalogItem, as_written
from object2vec.core.keys import PENDING_PICTURES, PICTURE_TABLE
from object2vec.ingest.pictures.kept import current_encoder, seen_in
from object2vec.ingest.pictures.names import FIELDS, FOLDER, NUMBER, folded, stems_of
from object2vec.ingest.pictures.table import PictureTable
from object2vec.ingest.pictures.unclaimed import note_unclaimed
from object2vec.storage import ConflictError, NotFoundError, ObjectStore, item_log
from object2vec.storage.item_log import LogEnd
from object2vec.storage.log_records import change_line, digest, parse_change, records, written_digest
from object2vec.storage.sealed import sealed, unsealed

EVERYTHING = "*"
MAX_VIEWS = 8
"""Most pictures of an item that are looked at."""
_DIGITS = 3
_AT_ONCE = 500
"""Lines of a segment: with their vectors about 5 MB."""
_MARKERS_AT_ONCE = 16
_ATTEMPTS = 100

CatalogRecord = Mapping[str, Any]


def mark(store: ObjectStore, stems: Collection[str]) -> str:
    """Says that items with pictures of these stems have to be looked at again; the marker's key."""
    key = f"{PENDING_PICTURES}{secrets.token_hex(8)}.json"
    store.put(key, sealed({"stems": sorted(stems)}))
    return key


def mark_everything(store: ObjectStore) -> None:
    """Marks every item after catalogue rows came or went; does nothing where no picture was ever uploaded."""
    if next(iter(store.list(PICTURE_TABLE)), None) is not None:
        mark(store, [EVERYTHING])


def attach(store: ObjectStore) -> int:
    """Works off the markers; how many items were changed. One listing where there are none."""
    pending = [entry.key for entry in store.list(PENDING_PICTURES)]
    if not pending or current_encoder(store) is None:
        return 0
    with ThreadPoolExecutor(_MARKERS_AT_ONCE) as pool:  # after a backlog there are thousands
        stems = {stem for some in pool.map(partial(_marked, store), pending) for stem in some}
        changed = _attach(store, None if EVERYTHING in stems else stems) if stems else 0
        list(pool.map(store.delete, pending))
    return changed


def _marked(store: ObjectStore, key: str) -> list[str]:
    """The stems that a marker names, all if it is damaged; none where another worker has worked it off
    since."""
    try:
        stems: list[str] = unsealed(store.get(key))["stems"]
    except NotFoundError:
        return []
    except (ValueError, KeyError):  # a list is of an earlier program
        return [EVERYTHING]
    return stems


def _attach(store: ObjectStore, stems: set[str] | None) -> int:
    scan = _Scan(store, PictureTable.read(store, stems), stems)
    ready, made_with = dict[_Found, bytes](), ""
    changed, conflicts, least = 0, 0, sys.maxsize
    while conflicts < _ATTEMPTS:
        scan.read_on()
        version = current_encoder(store) or ""  # after the log: what a newer one wrote is not taken back
        wrong = [item for item in scan.found.values() if item.differs(version)]
        if len(wrong) < least:  # whoever wrote it: workers with the same task help each other
            least, conflicts = len(wrong), 0
        still = scan.is_last if version == made_with else lambda _: False
        ready, made_with = {item: line for item, line in ready.items() if still(item)}, version
        try:
            for some in _batches(wrong, ready):
                ready = ready or _lines(store, some, version)
                LogEnd(store).append_as(scan.number + 1, b"\n".join(ready.values()) + b"\n")
                scan.wrote(ready, version)
                changed, ready = changed + len(ready), {}
        except ConflictError:
            conflicts += 1
            continue
        if stems is not None:  # after catalogue rows it would be a look at every upload there ever was
            shown = {name for item in scan.found.values() for name in item.wanted or ()}
            note_unclaimed(store, scan.table, stems, shown, scan.views)
        return changed
    raise ConflictError("the item log is being written to again and again")


def _batches(wrong: Sequence["_Found"], ready: Collection["_Found"]) -> Iterator[Sequence["_Found"]]:
    """What is ready, then the others, some at a time, in an order of chance: workers with the same task
    would otherwise all prepare the same items, and only one could write them."""
    if ready:
        yield list(ready)
    others = [item for item in wrong if item not in ready]
    random.shuffle(others)
    for begun in range(0, len(others), _AT_ONCE):
        yield others[begun : begun + _AT_ONCE]


def _lines(store: ObjectStore, items: Sequence["_Found"], version: str) -> dict["_Found", bytes]:
    written = [(ShownItem.of_item(item.as_written, item.of), item.wanted or ()) for item in items]
    return dict(zip(items, [item.line for item in attached(store, written, version)], strict=True))


@dataclass(frozen=True, slots=True)
class ShownItem:
    """An item as the log has it, taken apart: what somebody wrote, and what its pictures added."""

    id: str
    text: str
    metadata: Mapping[str, Any]
    """Metadata as it was written."""
    of: int
    """Digest of the line that was written."""
    shown: tuple[str, ...] = ()
    encoder: str = ""
    vector: Any = None
    """Vector of its pictures; None where it has none, or one of the shop's own."""
    colours: tuple[str, ...] = ()
    """SeenPicture in its pictures."""

    @classmethod
    def read(cls, record: CatalogRecord, line: bytes) -> "ShownItem":
        """The item in a line of the log."""
        return cls.of_item(parse_change(record), written_digest(record, line))  # type: ignore[arg-type]

    @classmethod
    def of_item(cls, item: CatalogItem, of: int | None = None) -> "ShownItem":
        """`of` is the digest of the line that was written; by default that of a file's row."""
        about = item.metadata.get(PICTURES)
        metadata = as_written(item.metadata)
        if of is None:
            of = digest(change_line(CatalogItem(item.id, item.text, metadata)))
        if not isinstance(about, dict):
            return cls(item.id, item.text, metadata, of)
        added = {name: item.metadata.get(name) for name in about["adds"]}
        return cls(
            item.id,
            item.text,
            metadata,
            int(about["of"], 16),
            tuple(about["shown"]),
            about["encoder"],
            added.get(VECTOR),
            tuple(cast("Sequence[str]", added.get(COLOURS) or ())),
        )

    @property
    def item(self) -> CatalogItem:
        """The item as the catalogue has it."""
        added: dict[str, Any] = {}
        if self.vector is not None:
            added[VECTOR] = self.vector
        if self.colours:
            added[COLOURS] = list(self.colours)
        about = {
            "shown": list(self.shown), "adds": list(added), "encoder": self.encoder, "of": f"{self.of:016x}",
        }  # fmt: skip
        return CatalogItem(self.id, self.text, {**self.metadata, **added, PICTURES: about})

    @property
    def line(self) -> bytes:
        """The item as a line of the log."""
        return change_line(self.item)

    @property
    def line_as_written(self) -> bytes:
        """The same without what its pictures added."""
        return change_line(CatalogItem(self.id, self.text, self.metadata))


def attached(
    store: ObjectStore, items: Iterable[tuple[ShownItem, Sequence[str]]], version: str
) -> Iterator[ShownItem]:
    """The items with what their pictures say, whose hashes are given: the mean over the views, and which they
    are. A vector that the shop gave stays."""
    some = [(item, tuple(names)) for item, names in items]
    known = seen_in(store, version, {name for _, names in some for name in names})
    for item, names in some:
        views = [known[name] for name in names if name in known]
        own = VECTOR in item.metadata
        yield ShownItem(
            item.id, item.text, item.metadata, item.of, names, version if names else "",
            None if own or not views else _mean([view.vector for view in views]),
            () if COLOURS in item.metadata else tuple(dict.fromkeys(w for view in views for w in view.words)),
        )  # fmt: skip


def _mean(views: list[Matrix]) -> list[float]:
    return [round(number, _DIGITS) for number in np.stack(views).mean(axis=0, dtype=np.float64).tolist()]


@dataclass(slots=True, eq=False)
class _Found:
    """An item while the log is read. Its vector is made anew and not kept: a hundred thousand are gigabytes.
    One of the shop's own stays in the line, where a number has six bytes and not thirty."""

    id: str
    names: Mapping[str, object]
    """The fields that name pictures."""
    line: bytes
    """As somebody wrote it."""
    of: int
    shown: tuple[str, ...]
    encoder: str
    wanted: tuple[str, ...] | None = None
    """Hashes of what it should show; None until that has been looked up."""

    @property
    def as_written(self) -> CatalogItem:
        """What the line says."""
        return cast(CatalogItem, parse_change(orjson.loads(self.line)))

    def differs(self, version: str) -> bool:
        """Whether it shows something else, or has the vector of another encoder."""
        return self.wanted != self.shown or bool(self.wanted and self.encoder != version)


class _Scan:
    """The items of the log that may have pictures of some stems, as they are at its end; all items where no
    stems are given."""

    def __init__(self, store: ObjectStore, table: PictureTable, stems: set[str] | None) -> None:
        self._store, self.table = store, table
        self._stems, self._is_of_all = table.stems if stems is None else stems, stems is None
        self._ids: set[str] = set()
        self.number, self.found = 0, dict[str, _Found]()

    def read_on(self) -> None:
        """Takes what has been appended since."""
        stems, are_same = set[str](), True
        for number, data in item_log.read_raw(self._store, after=self.number):
            self.number = number
            for _, line, record in records(data):
                if "file" in record:
                    continue
                label, is_there = record["label"], not record.get("deleted")
                are_same &= self._note(folded(label), is_there)
                if is_there and self._concerns(names := stems_of(label, record["metadata"]), record):
                    stems |= names
                    self.found[label] = self._read(record, line)
                else:
                    self.found.pop(label, None)
        before = self.table
        if not self._is_of_all:  # other pictures of these items
            self.table = before.also(self._store, stems)
        for item in self.found.values():
            if item.wanted is None or not are_same or self.table is not before:
                item.wanted = tuple(self.table.of(item.id, item.names, self._is_item)[:MAX_VIEWS])

    @property
    def views(self) -> Mapping[str, tuple[str, str]]:
        """Paths of pictures that are an item's by their names alone: the item's id, and the reason."""
        return {
            path: (item.id, reason)
            for item in self.found.values()
            for path, reason in self.table.paths_of(item.id, item.names, self._is_item).items()
            if reason in (NUMBER, FOLDER)
        }

    def is_last(self, item: _Found) -> bool:
        """Whether the log has nothing newer of the item."""
        return self.found.get(item.id) is item

    def wrote(self, items: Iterable[_Found], version: str) -> None:
        """Takes what this worker has appended as the next segment."""
        self.number += 1
        for item in items:
            item.shown, item.encoder = item.wanted or (), version if item.wanted else ""

    def _note(self, name: str, is_there: bool) -> bool:
        """Notes whether there is an item of this name; whether that was known."""
        known = (name in self._ids) == is_there
        if not known:
            (self._ids.add if is_there else self._ids.discard)(name)
        return known

    def _is_item(self, name: str) -> bool:
        return folded(name) in self._ids

    def _read(self, record: CatalogRecord, line: bytes) -> _Found:
        item = ShownItem.read(record, line)
        names = {field: item.metadata[field] for field in FIELDS if field in item.metadata}
        written = line if PICTURES not in record["metadata"] else item.line_as_written
        return _Found(item.id, names, written, item.of, item.shown, item.encoder)

    def _concerns(self, names: set[str], record: CatalogRecord) -> bool:
        if self._is_of_all and PICTURES in record["metadata"]:
            return True
        return not self._stems.isdisjoint(names)
