"""Chooses the release that a local server answers from: the live one, or the newest usable one before it."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from local.troubles import ADVICE
from object2vec.core.keys import LIVE
from object2vec.ingest.pictures.sweep import sweep
from object2vec.model.retrieval.encoder import load_encoder
from object2vec.release.manifest import (
    CorruptReleaseError,
    Manifest,
    Pointer,
    live,
    manifest_key,
    move,
    pointer,
    readable,
    versions,
)
from object2vec.release.pruning import prune
from object2vec.release.seed import save_seed, seed_folder
from object2vec.storage import NotFoundError, ObjectStore

RELEASES_KEPT = 2
"""Releases that stay before the live one."""


def usable(store: ObjectStore, bundle: Path, start: Callable[[], None]) -> str:
    """Calls `start`, which raises if the live release cannot be used. Then the newest usable release before
    it goes live, or at last the seed that ships with the package. Returns the fault, `""` if there was none.
    Raises the first error if no release can be used, or if the fault is the disk's. `bundle` is that of
    `publish_seed`."""
    try:
        live(store)
        start()
        return ""
    except Exception as error:
        if isinstance(error, OSError) and error.errno in ADVICE:
            raise
        first = error
    damaged = _live_version(store)
    for version in _candidates(store, damaged, bundle):
        _point_to(store, version)
        try:
            start()
        except Exception:  # noqa: S112  # the first error is the one that is reported
            continue
        return (
            f"release {damaged or 'live'} cannot be used ({first}): {version} answers instead; "
            "restore its files, or train again"
        )
    raise first


def prune_old(store: ObjectStore) -> None:
    """Removes old releases, and pictures that no upload brings any more. Where the live one is damaged no
    release goes."""
    for _ in sweep(store, time.time()):
        pass
    for _ in prune(store, RELEASES_KEPT):
        pass


def _live_version(store: ObjectStore) -> str:
    try:
        current = pointer(store)
    except CorruptReleaseError:
        return ""
    return current.version if current else ""


def _candidates(store: ObjectStore, damaged: str, bundle: Path) -> Iterator[str]:
    for manifest in _before(store, damaged):
        yield manifest.version
    for version in (damaged, load_encoder(seed_folder()).version):  # a damaged seed is written anew
        if version.startswith("seed"):
            store.delete(manifest_key(version))
    yield save_seed(store, bundle).version


def _before(store: ObjectStore, damaged: str) -> list[Manifest]:
    """All other releases with a readable manifest, the newest first."""
    found = readable(store, [version for version in versions(store) if version != damaged])
    return sorted(found, key=lambda manifest: (manifest.kind == "trained", manifest.created_at), reverse=True)


def _point_to(store: ObjectStore, version: str) -> None:
    """Writes the live pointer over what is there: no other process writes while a local server starts."""
    try:
        etag: str | None = store.get_versioned(LIVE)[1]
    except NotFoundError:
        etag = None
    move(store, Pointer(version), etag)
