"""A base index from the item log and the interactions: for a new model; for the live one when the log's tail
has grown, or the interactions have; and for any release in another format."""

import logging
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from object2vec.core.catalog import CatalogItem
from object2vec.core.encoder import Encoder
from object2vec.core.errors import CorruptIndexError
from object2vec.core.event_weights import USUAL
from object2vec.core.keys import CURATED_INTERACTIONS
from object2vec.core.progress import stretch, tell
from object2vec.model.builtin.encoder import load_encoder
from object2vec.release import Manifest
from object2vec.search.base_formats import is_of, readable_base
from object2vec.search.content import COUNTED_FILES, NOTHING_COUNTED, Content, Counted
from object2vec.search.copying import download
from object2vec.search.counting.complements import complements_of
from object2vec.search.counting.statistics import item_statistics, people_return_in
from object2vec.search.engine_code import ExternalCode, code_of
from object2vec.search.engines import Target
from object2vec.storage import Entry, NotFoundError, ObjectStore, item_log
from object2vec.storage.checked_file import CheckedFileError
from object2vec.storage.item_log import Removed, Segment

IN_THE_BASE = Target()
MOST_EVENTS = 2_000_000
"""The latest so many events are counted for complements here: a function has less memory than a job."""
_log = logging.getLogger(__name__)


def build_from_log(
    encoder: Encoder,
    segments: Iterable[Segment],
    interactions: Sequence[Path],
    out: Path,
    target: Target = IN_THE_BASE,
    *,
    counted: Counted = NOTHING_COUNTED,
    event_weights: Mapping[str, float] = USUAL,
) -> int:
    """Writes the base index into `out` and returns its watermark, the last segment's number (0 for none).

    `target` is where the items go, `counted` what is known of buying together. A shop that never
    uploaded a catalogue gets an index of the items its interactions name, by id alone.
    """
    with stretch(0.0, 0.15):
        content = _content(segments, interactions, counted, event_weights)
    with stretch(0.15, 1.0):
        code_of(target.engine).build(encoder, content, out, target.settings)
    return content.watermark


def rebuild_base(
    store: ObjectStore,
    manifest: Manifest,
    out: Path,
    target: Target = IN_THE_BASE,
    event_weights: Mapping[str, float] = USUAL,
    *,
    count_again: bool = False,
) -> int:
    """A new base for the release's own encoder, from what the store holds now; returns its watermark.

    What an engine holds outside of the base is updated, not written again; with `count_again` it stays as it
    is. What the release's ranker reads is taken from the release: only the index job counts it again. So are
    complements, without `count_again`."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        encoder = _encoder(store, manifest, folder)
        found = readable_base(store, manifest)
        code = code_of(target.engine)
        if found and isinstance(code, ExternalCode):
            download(store, found.prefix, folder / "index")
            if not count_again:
                tail = item_log.read(store, after=found.watermark)
                return code.move_on(folder / "index", encoder, tail, out, target.settings)
            log, files = item_log.read_to(store, found.watermark), _interactions(store, folder)
            content = _content(log, files, NOTHING_COUNTED, event_weights)
            code.renew(folder / "index", encoder, content, out)
            return found.watermark
        interactions, counted = _interactions(store, folder), _counted(store, manifest, folder)
        if count_again and target.engine.capabilities.can("complements"):
            counted = replace(counted, complements=complements_of(interactions, event_weights, MOST_EVENTS))
        tell(0.15)
        log = item_log.read(store)
        with stretch(0.15, 1.0):
            return build_from_log(
                encoder, log, interactions, out, target, counted=counted, event_weights=event_weights
            )


def same_base(
    store: ObjectStore,
    manifest: Manifest,
    out: Path,
    target: Target = IN_THE_BASE,
    event_weights: Mapping[str, float] = USUAL,
) -> None:
    """The release's base in this code's format: the same items in the same order, up to the same watermark.

    What an engine holds outside of the base as this code does is not written again. Raises CorruptIndexError
    where the log ends before the watermark.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        log = item_log.read_to(store, manifest.watermark)
        interactions, counted = _interactions(store, folder), _counted(store, manifest, folder)
        content = _content(log, interactions, counted, event_weights)
        if content.watermark != manifest.watermark:
            raise CorruptIndexError(
                f"the base of {manifest.version} goes up to segment {manifest.watermark} of the item log, "
                f"which ends at {content.watermark}: restore what comes after that"
            )
        encoder = _encoder(store, manifest, folder)
        engine, code = target.engine, code_of(target.engine)
        if isinstance(code, ExternalCode) and manifest.index and is_of(engine, store, manifest.index):
            download(store, manifest.index, folder / "index")
            code.renew(folder / "index", encoder, content, out)
        else:
            code.build(encoder, content, out, target.settings)


def _content(
    segments: Iterable[Segment],
    interactions: Sequence[Path],
    counted: Counted,
    event_weights: Mapping[str, float],
) -> Content:
    removed: set[str] = set()
    items, watermark = item_log.replay(_noting_removals(segments, removed))
    statistics = item_statistics(interactions, event_weights=event_weights)
    catalogue = list(items.values())
    if not catalogue:
        catalogue = [CatalogItem(item_id, "") for item_id in statistics.popularity if item_id not in removed]
    returns = people_return_in(interactions, event_weights)
    size = sum(path.stat().st_size for path in interactions)
    return Content(catalogue, statistics, watermark, counted, returns, size)


def _encoder(store: ObjectStore, manifest: Manifest, folder: Path) -> Encoder:
    download(store, manifest.encoder, folder / "encoder")
    return load_encoder(folder / "encoder")


def _interactions(store: ObjectStore, folder: Path) -> list[Path]:
    files: list[Path] = []
    for entry in _interaction_files(store):
        files.append(folder / f"{len(files)}.parquet")
        store.download(entry.key, files[-1])
    return files


def _interaction_files(store: ObjectStore) -> Iterator[Entry]:
    for entry in store.list(CURATED_INTERACTIONS):
        if entry.key.endswith(".parquet") and entry.size:
            yield entry


def log_bytes(store: ObjectStore) -> int:
    """The size of all curated interactions."""
    return sum(entry.size for entry in _interaction_files(store))


def _counted(store: ObjectStore, manifest: Manifest, folder: Path) -> Counted:
    """Reads the release's base."""
    if manifest.index is None:
        return NOTHING_COUNTED
    prefix = manifest.index
    taken = {
        name: _taken_over(store, prefix + file, folder / file, read)
        for name, (file, read, _) in COUNTED_FILES.items()
    }
    return Counted(**taken)


def _taken_over(store: ObjectStore, key: str, path: Path, read: Callable[[Path], Any]) -> Any:
    """None where there is no such file, or it cannot be read: a new base without it is better than none."""
    try:
        store.download(key, path)
        return read(path)
    except NotFoundError:
        return None
    except CheckedFileError:
        _log.exception("%s cannot be read: the new base goes without it until the next training", key)
        return None


def _noting_removals(segments: Iterable[Segment], removed: set[str]) -> Iterable[Segment]:
    for segment in segments:
        removed.update(change.id for change in segment.changes if isinstance(change, Removed))
        yield segment
