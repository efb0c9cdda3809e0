"""The fallback release: what is live when a deployment goes from `algorithm=builtin` back to `open`.

Without AWS's image nothing can encode queries for its models. Such a deployment therefore brings back the
last release that answers without the image, or the seed if there is none. Its items are as new as the log:
readers apply what came since, and the indexer builds a new base.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from object2vec.release.manifest import Manifest, Pointer, load, move, pointer, readable
from object2vec.release.rollback import withdrawn
from object2vec.release.seed import save_seed
from object2vec.storage import ConflictError, ObjectStore


def fall_back_from_builtin(store: ObjectStore, bundle: Path) -> Manifest | None:
    """Makes the fallback release live if a model of AWS's image is; returns what is live. May be repeated.

    `bundle` is the folder whose packages serve the seed at an endpoint. Nothing is withdrawn: a deployment
    that has the image may approve the release again. Raises CorruptReleaseError if the live one is damaged.
    """
    while now := pointer(store):
        current = load(store, now.version)
        if not current.is_builtin:
            return current
        to = next(_previous(store, now), None) or save_seed(store, bundle)
        since = datetime.now(UTC).isoformat(timespec="seconds")
        try:
            move(store, Pointer(to.version, since=since), now.etag)
        except ConflictError:
            continue  # another release went live: look again
        return to
    return None


def _previous(store: ObjectStore, now: Pointer) -> Iterator[Manifest]:
    """Releases to go back to, the newest first. A pointer that an earlier version wrote names the previous
    one only."""
    for manifest in readable(store, filter(None, (now.fallback, now.previous))):
        if not manifest.is_builtin and not withdrawn(store, manifest.version):
            yield manifest
