"""What one upload owns, by its prefix: items of the catalogue, or the rows of one curated log.

An owner is made before the upload is fetched, reads it, and publishes once it has come to its end. Whatever
ends a reading otherwise publishes nothing.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import duckdb
import orjson

from object2vec.core.catalog import PICTURES, CatalogItem, as_written
from object2vec.ingest.catalog_upload import read_catalog
from object2vec.ingest.exports.mapping import load_mappings
from object2vec.ingest.held_rows import HeldRows, RowCounts, RowWriter
from object2vec.ingest.log_schema import LogSchema
from object2vec.ingest.log_upload import LogReader
from object2vec.ingest.ownership import OvertakenError, publish
from object2vec.ingest.ownership_changes import OwnerCandidate
from object2vec.ingest.rejects import Rejects
from object2vec.ingest.report import MAX_LINES, Report
from object2vec.ingest.rules import FileError, too_large
from object2vec.ingest.stamps import read_stamp, stamp
from object2vec.ingest.versions import CONFIRM, Version
from object2vec.storage import ObjectStore
from object2vec.storage.base import MAX_UPLOAD_OVER
from object2vec.storage.item_log import Change, segment_key

MEMORY = "1GB"
HELD_BACK = "held_back"
LARGE = 100
"""Rows from which on a version that keeps less than half of them is held back."""


@dataclass(frozen=True, slots=True)
class Upload:
    """One version of an upload, `path` in a scratch folder of its own, and where its rows are counted."""

    store: ObjectStore
    version: Version
    path: Path
    report: Report
    rejects: Rejects
    before: Report | None = None
    """Of the version before."""

    @property
    def folder(self) -> Path:
        """For files of one's own."""
        return self.path.parent

    def is_current(self) -> bool:
        """Whether the version still lies at its key."""
        entry = self.store.head(self.version.key)
        if entry is None:
            return self.version.is_gone
        return (entry.etag, entry.modified) == (self.version.etag, self.version.modified)

    def guard(self, before: int, kept: int) -> None:
        """Holds back what would leave less than half of many rows, unless the upload was deleted or somebody
        confirmed it. Raises FileError."""
        if before < LARGE or 2 * kept >= before or self.version.is_gone:
            return
        if not is_confirmed(self.store, self.version):
            raise held_back(self.version.key, before, kept)


def is_confirmed(store: ObjectStore, version: Version) -> bool:
    """Whether somebody said, after it was uploaded, that the version is as it is meant."""
    marker = store.head(f"{version.key}{CONFIRM}")
    return marker is not None and marker.modified >= version.modified


def held_back(key: str, before: int, kept: int) -> FileError:
    """What a person who exported half a file needs to know."""
    return FileError(
        HELD_BACK,
        f"Held back: of {before:,} rows of the version before, {kept:,} would be left. Nothing was changed. "
        f"Upload the whole file, or confirm with an upload of any content to {key}{CONFIRM}.",
    )


class Owner(Protocol):
    """What one kind of upload does with its rows."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def read(self, kind: str) -> None:
        """Reads the fetched file; `kind` as `ingest/formats.py` names it. Raises FileError, having taken the
        rows before the place where the file breaks off."""

    def publish(self) -> None:
        """Makes what was read, nothing perhaps, what the upload owns. Raises FileError where that is held
        back; OvertakenError and ConflictError where another worker came between."""


MakeOwner = Callable[[Upload], Owner]


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

    def read(self, kind: str) -> None:
        upload = self._upload
        mapping = load_mappings(upload.store).of(upload.version.key)
        for changes in read_catalog(upload.path, kind, upload.report, upload.rejects, mapping):
            self._writer.add([(line, _as_written(change)) for line, change in changes])

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


def _as_written(change: Change) -> Change:
    """An item that somebody got from the API has what its pictures say; the pictures say it anew."""
    if isinstance(change, CatalogItem) and PICTURES in change.metadata:
        return replace(change, metadata=as_written(change.metadata))
    return change


class CuratedObject:
    """The one object that holds an upload's rows; it is replaced only over the version that was there when
    the reading began."""

    def __init__(self, upload: Upload, suffix: str, folder: str = "") -> None:
        self.upload = upload
        *prefix, name = curated_key(upload.version.key).removesuffix(".parquet").split("/")
        self.key = "/".join([*prefix, *filter(None, [folder]), name + suffix])
        entry = upload.store.head(self.key)
        self.etag = entry.etag if entry else ""
        self.has_rows = entry is not None and entry.size > 0

    def publish(self, path: Path) -> None:
        """Replaces it by a file, or empties it where no row was accepted: a training that is under way has it
        on its list, and SageMaker starts no job where an object of the list is gone. Raises as
        `Owner.publish`."""
        report = self.upload.report
        if report.accepted and path.stat().st_size > MAX_UPLOAD_OVER:
            raise too_large()
        if not self.upload.is_current():
            raise OvertakenError(self.upload.version.key)
        if report.accepted:
            self.upload.store.upload_over(path, self.key, self.etag)
            report.outputs = [self.key]
        elif self.has_rows:
            nothing = self.upload.folder / "nothing"
            nothing.touch()
            self.upload.store.upload_over(nothing, self.key, self.etag)

    def guard(self) -> None:
        """By numbers of rows: those of a log need not be the same from one export to the next."""
        self.upload.guard(self.held, self.upload.report.accepted)

    @property
    def held(self) -> int:
        """Rows of the version before, by its report."""
        before = self.upload.before
        if before is None:
            return 0
        return before.accepted if before.holds is None else before.holds


class LogOwner:
    """Interactions or queries, in one Parquet file."""

    def __init__(self, upload: Upload, schema: LogSchema) -> None:
        self._upload = upload
        self._curated = CuratedObject(upload, ".parquet")
        self._schema = schema
        self._reader: LogReader | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._reader is not None:
            self._reader.check.close()

    def read(self, kind: str) -> None:
        upload = self._upload
        mapping = load_mappings(upload.store).of(upload.version.key)
        self._reader = LogReader(self._schema, upload.folder, upload.report, upload.rejects, mapping)
        self._reader.read(upload.path, kind)

    def publish(self) -> None:
        report, path = self._upload.report, self._upload.folder / "curated.parquet"
        report.accepted = report.rows_read - report.rejected - report.left
        self._curated.guard()
        counts = self._counts(path)
        self._curated.publish(path)
        count(report, counts)
        report.holds = report.accepted

    def _counts(self, path: Path) -> RowCounts:
        """Writes the file too. It is stamped with its version, so that no two versions are the same bytes,
        and with how it differs from the one before, so that a run repeated after a crash reports the same."""
        accepted, before = self._upload.report.accepted, self._upload.folder / "before.parquet"
        version = [self._upload.version.etag, self._upload.version.modified]
        if accepted and self._reader is not None:
            self._reader.check.write_parquet(path)
        counts = RowCounts(added=accepted, removed=self._curated.held)
        if self._curated.has_rows or (self._curated.etag and accepted and self._curated.held):
            self._upload.store.download(self._curated.key, before)
            try:
                known = orjson.loads(read_stamp(before) or b"{}")
                is_own = known.get("version") == version
                after = path if accepted else None
                counts = RowCounts(**known["counts"]) if is_own else compare_logs(before, after)
            except (duckdb.Error, OSError, ValueError):
                self._upload.report.notes.append(
                    f"{self._curated.key} was damaged: what this version changes is not known."
                )
        if accepted:
            stamp(path, orjson.dumps({"version": version, "counts": asdict(counts)}))
        return counts


def compare_logs(before: Path, after: Path | None) -> RowCounts:
    """Rows are the same where all their values are, as often as they are there."""
    with duckdb.connect(config={"memory_limit": MEMORY, "threads": 1}) as db:
        db.execute(f"SET temp_directory = '{before.parent / 'spill'}'")
        found = db.execute(
            """SELECT sum(greatest(after - before, 0)), sum(greatest(before - after, 0)),
                      sum(least(before, after))
               FROM (SELECT * EXCLUDE (filename), count(*) FILTER (filename != $1) AS after,
                            count(*) FILTER (filename = $1) AS before
                     FROM read_parquet($2, union_by_name = true, filename = true) GROUP BY ALL)""",
            [str(before), [str(path) for path in (before, after) if path]],
        ).fetchone()
    added, removed, unchanged = (int(number or 0) for number in found or (0, 0, 0))
    return RowCounts(added=added, removed=removed, unchanged=unchanged)


def count(report: Report, counts: RowCounts) -> None:
    """Puts what a version changed into its report."""
    report.added, report.changed, report.removed = counts.added, counts.changed, counts.removed
    report.unchanged = counts.unchanged


def curated_key(key: str) -> str:
    """Where the accepted rows of a log upload lie: one object an upload key, so that a new version of the
    upload replaces the old rows in one atomic write."""
    _, prefix, name = key.split("/", 2)
    stem = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:60]
    return f"curated/{prefix}/{stem}-{hashlib.sha256(key.encode()).hexdigest()[:12]}.parquet"
