"""Orders of a person or an alarm to the release function, through the queue of the releases."""

from collections.abc import Mapping
from typing import Any

from object2vec.core.endpoints import Endpoints
from object2vec.release.manifest import live, load
from object2vec.release.rollback import point_back, point_back_from_new, readmit
from object2vec.release.rollout import Outcome, Refused, advance
from object2vec.storage import ConflictError, ObjectStore


def take_order(store: ObjectStore, endpoints: Endpoints | None, order: Mapping[str, Any]) -> Outcome:
    """Takes an order one step further; called again until there is an outcome. Each form may be repeated.

    `{"order": "approve", "version": …, "instead_of": the model it replaces}`: a built version goes live.
    `{"order": "roll back", "to": version, "instead_of": version, "reason": …}`: a previous one does, at once.
    `{"order": "alarm", "alarm": name}`: the same, if the live model is new and has one before it.
    Raises ValueError for any other.
    """
    match order:
        case {"order": "approve", "version": version, "instead_of": instead_of}:
            readmit(store, version)
            return advance(store, endpoints, load(store, version), instead_of=instead_of)
        case {"order": "roll back", "to": to, "instead_of": instead_of, "reason": reason}:
            try:
                point_back(store, to=to, instead_of=instead_of, reason=reason)
            except ConflictError as conflict:
                return Refused(str(conflict))
        case {"order": "alarm", "alarm": alarm}:
            point_back_from_new(store, reason=f"alarm {alarm}")
        case _:
            raise ValueError(f"not an order: {dict(order)}")
    return _converged(store, endpoints)


def _converged(store: ObjectStore, endpoints: Endpoints | None) -> Outcome:
    manifest = live(store)
    if manifest is None:
        return Refused("nothing is live yet")
    return advance(store, endpoints, manifest, instead_of=manifest.model_version)
