"""Writes and loads a base index whose items are in S3 Vectors.

s3vectors.json   format, model version, rows, watermark, bucket, fields, ids that did not fit
looks.npy        the basis of the looks; absent where no item has a picture
head/            an embedded base of the popular items
"""

import logging
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from object2vec.core.catalog import CatalogItem
from object2vec.core.encoder import Encoder
from object2vec.core.errors import CorruptIndexError
from object2vec.search import engines
from object2vec.search.content import NOTHING_COUNTED, Content
from object2vec.search.embedded import base
from object2vec.search.embedded.looks import Looks
from object2vec.search.item_statistics import STATISTICS, Statistics
from object2vec.search.s3vectors.bucket import open_client
from object2vec.search.s3vectors.engine import S3VectorsIndex, S3VectorsSnapshot
from object2vec.search.s3vectors.looks import BASIS, looks_index, put_looks, read_space
from object2vec.search.s3vectors.records import VectorRecord, fields_of, to_record
from object2vec.search.s3vectors.remote import NO_TAGS, RemoteIndex
from object2vec.storage.item_log import Change, Segment

POPULAR_ITEMS = 10_000
"""How many items can be listed without a query."""
_log = logging.getLogger(__name__)
_ENCODE_BATCH = 4_096


def build_index(
    encoder: Encoder,
    content: Content,
    directory: Path,
    *,
    bucket: str,
    client: Any = None,
    tags: Mapping[str, str] = NO_TAGS,
) -> None:
    """Like the embedded engine's. The vector index is named after the model version and gets `tags`. Building
    again for the same model gives the same content: items that exist are replaced, others removed."""
    client = client or open_client()
    remote = RemoteIndex(client, bucket, encoder.version)
    remote.create(encoder.dim + 1, tags)
    left_out: list[str] = []
    rows = remote.put(_records(encoder, content.items, left_out))
    wanted = {item.id for item in content.items} - set(left_out)
    remote.delete([key for key in remote.all_keys() if key not in wanted])
    space = Looks.space_of(content.items)
    if looks := looks_index(client, bucket, encoder.version, space):
        looks.create(space.basis.shape[1], tags)
        seen = put_looks(looks, [item for item in content.items if item.id in wanted], space)
        looks.delete([key for key in looks.all_keys() if key not in seen])
    fields = fields_of(content.items)
    _write(directory, encoder, content, space, bucket=bucket, rows=rows, fields=fields, left_out=left_out)


def load_index(directory: Path, encoder: Encoder, version: str, client: Any = None) -> S3VectorsIndex:
    """Loads what `build_index` or `move_on` wrote. Raises CorruptIndexError."""
    header, client = _header(directory), client or open_client()
    remote = RemoteIndex(client, header["bucket"], header["model_version"])
    looks = looks_index(client, header["bucket"], header["model_version"], read_space(directory))
    head = base.load_index(directory / engines.HEAD, encoder, version)
    return S3VectorsIndex(remote, looks, head, header["fields"], header["rows"])


def move_on(
    directory: Path,
    encoder: Encoder,
    segments: Iterable[Segment],
    out: Path,
    *,
    client: Any = None,
    tags: Mapping[str, str] = NO_TAGS,
) -> int:
    """The base in `directory` with further segments of the item log, written to `out`; the new watermark. If
    the first pictures are among them, the index of looks gets `tags`.

    The vector index itself is changed. A reader of the old base has applied these segments itself and answers
    with its own copy of these items, so it sees none of this until it changes to the new base."""
    with tempfile.TemporaryDirectory() as scratch:  # the tail is written into what is loaded
        copy = shutil.copytree(directory, Path(scratch) / "base")
        return _move_on(copy, encoder, segments, out, client=client or open_client(), tags=tags)


def renew_head(directory: Path, encoder: Encoder, content: Content, out: Path) -> None:
    """The base in `directory`, written to `out` with its head in this code's format.

    `content` is all that the base holds. The vector index stays as it is. Raises CorruptIndexError.
    """
    about = _header(directory)
    same = {name: about[name] for name in ("bucket", "rows", "fields", "left_out")}
    _write(out, encoder, replace(content, watermark=about["watermark"]), read_space(directory), **same)


def _move_on(
    directory: Path,
    encoder: Encoder,
    segments: Iterable[Segment],
    out: Path,
    *,
    client: Any,
    tags: Mapping[str, str],
) -> int:
    header, index = _header(directory), load_index(directory, encoder, "", client)
    changes: list[Change] = []
    watermark = index.snapshot.watermark
    for segment in segments:
        changes.extend(segment.changes)
        watermark = segment.number
    index.apply(changes, watermark)
    snapshot, left_out = index.snapshot, list[str]()
    current = snapshot.head.get_many(list(snapshot.changed))
    snapshot.remote.put(_records(encoder, list(current.values()), left_out))
    snapshot.remote.delete(sorted((snapshot.changed - set(current)) | set(left_out)))
    known_left_out = (set(header["left_out"]) - snapshot.changed) | set(left_out)
    kept = [item for item in current.values() if item.id not in known_left_out]
    space = _move_looks_on(directory, snapshot, kept, header, client=client, tags=tags)
    rows = np.flatnonzero(snapshot.head.alive)
    items = [snapshot.head.documents.at(int(row)) for row in rows]
    ids = [item.id for item in items]
    by_row = {name: snapshot.head.statistics[name][rows].tolist() for name in STATISTICS}
    statistics = Statistics(**{name: dict(zip(ids, by_row[name], strict=True)) for name in STATISTICS})
    counted = {"people_return": snapshot.people_return, "log_bytes": header.get("log_bytes", 0)}
    _write(
        out, encoder, Content(items, statistics, watermark, **counted), space, bucket=header["bucket"],
        rows=len(snapshot) - len(left_out), fields=snapshot.fields, left_out=sorted(known_left_out),
    )  # fmt: skip
    return watermark


def _move_looks_on(
    directory: Path,
    snapshot: S3VectorsSnapshot,
    changed: Sequence[CatalogItem],
    header: Mapping[str, Any],
    *,
    client: Any,
    tags: Mapping[str, str],
) -> Looks:
    """Writes the looks of what changed; their space. It stays, unless these are the first pictures."""
    space, first = read_space(directory), snapshot.looks is None
    if first:
        space = Looks.space_of(changed)
    if looks := looks_index(client, header["bucket"], header["model_version"], space):
        if first:
            looks.create(space.basis.shape[1], tags)
        seen = put_looks(looks, changed, space)
        gone = looks.all_keys() if first else snapshot.changed  # an index of the same space may be left
        looks.delete(sorted(set(gone) - seen))
    return space


def _records(encoder: Encoder, items: Sequence[CatalogItem], left_out: list[str]) -> Iterator[VectorRecord]:
    for start in range(0, len(items), _ENCODE_BATCH):
        batch = items[start : start + _ENCODE_BATCH]
        for item, vector in zip(batch, encoder.encode_items(batch), strict=True):
            record = to_record(item, vector)
            if record is None:
                left_out.append(item.id)
                _log.warning("item %r is left out: it is larger than S3 Vectors takes; shorten it", item.id)
            else:
                yield record


def _write(directory: Path, encoder: Encoder, content: Content, space: Looks, **header: Any) -> None:
    popularity = content.statistics.popularity
    popular = sorted(content.items, key=lambda item: (-popularity.get(item.id, 0.0), item.id))
    head = replace(content, items=popular[:POPULAR_ITEMS], counted=NOTHING_COUNTED)
    base.build_index(encoder, head, directory / engines.HEAD, looks=space)
    if space.basis.size:
        np.save(directory / BASIS, space.basis)
    about = {
        "format": engines.VECTORS_FORMAT,
        "model_version": encoder.version,
        "watermark": content.watermark,
        "log_bytes": content.log_bytes,
    }
    (directory / engines.VECTORS_HEADER).write_bytes(orjson.dumps(about | header))


def _header(directory: Path) -> dict[str, Any]:
    try:
        header: dict[str, Any] = orjson.loads((directory / engines.VECTORS_HEADER).read_bytes())
        written = header["format"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CorruptIndexError(
            f"{engines.VECTORS_HEADER} is damaged or missing ({error}): build it again"
        ) from error
    if written != engines.VECTORS_FORMAT:
        raise CorruptIndexError(
            f"{engines.VECTORS_HEADER} has format {written}, this code reads {engines.VECTORS_FORMAT}: "
            "build it again"
        )
    return header
