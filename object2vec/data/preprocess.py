"""`preprocess_upload`: one upload in; report, quarantine and curated data out."""

import hashlib
import re
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from object2vec.data import item_log
from object2vec.data.catalog_upload import Numbered, read_catalog
from object2vec.data.interactions_upload import InteractionReader
from object2vec.data.item_log import Change
from object2vec.data.problems import FileError
from object2vec.data.rejects import Rejects
from object2vec.data.report import MAX_LINES, Report, load_report, save_report
from object2vec.data.superseded import IdLog
from object2vec.store import Entry, NotFoundError, ObjectStore

UPLOADS = "uploads/"
CATALOG = "uploads/catalog/"
INTERACTIONS = "uploads/interactions/"
CURATED = "curated/interactions/"
FORMATS = {".jsonl": "jsonl", ".csv": "csv", ".jsonl.gz": "jsonl", ".csv.gz": "csv"}


def preprocess_upload(store: ObjectStore, key: str) -> Report:
    """Reads the upload at `key` as it is now and leaves the state that its content asks for, however often
    and by however many callers it is processed.

    What cannot be read is a report, never an exception; only the store's own failures raise. A version that
    was read completely before is not read again: its report is returned.
    """
    if not key.startswith(UPLOADS) or key.endswith("/"):
        return _nothing_read(key, "not_an_upload", f"Uploads are files under {UPLOADS}.")
    while True:
        entry = _find(store, key)
        if entry is None:
            return _nothing_read(
                key, "upload_gone", "The upload was deleted before it was read; upload it again."
            )
        done = load_report(store, key)
        if done is not None and done.etag == entry.etag and done.problem is None:
            return done
        try:
            report = _process(store, entry)
        except NotFoundError:
            continue
        if _find(store, key) == entry:
            return report


def curated_key(key: str) -> str:
    """Where the accepted rows of an interactions upload lie: one object an upload key, so that a new version
    of the upload replaces the old rows in one atomic write."""
    stem = re.sub(r"[^A-Za-z0-9]+", "-", key.removeprefix(INTERACTIONS)).strip("-")[:60]
    return f"{CURATED}{stem}-{hashlib.sha256(key.encode()).hexdigest()[:12]}.parquet"


def _process(store: ObjectStore, entry: Entry) -> Report:
    started = time.monotonic()
    report = Report(entry.key, entry.etag)
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"upload{_suffix(entry.key)}"
        quarantine = Path(folder) / f"quarantine{path.suffix}"
        with Rejects(report, quarantine) as rejects:
            try:
                _load(store, entry.key, path, report, rejects)
                _require_rows(report)
            except FileError as error:
                report.problem = {"code": error.code, "message": error.message}
        _publish_quarantine(store, quarantine, report)
    report.seconds = round(time.monotonic() - started, 3)
    save_report(store, report)
    return report


def _load(store: ObjectStore, key: str, path: Path, report: Report, rejects: Rejects) -> None:
    if not key.startswith((CATALOG, INTERACTIONS)):
        raise FileError(
            "unknown_prefix", f"Nothing reads this prefix; upload to {CATALOG} or {INTERACTIONS}."
        )
    kind = FORMATS.get(_suffix(key))
    if kind is None:
        raise FileError("unknown_format", f"The name must end in {', '.join(FORMATS)}; convert the file.")
    store.download(key, path)
    if key.startswith(CATALOG):
        _load_catalog(store, path, kind, report, rejects)
    else:
        _load_interactions(store, path, kind, report, rejects)


def _require_rows(report: Report) -> None:
    if not report.rows_read:
        raise FileError("no_rows", "The file holds no rows below its header; add some.")


def _load_catalog(store: ObjectStore, path: Path, kind: str, report: Report, rejects: Rejects) -> None:
    ids = IdLog(path.with_name("ids"))
    changes = _UntilBreak(read_catalog(path, kind, report, rejects), ids)
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


def _load_interactions(store: ObjectStore, path: Path, kind: str, report: Report, rejects: Rejects) -> None:
    curated = curated_key(report.key)
    reader = InteractionReader(path.parent, report, rejects)
    try:
        reader.read(path, kind)
    finally:
        report.accepted = report.rows_read - report.rejected
        _publish_interactions(store, reader, path.with_name("curated.parquet"), curated, report)


def _publish_interactions(
    store: ObjectStore, reader: InteractionReader, path: Path, curated: str, report: Report
) -> None:
    if reader.check is not None and report.accepted:
        reader.check.write_parquet(path)
        store.upload(path, curated)
        report.outputs = [curated]
    else:
        store.delete(curated)
    if reader.check is not None:
        reader.check.close()


def _publish_quarantine(store: ObjectStore, path: Path, report: Report) -> None:
    key = f"quarantine/{report.key}"
    if report.rejected:
        store.upload(path, key)
        report.quarantine = key
    else:
        store.delete(key)


def _find(store: ObjectStore, key: str) -> Entry | None:
    return next((entry for entry in store.list(key) if entry.key == key), None)


def _suffix(key: str) -> str:
    suffixes = Path(key.lower()).suffixes
    return "".join(suffixes[-2:]) if suffixes[-1:] == [".gz"] else "".join(suffixes[-1:])


def _nothing_read(key: str, code: str, message: str) -> Report:
    return Report(key, problem={"code": code, "message": message})
