"""Removes old releases. Each holds a base index of the whole catalogue, and nothing else removes them.

`lambdas/pruner` does it every day, the local system at its start, a person by `tools/release.py`. What is
removed stays recoverable for as long as the bucket keeps deleted objects.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import timedelta

from object2vec.core.keys import RELEASES
from object2vec.release.manifest import CorruptReleaseError, Manifest, load, manifest_key, pointer, versions
from object2vec.storage import ConflictError, ObjectStore

_MARK = "removed.json"
RELEASES_KEPT = 10
"""Number of releases before the live one that stay by default."""
WAITING = 10
"""Releases built after the live one that stay: they may wait for approval."""
UNFINISHED = timedelta(days=14)
"""Age after which a folder without a manifest is removed: its run failed, or the gate refused its model. No
job of a run may take half as long."""


def prunable(store: ObjectStore, keep: int) -> list[Manifest]:
    """The releases that nobody needs, oldest first. They are older than the `keep` releases before the live
    one, or their model has a newer base (the live model keeps its last base but one), or they wait for
    approval behind `WAITING` newer ones.

    Three kinds are never among them: a release that a roll-back may need, one whose files another release
    uses, and a damaged one. Raises CorruptReleaseError if the live one cannot be read.
    """
    current = pointer(store)
    if current is None:
        return []
    manifests = {current.version: load(store, current.version)}
    for version in versions(store):
        with suppress(CorruptReleaseError):
            manifests[version] = load(store, version)
    live = manifests[current.version]
    by_age = sorted(manifests.values(), key=_age)
    older = [manifest for manifest in by_age if _age(manifest) < _age(live)]
    waiting = [manifest for manifest in by_age if _age(manifest) > _age(live)]
    outdated = _outdated_bases(older)
    needed = [manifest for manifest in older if manifest.version not in outdated]
    unneeded = outdated | {m.version for m in [*_but_last(needed, keep), *_but_last(waiting, WAITING)]}
    unneeded -= {current.previous, current.fallback}
    stay = _with_parts(manifests.keys() - unneeded, manifests)
    return [manifest for manifest in by_age if manifest.version not in stay]


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


def prune_unfinished(store: ObjectStore, now: float) -> Iterator[tuple[str, int]]:
    """Removes what no manifest stands for and nobody works on any more: models that the gate refused, bases
    that another release came before, markers of models that are gone; yields each name and its bytes. `now`
    in seconds since 1970.

    Raises CorruptReleaseError if a manifest cannot be read, since nobody knows what belongs to it.
    """
    manifests = {version: load(store, version) for version in versions(store)}
    used = _with_parts(set(manifests), manifests)
    of_models = {manifest.model_version for manifest in manifests.values()}
    entries_of = defaultdict(list)
    for entry in store.list(RELEASES):
        name, inside, _ = entry.key.removeprefix(RELEASES).partition("/")
        is_used = name in used if inside else name.partition(".")[0] in {"live", *of_models}
        if not is_used:
            entries_of[name].append(entry)
    for name, entries in entries_of.items():
        if max(entry.modified for entry in entries) < now - UNFINISHED.total_seconds():
            for entry in entries:
                store.delete(entry.key)
            yield name, sum(entry.size for entry in entries)


def _remove(store: ObjectStore, version: str) -> int:
    """Returns the bytes that were removed.

    The manifest goes first, so that a release whose parts are being removed cannot go live. A mark goes last:
    it shows that a removal was interrupted."""
    mark = f"{RELEASES}{version}/{_MARK}"
    entries = [entry for entry in store.list(f"{RELEASES}{version}/") if entry.key != mark]
    store.put(mark, b"{}")
    store.delete(manifest_key(version))
    for entry in entries:
        store.delete(entry.key)
    store.delete(mark)
    return sum(entry.size for entry in entries)


def _half_removed(store: ObjectStore) -> list[str]:
    names = (entry.key.removeprefix(RELEASES).partition("/") for entry in store.list(RELEASES))
    marked = [version for version, _, name in names if name == _MARK]
    return sorted(set(marked).difference(versions(store)))


def _but_last(manifests: list[Manifest], keep: int) -> list[Manifest]:
    return manifests[: max(len(manifests) - keep, 0)]


def _outdated_bases(older: list[Manifest]) -> set[str]:
    """The versions before the live one whose model has a newer base among them."""
    newest = {manifest.model_version: manifest.version for manifest in older}
    return {m.version for m in older if newest[m.model_version] != m.version}


def _age(manifest: Manifest) -> tuple[str, int]:
    """Sorts by age. A release of a rebuilt index has its model's time and a later watermark."""
    return manifest.created_at, manifest.watermark


def _with_parts(kept: set[str], manifests: Mapping[str, Manifest]) -> set[str]:
    """The kept versions, and those whose folders hold a part of a kept one."""
    waiting, used = list(kept), set(kept)
    while waiting:
        further = _parts_of(manifests.get(waiting.pop())) - used
        waiting += further
        used |= further
    return used


def _parts_of(manifest: Manifest | None) -> set[str]:
    """The versions that hold its parts; none for a manifest that cannot be read."""
    if manifest is None:
        return set()
    parts = (manifest.encoder, manifest.index, manifest.ranker, manifest.model_artifact)
    folders = {part.rpartition(RELEASES)[2].partition("/")[0] for part in parts if part and RELEASES in part}
    return folders | ({manifest.before} if manifest.before else set())
