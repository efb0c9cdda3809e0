"""Removes old releases. Each holds a base index of the whole catalogue, and nothing else removes them.

What is removed stays recoverable for as long as the bucket keeps deleted objects.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress

from object2vec.release.manifest import (
    PREFIX,
    CorruptReleaseError,
    Manifest,
    load,
    manifest_key,
    pointer,
    versions,
)
from object2vec.storage import ConflictError, ObjectStore

_MARK = "removed.json"


def prunable(store: ObjectStore, keep: int) -> list[Manifest]:
    """The releases older than the live one and the `keep` before it, oldest first.

    Four kinds are never among them: a release that a roll-back may need, one whose files another release
    uses, a damaged one, and one built after the live one, since it may wait for approval. Raises
    CorruptReleaseError if the live one cannot be read.
    """
    found = pointer(store)
    if found is None:
        return []
    manifests = {found[0].version: load(store, found[0].version)}
    for version in versions(store):
        with suppress(CorruptReleaseError):
            manifests[version] = load(store, version)
    live = _age(manifests[found[0].version])
    older = sorted((m for m in manifests.values() if _age(m) < live), key=_age)
    candidates = {manifest.version for manifest in older[: max(len(older) - keep, 0)]}
    candidates -= {found[0].previous, found[0].fallback}
    stay = _with_parts(manifests.keys() - candidates, manifests)
    return [manifest for manifest in older if manifest.version not in stay]


def prune(store: ObjectStore, keep: int) -> Iterator[tuple[str, int]]:
    """Removes what is prunable; yields each version and the bytes it had. May be stopped and repeated.

    Raises ConflictError as soon as another release went live.
    """
    for version in _half_removed(store):
        yield version, _remove(store, version)
    before = pointer(store)
    for manifest in prunable(store, keep):
        if pointer(store) != before:
            raise ConflictError("another release went live meanwhile: look at the status, then start again")
        yield manifest.version, _remove(store, manifest.version)


def _remove(store: ObjectStore, version: str) -> int:
    """Returns the bytes that were removed.

    The manifest goes first, so that a release whose parts are being removed cannot go live. A mark goes last:
    it shows that a removal was interrupted."""
    mark = f"{PREFIX}{version}/{_MARK}"
    entries = [entry for entry in store.list(f"{PREFIX}{version}/") if entry.key != mark]
    store.put(mark, b"{}")
    store.delete(manifest_key(version))
    for entry in entries:
        store.delete(entry.key)
    store.delete(mark)
    return sum(entry.size for entry in entries)


def _half_removed(store: ObjectStore) -> list[str]:
    names = (entry.key.removeprefix(PREFIX).partition("/") for entry in store.list(PREFIX))
    marked = [version for version, _, name in names if name == _MARK]
    return sorted(set(marked).difference(versions(store)))


def _age(manifest: Manifest) -> tuple[str, int]:
    """Sorts by age. A release of a rebuilt index has its model's time and a later watermark."""
    return manifest.created_at, manifest.watermark


def _with_parts(kept: set[str], manifests: Mapping[str, Manifest]) -> set[str]:
    """The kept versions, and those whose folders hold a part of a kept one."""
    waiting, found = list(kept), set(kept)
    while waiting:
        further = _parts_of(manifests.get(waiting.pop())) - found
        waiting += further
        found |= further
    return found


def _parts_of(manifest: Manifest | None) -> set[str]:
    """The versions that hold its parts; none for a manifest that cannot be read."""
    if manifest is None:
        return set()
    parts = (manifest.encoder, manifest.index, manifest.ranker, manifest.model_artifact)
    folders = {part.rpartition(PREFIX)[2].partition("/")[0] for part in parts if part and PREFIX in part}
    return folders | ({manifest.before} if manifest.before else set())
