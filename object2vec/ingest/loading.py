"""Loads one upload into what its prefix asks for: the item log, or curated logs of shoppers."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from object2vec.ingest.catalog_upload import Numbered, read_catalog
from object2vec.ingest.duplicate_ids import IdLog
from object2vec.ingest.log_schema import LogSchema
from object2vec.ingest.log_upload import LogReader
from object2vec.ingest.rejects import Rejects
from object2vec.ingest.report import MAX_LINES, Report
from object2vec.ingest.rules import FileError
from object2vec.storage import ObjectStore, item_log
from object2vec.storage.item_log import Change


@dataclass(frozen=True, slots=True)
class Upload:
    """A downloaded upload, `path` in a scratch folder of its own, and where its rows are accounted for."""

    store: ObjectStore
    path: Path
    kind: str
    """`jsonl`, `csv` or `parquet`."""
    report: Report
    rejects: Rejects


def curated_key(key: str) -> str:
    """Where the accepted rows of a log upload lie: one object an upload key, so that a new version of the
    upload replaces the old rows in one atomic write."""
    _, prefix, name = key.split("/", 2)
    stem = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:60]
    return f"curated/{prefix}/{stem}-{hashlib.sha256(key.encode()).hexdigest()[:12]}.parquet"


def load_log(upload: Upload, schema: LogSchema) -> None:
    """Writes the accepted rows to `curated_key`, or removes it where none is left. Raises FileError; rows
    before the place where the file breaks off are kept."""
    report = upload.report
    reader = LogReader(schema, upload.path.parent, report, upload.rejects)
    try:
        reader.read(upload.path, upload.kind)
    finally:
        report.accepted = report.rows_read - report.rejected
        _publish_log(upload, reader)


def _publish_log(upload: Upload, reader: LogReader) -> None:
    curated = curated_key(upload.report.key)
    if upload.report.accepted:
        path = upload.path.with_name("curated.parquet")
        reader.check.write_parquet(path)
        upload.store.upload(path, curated)
        upload.report.outputs = [curated]
    else:
        upload.store.delete(curated)
    reader.check.close()


def load_catalog(upload: Upload) -> None:
    """Appends the accepted changes to the item log. Raises FileError, as `load_log`."""
    store, report = upload.store, upload.report
    ids = IdLog(upload.path.with_name("ids"))
    changes = _UntilBreak(read_catalog(upload.path, upload.kind, report, upload.rejects), ids)
    before = item_log.end(store)
    after = item_log.append(store, changes)
    if after > before:
        report.outputs = [item_log.segment_key(after)]
    report.superseded, report.superseded_lines = ids.superseded(first=MAX_LINES)
    report.accepted = report.rows_read - report.rejected - report.superseded
    changes.raise_break()


class _UntilBreak:
    """The changes up to where the file breaks off, so that the log gets those before that place."""

    def __init__(self, changes: Iterable[Numbered], ids: IdLog) -> None:
        self._changes = changes
        self._ids = ids
        self._break: FileError | None = None

    def __iter__(self) -> Iterator[Change]:
        try:
            for line, change in self._changes:
                self._ids.add(change.id, line)
                yield change
        except FileError as error:
            self._break = error

    def raise_break(self) -> None:
        """Raises what ended the iteration early."""
        if self._break is not None:
            raise self._break
