"""The metrics of previous releases, for the report of the next training."""

from contextlib import suppress
from typing import Any

import orjson

from object2vec.release.manifest import CorruptReleaseError, Manifest, live, readable
from object2vec.storage import ObjectStore

FOLDER, FILE = "earlier", "releases.json"
RELEASES_MEASURED = 8
_SERVED = ("model+ranker", "model")
"""Systems of an evaluation, the one that answers first."""


def write_previous_metrics(store: ObjectStore, folder: str) -> None:
    """Writes the latest releases' metrics, oldest first, to `<folder>/earlier/releases.json`."""
    store.put(f"{folder}/{FOLDER}/{FILE}", orjson.dumps(previous_releases(store)))


def previous_releases(store: ObjectStore) -> list[dict[str, Any]]:
    """One record a model, oldest first: `model`, `created_at`, whether it is `live`, and the `metrics` that
    its own evaluation measured of what is served."""
    current = None
    with suppress(CorruptReleaseError):  # a report must not stop for it: then no release is marked live
        current = live(store)
    measured = (manifest for manifest in readable(store) if _served(manifest))
    by_model = {manifest.model_version: manifest for manifest in sorted(measured, key=_age, reverse=True)}
    latest = sorted(by_model.values(), key=_age)[-RELEASES_MEASURED:]
    return [
        {
            "model": manifest.model_version,
            "created_at": manifest.created_at,
            "live": current is not None and manifest.model_version == current.model_version,
            "metrics": _served(manifest),
        }
        for manifest in latest
    ]


def _served(manifest: Manifest) -> dict[str, float]:
    return next((dict(manifest.metrics[name]) for name in _SERVED if name in manifest.metrics), {})


def _age(manifest: Manifest) -> str:
    return manifest.created_at
