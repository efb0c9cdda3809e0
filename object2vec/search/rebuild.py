"""A base index from the item log and the interactions: for a new model; for the live one when its tail has
grown; for any release once more in another format."""

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from object2vec.core.catalog import CatalogItem
from object2vec.core.encoder import Encoder
from object2vec.core.errors import CorruptIndexError
from object2vec.core.event_weights import USUAL
from object2vec.model.sagemaker.encoder import load_encoder
from object2vec.ranker.copurchase import FILE, Copurchase, read_copurchase
from object2vec.release import Manifest
from object2vec.search.formats import Target, is_of, readable_base
from object2vec.search.loading import download
from object2vec.search.registry import Content, ExternalCode, code_of
from object2vec.search.statistics import item_statistics
from object2vec.storage import NotFoundError, ObjectStore, item_log
from object2vec.storage.checked_file import CheckedFileError
from object2vec.storage.item_log import Removed, Segment

INTERACTIONS = "curated/interactions/"
IN_THE_BASE = Target()


def build_from_log(
    encoder: Encoder,
    segments: Iterable[Segment],
    interactions: Sequence[Path],
    out: Path,
    target: Target = IN_THE_BASE,
    *,
    copurchase: Copurchase | None = None,
    event_weights: Mapping[str, float] = USUAL,
) -> int:
    """Writes the base index into `out` and returns its watermark, the last segment's number (0 for none).

    `target` is where the items go, `copurchase` what a ranker knows to be bought together. A shop that never
    uploaded a catalogue gets an index of the items its interactions name, by id alone.
    """
    content = _content(segments, interactions, copurchase, event_weights)
    code_of(target.engine).build(encoder, content, out, target.settings)
    return content.watermark


def rebuild_base(
    store: ObjectStore,
    manifest: Manifest,
    out: Path,
    target: Target = IN_THE_BASE,
    event_weights: Mapping[str, float] = USUAL,
) -> int:
    """A new base for the release's own encoder, from what the store holds now; returns its watermark.

    What an engine holds outside of the base is moved on, not written again. What is bought together is taken
    over from the release, as the ranker that reads it is: counting it again is the index job's work."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        encoder = _encoder(store, manifest, folder)
        found = readable_base(store, manifest)
        code = code_of(target.engine)
        if found and isinstance(code, ExternalCode):
            download(store, found.prefix, folder / "index")
            tail = item_log.read(store, after=found.watermark)
            return code.move_on(folder / "index", encoder, tail, out)
        interactions, copurchase = _interactions(store, folder), _copurchase(store, manifest, folder)
        log = item_log.read(store)
        return build_from_log(
            encoder, log, interactions, out, target, copurchase=copurchase, event_weights=event_weights
        )


def same_base(
    store: ObjectStore,
    manifest: Manifest,
    out: Path,
    target: Target = IN_THE_BASE,
    event_weights: Mapping[str, float] = USUAL,
) -> None:
    """The release's base in this code's format: the same items, numbered alike, up to the same watermark.

    What an engine holds outside of the base as this code does is not written again. Raises CorruptIndexError
    where the log ends before the watermark.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        log = item_log.read_to(store, manifest.watermark)
        interactions, copurchase = _interactions(store, folder), _copurchase(store, manifest, folder)
        content = _content(log, interactions, copurchase, event_weights)
        if content.watermark != manifest.watermark:
            raise CorruptIndexError(
                f"the base of {manifest.version} goes up to segment {manifest.watermark} of the item log, "
                f"which ends at {content.watermark}: restore what comes after that"
            )
        encoder = _encoder(store, manifest, folder)
        engine, code = target.engine, code_of(target.engine)
        if isinstance(code, ExternalCode) and manifest.index and is_of(engine, store, manifest.index):
            store.download(manifest.index + engine.header, folder / engine.header)
            code.renew(folder, encoder, content, out)
        else:
            code.build(encoder, content, out, target.settings)


def _content(
    segments: Iterable[Segment],
    interactions: Sequence[Path],
    copurchase: Copurchase | None,
    event_weights: Mapping[str, float],
) -> Content:
    removed: set[str] = set()
    items, watermark = item_log.replay(_noting_removals(segments, removed))
    statistics = item_statistics(interactions, event_weights=event_weights)
    catalogue = list(items.values())
    if not catalogue:
        catalogue = [CatalogItem(item_id, "") for item_id in statistics.popularity if item_id not in removed]
    return Content(catalogue, statistics, watermark, copurchase)


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


def _copurchase(store: ObjectStore, manifest: Manifest, folder: Path) -> Copurchase | None:
    """None where the release's base has none, or it cannot be read: a new base is better than none."""
    if manifest.index is None:
        return None
    path = folder / FILE
    with suppress(NotFoundError, CheckedFileError):
        store.download(manifest.index + FILE, path)
        return read_copurchase(path)
    return None


def _noting_removals(segments: Iterable[Segment], removed: set[str]) -> Iterable[Segment]:
    for segment in segments:
        removed.update(change.id for change in segment.changes if isinstance(change, Removed))
        yield segment
