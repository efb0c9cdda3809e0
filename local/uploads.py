"""The upload bucket on one machine: files dropped under DIR/uploads go through the preprocess function."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from lambdas.preprocess.handler import work_off
from object2vec.ingest.report import Report, load_report
from object2vec.storage import ObjectStore

CONTEXT: Any = SimpleNamespace(function_name="local", get_remaining_time_in_millis=lambda: 900_000)


class IngestError(RuntimeError):
    """The preprocess function failed on an upload; it is tried again in a second."""


@dataclass(frozen=True)
class Uploads:
    """DIR, laid out as the upload bucket, and the store it is uploaded to."""

    folder: Path
    store: ObjectStore

    def sync(self) -> Iterator[Report]:
        """Uploads and preprocesses every file that is new or changed since it was last read."""
        known = {entry.key: entry.etag for entry in self.store.list("uploads/")}
        for path in sorted((self.folder / "uploads").rglob("*")):
            key = path.relative_to(self.folder).as_posix()
            if not path.is_file() or path.name.startswith("."):
                continue
            if known.get(key) != _md5(path):
                self.store.upload(path, key)
            elif load_report(self.store, key):
                continue
            yield self._preprocess(key)

    def _preprocess(self, key: str) -> Report:
        event = {"detail": {"object": {"key": key}}}
        record = {"messageId": key, "body": json.dumps(event), "eventSource": "aws:sqs"}
        work_off(self.store, {"Records": [record]}, CONTEXT)
        report = load_report(self.store, key)
        if report is None:
            raise IngestError(f"{key} could not be processed")
        return report


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
