"""A base index from the item log and the interactions: for a new model, or for the live one when its tail has
grown."""

import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import orjson

from object2vec.builtin.encoder import load_encoder
from object2vec.catalog import CatalogItem
from object2vec.data import item_log
from object2vec.data.item_log import Removed, Segment
from object2vec.encoder import Encoder
from object2vec.ranker import copurchase
from object2vec.ranker.checked_file import CheckedFileError
from object2vec.ranker.copurchase import Copurchase
from object2vec.release import Manifest
from object2vec.search.embedded import base
from object2vec.search.live import download
from object2vec.search.s3vectors import build as s3vectors
from object2vec.search.statistics import item_statistics
from object2vec.store import NotFoundError, ObjectStore

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
    removed: set[str] = set()
    items, watermark = item_log.replay(_noting_removals(segments, removed))
    statistics = item_statistics(interactions)
    catalogue = list(items.values())
    if not catalogue:
        catalogue = [CatalogItem(item_id, "") for item_id in statistics.popularity if item_id not in removed]
    if vector_bucket:
        s3vectors.build_index(encoder, catalogue, statistics, out, watermark, bucket=vector_bucket)
    else:
        base.build_index(encoder, catalogue, statistics, out, watermark, together=together)
    return watermark


def rebuild_base(store: ObjectStore, manifest: Manifest, out: Path, vector_bucket: str = "") -> int:
    """A new base for the release's own encoder, from what the store holds now; returns its watermark.

    What S3 Vectors holds already is moved on, not written again. What is bought together is taken over from
    the release, as the ranker that reads it is: counting it again is the index job's work."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        download(store, manifest.encoder, folder / "encoder")
        encoder = load_encoder(folder / "encoder")
        if vector_bucket and manifest.index and not is_outdated(store, manifest):
            download(store, manifest.index, folder / "index")
            tail = item_log.read(store, after=manifest.watermark)
            return s3vectors.move_on(folder / "index", encoder, tail, out)
        files: list[Path] = []
        for entry in store.list(INTERACTIONS):
            if entry.key.endswith(".parquet"):
                files.append(folder / f"{len(files)}.parquet")
                store.download(entry.key, files[-1])
        together = _together(store, manifest, folder)
        return build_from_log(encoder, item_log.read(store), files, out, vector_bucket, together=together)


def _together(store: ObjectStore, manifest: Manifest, folder: Path) -> Copurchase | None:
    """None where the release's base has none, or it cannot be read: a new base is better than none."""
    if manifest.index is None:
        return None
    path = folder / copurchase.FILE
    with suppress(NotFoundError, CheckedFileError):
        store.download(manifest.index + copurchase.FILE, path)
        return copurchase.read_copurchase(path)
    return None


def is_outdated(store: ObjectStore, manifest: Manifest) -> bool:
    """Whether the release's base was written in another format than this code reads."""
    if manifest.index is None:
        return False
    for header in (base.HEADER, f"head/{base.HEADER}"):  # the latter beside S3 Vectors
        with suppress(NotFoundError):
            found = orjson.loads(store.get(manifest.index + header))
            return bool(found["format"] != base.FORMAT)
    return False


def _noting_removals(segments: Iterable[Segment], removed: set[str]) -> Iterable[Segment]:
    for segment in segments:
        removed.update(change.id for change in segment.changes if isinstance(change, Removed))
        yield segment
