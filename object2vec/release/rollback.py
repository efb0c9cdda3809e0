"""Rolls back to a previous release, by a person's order or because the alarms of a new model go off.

The pointer moves first, since the exported encoder of every release answers at once. Then the older model's
endpoint comes up and the newer one's is removed, as after any deployment.
"""

from datetime import UTC, datetime, timedelta

from object2vec.core.keys import RELEASES
from object2vec.release.endpoint_markers import mark_reason, marked_reason
from object2vec.release.manifest import Pointer, load, move, pointer
from object2vec.storage import ConflictError, ObjectStore

WATCHED = timedelta(hours=2)
"""Time after a model went live in which an alarm counts as the new model's fault."""


def point_back(store: ObjectStore, *, to: str, instead_of: str, reason: str) -> None:
    """Makes the version `to` live in place of the version `instead_of`; a no-op if it is live already.

    The version that is left is marked withdrawn, so that a repeated message of its release does not bring it
    back. The version rolled back to gets no `previous`, so that a second alarm does not lead forward again.
    Raises CorruptReleaseError if `to` is damaged, ConflictError if another version went live meanwhile.
    """
    load(store, to)
    current = pointer(store)
    if current and current.version == to:
        return
    if current is None or current.version != instead_of:
        live = current.version if current else None
        raise ConflictError(f"{live} is live, not {instead_of}: decide again against it")
    mark_reason(store, _withdrawal(instead_of), reason)
    since = _now().isoformat(timespec="seconds")
    move(store, Pointer(to, since=since, fallback=current.fallback), current.etag)


def point_back_from_new(store: ObjectStore, *, reason: str) -> bool:
    """Rolls a model that went live lately back to the release before it; False if there is none."""
    current = pointer(store)
    if current is None or current.previous is None or not current.since:
        return False
    if _now() - datetime.fromisoformat(current.since) > WATCHED:
        return False
    point_back(store, to=current.previous, instead_of=current.version, reason=reason)
    return True


def withdraw(store: ObjectStore, version: str, *, reason: str) -> bool:
    """Marks a version so that it cannot go live; False if it is live already."""
    current = pointer(store)
    if current and current.version == version:
        return False
    mark_reason(store, _withdrawal(version), reason)
    return True


def withdrawn(store: ObjectStore, version: str) -> str:
    """Why a version was rolled back; empty if it was not, or if it was approved again."""
    return marked_reason(store, _withdrawal(version))


def readmit(store: ObjectStore, version: str) -> None:
    """Lets a version go live again although it was rolled back: somebody approved it."""
    if withdrawn(store, version):
        mark_reason(store, _withdrawal(version), "")


def _withdrawal(version: str) -> str:
    return f"{RELEASES}{version}/withdrawn.json"


def _now() -> datetime:
    return datetime.now(UTC)
