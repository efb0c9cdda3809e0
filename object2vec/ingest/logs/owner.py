"""A log file owns the rows of one curated object."""

from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import orjson

from object2vec.core.erasure_ids import ERASURE_ID_SQL
from object2vec.core.sql import MEMORY
from object2vec.ingest.curated import CuratedObject
from object2vec.ingest.logs.schema import LogSchema
from object2vec.ingest.logs.upload import LogReader
from object2vec.ingest.mapping import FileMapping
from object2vec.ingest.owner import Upload, count
from object2vec.ingest.ownership.held_rows import RowCounts
from object2vec.ingest.ownership.publishing import OvertakenError
from object2vec.ingest.ownership.stamps import read_stamp, stamp


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

    def read(self, kind: str, mapping: FileMapping) -> None:
        upload = self._upload
        self._reader = LogReader(self._schema, upload.folder, upload.report, upload.rejects, mapping)
        self._reader.read(upload.path, kind)

    def publish(self) -> None:
        report, path = self._upload.report, self._upload.folder / "curated.parquet"
        report.accepted = report.rows_read - report.rejected - report.left
        self._curated.guard()
        modified = self._upload.version.modified
        erased = self._upload.erased_since(modified)
        self._write(path, erased)
        counts = self._counts(path)
        self._curated.publish(path)
        if holds_any(path, {*self._upload.erased_since(modified)} - {*erased}):
            raise OvertakenError(self._upload.version.key)  # an erasure looked before the rows were there
        count(report, counts)
        report.holds = report.accepted

    def _write(self, path: Path, erased: Collection[str]) -> None:
        """Writes the accepted rows but those of erased people: read anew, the file brings nobody back."""
        report = self._upload.report
        if report.accepted and self._reader is not None:
            written = self._reader.check.write_parquet(path, erased)
            report.leave_out_erased(report.accepted - written)

    def _counts(self, path: Path) -> RowCounts:
        """How the version differs from the one before. The file is stamped with its version, so that no two
        versions are the same bytes, and with these counts, so that a run repeated after a crash reports the
        same. Read with another mapping it is another version."""
        accepted, before = self._upload.report.accepted, self._upload.folder / "before.parquet"
        own = self._upload.version
        version = [own.etag, own.modified, own.mapping]
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


def holds_any(path: Path, erased: Collection[str]) -> bool:
    """Whether the file has rows of a person of one of these erasure ids."""
    if not erased or not path.exists():
        return False
    with duckdb.connect(config={"memory_limit": MEMORY, "threads": 1}) as db:
        found = db.execute(
            f"SELECT 1 FROM read_parquet($1) WHERE list_contains($2, {ERASURE_ID_SQL}) LIMIT 1",  # noqa: S608
            [str(path), list(erased)],
        )
        return found.fetchone() is not None


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
