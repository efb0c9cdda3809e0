"""First step of the training pipeline: freezes its inputs. The keys of the answer are the step's outputs."""

import os
from dataclasses import asdict
from typing import Any

from object2vec.release.snapshot import take_snapshot
from object2vec.storage import open_store


def handler(event: dict[str, Any], _context: object) -> dict[str, str]:
    """`{"execution_id": …}` → the fields of `Snapshot`. An error fails the step with its sentence."""
    return asdict(take_snapshot(open_store(os.environ["STORE_URL"]), event["execution_id"]))
