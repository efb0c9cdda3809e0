"""First step of the training pipeline: freezes its inputs. The keys of the answer are the step's outputs."""

from dataclasses import asdict
from typing import Any

from lambdas.settings import SnapshotSettings
from object2vec.release.snapshot import take_snapshot
from object2vec.storage import ObjectStore, open_store


def handler(event: dict[str, Any], _context: object) -> dict[str, str]:
    """Freezes the inputs. An error fails the step, with its message as the reason."""
    return answer(open_store(SnapshotSettings.read().store_url), event)


def answer(store: ObjectStore, event: dict[str, Any]) -> dict[str, str]:
    """`{"execution_id": …}` → the fields of `Snapshot`."""
    return asdict(take_snapshot(store, event["execution_id"]))
