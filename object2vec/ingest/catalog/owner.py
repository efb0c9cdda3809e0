"""A catalogue file owns items, through the item log."""

from dataclasses import replace
from types import TracebackType
from typing import Self

from object2vec.core.catalog import PICTURES, CatalogItem, as_written
from object2vec.ingest.catalog.table import Numbered
from object2vec.ingest.catalog.upload import read_catalog
from object2vec.ingest.mapping import FileMapping
from object2vec.ingest.owner import Upload, count
from object2vec.ingest.ownership.changes import OwnerCandidate
from object2vec.ingest.ownership.held_rows import HeldRows, RowWriter
from object2vec.ingest.ownership.publishing import publish
from object2vec.ingest.report import MAX_LINES
from object2vec.storage.item_log import Change, segment_key


class CatalogOwner:
    """Items, through the item log."""

    def __init__(self, upload: Upload) -> None:
        self._upload = upload
        self._writer = RowWriter(upload.folder / "rows.jsonl")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()

    def read(self, kind: str, mapping: FileMapping) -> None:
        upload = self._upload
        for changes in read_catalog(upload.path, kind, upload.report, upload.rejects, mapping):
            self._writer.add(_without_pictures(changes))

    def publish(self) -> None:
        upload, report = self._upload, self._upload.report
        rows, report.duplicate_ids, report.duplicate_id_lines = self._writer.finish(first=MAX_LINES)
        report.accepted = report.rows_read - report.rejected - report.duplicate_ids - report.merged
        candidate = OwnerCandidate(upload.version, rows, self._writer.path)
        counts, last = publish(upload.store, candidate, upload.is_current, self._guard)
        count(report, counts)
        report.outputs = [segment_key(last)] if last else []

    def _guard(self, before: HeldRows, after: HeldRows) -> None:
        self._upload.guard(before.items, before.items_in(after))


def _without_pictures(changes: list[Numbered]) -> list[Numbered]:
    """An item that somebody got from the API has what its pictures say; the pictures say it anew."""
    if not any(isinstance(change, CatalogItem) and PICTURES in change.metadata for _, change in changes):
        return changes
    return [(line, _as_written(change)) for line, change in changes]


def _as_written(change: Change) -> Change:
    if isinstance(change, CatalogItem) and PICTURES in change.metadata:
        return replace(change, metadata=as_written(change.metadata))
    return change
