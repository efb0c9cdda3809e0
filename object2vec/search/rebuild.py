"""A base index from the item log and the interactions: for a new model; for the live one when its tail has
grown; for any release once more in another format."""

import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from object2vec.core.catalog import CatalogItem
from object2vec.core.encoder import Encoder
from object2vec.core.errors import CorruptIndexError
from object2vec.model.sagemaker.encoder import load_encoder
from object2vec.ranker import copurchase
from object2vec.ranker.copurchase import Copurchase
from object2vec.release import Manifest
from object2vec.search.embedded import base
from object2vec.search.formats import VECTORS_HEADER, holds_vectors, readable_base
from object2vec.search.loading import download
from object2vec.search.popularity import Statistics
from object2vec.search.s3vectors import build as s3vectors
from object2vec.search.statistics import item_statistics
from object2vec.storage import NotFoundError, ObjectStore, item_log
from object2vec.storage.checked_file import CheckedFileError
from object2vec.storage.item_log import Removed, Segment

INTERACTIONS = "curated/interactions/"


def build_from_log(
    encoder: Encoder,
    segments: Iterable[Segment],
    interactions: Sequence[Path],
    out: Path,
    vector_bucket: str = "",
    *,
    together: Copurchase | None = None,
) -> int:
    """Writes the base index into `out` and returns its watermark, the last segment's number (0 for none).

    `together` is what a ranker knows to be bought together. With a `vector_bucket` the items go into S3
    Vectors, where no ranker applies. A shop that never uploaded a catalogue gets an index
    of the items its interactions name, by id alone.
    """
    content = _content(segments, interactions)
    _build(encoder, content, out, vector_bucket, together)
    return content.watermark


def rebuild_base(store: ObjectStore, manifest: Manifest, out: Path, vector_bucket: str = "") -> int:
    """A new base for the release's own encoder, from what the store holds now; returns its watermark.

    What S3 Vectors holds already is moved on, not written again. What is bought together is taken over from
    the release, as the ranker that reads it is: counting it again is the index job's work."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        encoder = _encoder(store, manifest, folder)
        found = readable_base(store, manifest)
        if vector_bucket and found:
            download(store, found.prefix, folder / "index")
            tail = item_log.read(store, after=found.watermark)
            return s3vectors.move_on(folder / "index", encoder, tail, out)
        interactions, together = _interactions(store, folder), _together(store, manifest, folder)
        log = item_log.read(store)
        return build_from_log(encoder, log, interactions, out, vector_bucket, together=together)


def same_base(store: ObjectStore, manifest: Manifest, out: Path, vector_bucket: str = "") -> None:
    """The release's base in this code's format: the same items, numbered alike, up to the same watermark.

    Vectors that S3 Vectors holds as this code does are not written again. Raises CorruptIndexError where the
    log ends before the watermark.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        log = takewhile(lambda segment: segment.number <= manifest.watermark, item_log.read(store))
        content = _content(log, _interactions(store, folder))
        if content.watermark != manifest.watermark:
            raise CorruptIndexError(
                f"the base of {manifest.version} goes up to segment {manifest.watermark} of the item log, "
                f"which ends at {content.watermark}: restore what comes after that"
            )
        encoder = _encoder(store, manifest, folder)
        if vector_bucket and manifest.index and holds_vectors(store, manifest.index):
            store.download(manifest.index + VECTORS_HEADER, folder / VECTORS_HEADER)
            s3vectors.renew_head(folder, encoder, content.items, content.statistics, out)
        else:
            _build(encoder, content, out, vector_bucket, _together(store, manifest, folder))


@dataclass(frozen=True, slots=True)
class _Content:
    items: list[CatalogItem]
    statistics: Statistics
    watermark: int


def _build(
    encoder: Encoder, content: _Content, out: Path, vector_bucket: str, together: Copurchase | None
) -> None:
    items, statistics, watermark = content.items, content.statistics, content.watermark
    if vector_bucket:
        s3vectors.build_index(encoder, items, statistics, out, watermark, bucket=vector_bucket)
    else:
        base.build_index(encoder, items, statistics, out, watermark, together=together)


def _content(segments: Iterable[Segment], interactions: Sequence[Path]) -> _Content:
    removed: set[str] = set()
    items, watermark = item_log.replay(_noting_removals(segments, removed))
    statistics = item_statistics(interactions)
    catalogue = list(items.values())
    if not catalogue:
        catalogue = [CatalogItem(item_id, "") for item_id in statistics.popularity if item_id not in removed]
    return _Content(catalogue, statistics, watermark)


def _encoder(store: ObjectStore, manifest: Manifest, folder: Path) -> Encoder:
    download(store, manifest.encoder, folder / "encoder")
    return load_encoder(folder / "encoder")


def _interactions(store: ObjectStore, folder: Path) -> list[Path]:
    files: list[Path] = []
    for entry in store.list(INTERACTIONS):
        if entry.key.endswith(".parquet"):
            files.append(folder / f"{len(files)}.parquet")
            store.download(entry.key, files[-1])
    return files


def _together(store: ObjectStore, manifest: Manifest, folder: Path) -> Copurchase | None:
    """None where the release's base has none, or it cannot be read: a new base is better than none."""
    if manifest.index is None:
        return None
    path = folder / copurchase.FILE
    with suppress(NotFoundError, CheckedFileError):
        store.download(manifest.index + copurchase.FILE, path)
        return copurchase.read_copurchase(path)
    return None


def _noting_removals(segments: Iterable[Segment], removed: set[str]) -> Iterable[Segment]:
    for segment in segments:
        removed.update(change.id for change in segment.changes if isinstance(change, Removed))
        yield segment
