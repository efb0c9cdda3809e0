"""The files of a release, copied from the store to this machine.

Nothing here takes long to import: a new process copies first.
"""

import logging
import tempfile
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from object2vec.core.encoder import Encoder
from object2vec.core.errors import CorruptIndexError
from object2vec.release import Manifest, load, pointer
from object2vec.search.base_formats import Base, readable_base
from object2vec.storage import ObjectStore
from object2vec.storage.digests import digest_of

LOCK = ".lock"
"""Ends the name of a file that every process locks for itself."""
AT_ONCE = 16
"""Files copied at the same time: most are small, and a call to the store takes 20 ms whatever it brings."""
SETTLE_S = 10.0
"""Seconds; a copy from a store that answers takes two or three."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Copied:
    """The files of a release, on this machine."""

    manifest: Manifest
    base: Base | None
    files: "tempfile.TemporaryDirectory[str]"
    ranker_trouble: str | None
    """Why the ranker could not be copied; None if it was, or if there is none."""
    encoder: Encoder | None = None
    """Where it was loaded while the rest arrived."""


def new_folder() -> "tempfile.TemporaryDirectory[str]":
    """Where the copy of a release goes."""
    return tempfile.TemporaryDirectory(prefix="object2vec-")


def size_of(folder: Path) -> int:
    """Bytes of all files in it, counted while another thread writes them."""
    size = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):  # renamed since its name was read
            size += path.stat().st_size
    return size


def copy_release(
    store: ObjectStore,
    manifest: Manifest,
    files: "tempfile.TemporaryDirectory[str]",
    encoder_is_there: Callable[[Path], None] = lambda _folder: None,
) -> Copied:
    """Copies what answers need, and says when the encoder's part has arrived, which is long before the rest.
    Raises what a failing store raises, CorruptIndexError for a missing part."""
    folder, base = Path(files.name), None
    if manifest.index is not None:
        own = Base(manifest.index, manifest.version, manifest.watermark)
        base = readable_base(store, manifest) or own  # which says what is wrong with it

    def copy(part: str, prefix: str) -> Path:
        download_all(store, {folder / part: prefix}, manifest.digests)
        return folder / part

    with ThreadPoolExecutor(2) as meanwhile:
        ranker = meanwhile.submit(_copy_ranker, store, manifest, folder / "ranker")
        encoder = meanwhile.submit(lambda: encoder_is_there(copy("encoder", manifest.encoder)))
        if base is not None:
            copy("index", base.prefix)
        encoder.result()
        return Copied(manifest, base, files, ranker.result())


def _copy_ranker(store: ObjectStore, manifest: Manifest, folder: Path) -> str | None:
    """Why the ranker is missing although the release has one: answers go on without its part of the score."""
    if manifest.ranker is None:
        return None
    try:
        download_all(store, {folder: manifest.ranker}, manifest.digests)
    except Exception as error:
        _log.exception("the ranker cannot be copied")
        return ranker_trouble(error)
    return None


def download(store: ObjectStore, prefix: str, folder: Path) -> None:
    """Copies everything under the prefix. Raises CorruptIndexError if there is nothing."""
    download_all(store, {folder: prefix})


def download_all(
    store: ObjectStore, prefixes: dict[Path, str], digests: Mapping[str, str] = MappingProxyType({})
) -> None:
    """Copies everything under each prefix into its folder, the largest files first; what an earlier attempt
    has copied is not copied again. Raises CorruptIndexError for a prefix with nothing under it, and for a
    file that is another one than its digest says."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        listings = pool.map(lambda prefix: list(store.list(prefix)), prefixes.values())
        copies: list[tuple[int, str, Path]] = []
        for (folder, prefix), entries in zip(prefixes.items(), listings, strict=True):
            if not entries:
                raise CorruptIndexError(
                    f"there is nothing under {prefix}: roll back, or restore it from the bucket"
                )
            copies += [(entry.size, entry.key, folder / entry.key.removeprefix(prefix)) for entry in entries]
        missing = (copy for copy in sorted(copies, reverse=True) if not _is_there(*copy))
        _finish(pool.map(lambda copy: _copy(store, copy[1], copy[2], digests.get(copy[1])), missing))


def _is_there(size: int, _key: str, path: Path) -> bool:
    return path.is_file() and path.stat().st_size == size


def _copy(store: ObjectStore, key: str, path: Path, digest: str | None) -> None:
    """Under its name the file is whole."""
    part = path.with_name(f"{path.name}.part")
    fetch = store.download if path.suffix == LOCK else store.lend
    fetch(key, part)
    if digest is not None and digest_of(part) != digest:
        raise CorruptIndexError(f"{key} is not the file that was released: restore it, or roll back")
    part.replace(path)


def _finish(results: Iterable[None]) -> None:
    """Waits for all; raises what the first failure raised."""
    for _ in results:
        pass


class EarlyCopy:
    """The live release, on its way since this was made: a new process imports the rest meanwhile."""

    def __init__(self, store: ObjectStore) -> None:
        self.store = store
        self._encoder: Future[Path] = Future()
        self._pool = ThreadPoolExecutor(1)
        self._copied = self._pool.submit(self._copy)
        self._pool.shutdown(wait=False)  # its thread ends with the copy

    def take(self, version: str, load_encoder: Callable[[Path], Encoder]) -> Copied | None:
        """Waits, and loads the encoder as soon as it is there. None if another release went live meanwhile,
        or if it did not arrive: who then copies it meets what was in the way."""
        first: tuple[Future[Any], ...] = (self._encoder, self._copied)
        wait(first, return_when=FIRST_COMPLETED)
        try:
            encoder = self._loaded(load_encoder) if self._encoder.done() else None
            copied = self._copied.result()
        except Exception:  # who copies it again meets what was in the way
            _log.warning("the first copy of the release failed", exc_info=True)
            return None
        return replace(copied, encoder=encoder) if copied and copied.manifest.version == version else None

    def settle(self) -> None:
        """Waits until the copy is there or has failed, for `SETTLE_S` at most."""
        if wait([self._copied], timeout=SETTLE_S).done:
            self._pool.shutdown()

    def _loaded(self, load_encoder: Callable[[Path], Encoder]) -> Encoder | None:
        """None where it cannot be loaded: it is tried again with the rest."""
        try:
            return load_encoder(self._encoder.result())
        except Exception:  # it is loaded again with the rest, and raised there
            _log.warning("the encoder cannot be loaded early", exc_info=True)
            return None

    def _copy(self) -> Copied | None:
        current = pointer(self.store)
        if current is None:
            return None
        manifest = load(self.store, current.version)
        return copy_release(self.store, manifest, new_folder(), self._encoder.set_result)


def ranker_trouble(error: Exception) -> str:
    """The words of `/health` about a ranker that cannot be used."""
    return f"answering without the ranker: {error}"
