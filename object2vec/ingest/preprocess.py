"""`preprocess_upload`: one upload in; report, quarantine and curated data out."""

import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from object2vec.ingest.loading import Upload, load_catalog, load_log
from object2vec.ingest.log_schema import INTERACTIONS, QUERIES
from object2vec.ingest.pairs_upload import load_pairs
from object2vec.ingest.rejects import Rejects
from object2vec.ingest.report import Report, load_report, save_report
from object2vec.ingest.rules import MAX_FILE_BYTES, FileError, too_large
from object2vec.storage import Entry, NotFoundError, ObjectStore

UPLOADS = "uploads/"
LOADERS: Mapping[str, Callable[[Upload], None]] = {
    "uploads/catalog/": load_catalog,
    "uploads/interactions/": partial(load_log, schema=INTERACTIONS),
    "uploads/queries/": partial(load_log, schema=QUERIES),
    "uploads/pairs/": load_pairs,
}
FORMATS = {
    ".jsonl": "jsonl",
    ".csv": "csv",
    ".parquet": "parquet",
    ".jsonl.gz": "jsonl",
    ".csv.gz": "csv",
}


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


def quarantine_key(key: str) -> str:
    """Where rejected rows of an upload lie: under its own name, since they can be uploaded again as they are.
    Rows of a Parquet file are JSON Lines there."""
    return f"quarantine/{key}.jsonl" if _suffix(key) == ".parquet" else f"quarantine/{key}"


def _process(store: ObjectStore, entry: Entry) -> Report:
    started = time.monotonic()
    report = Report(entry.key, entry.etag)
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"upload{_suffix(entry.key)}"
        quarantine = Path(folder) / f"quarantine{path.suffix}"
        with Rejects(report, quarantine) as rejects:
            try:
                _load(store, entry, path, report, rejects)
                _require_rows(report)
            except FileError as error:
                report.problem = {"code": error.code, "message": error.message}
        _publish_quarantine(store, quarantine, report)
    report.seconds = round(time.monotonic() - started, 3)
    save_report(store, report)
    return report


def _load(store: ObjectStore, entry: Entry, path: Path, report: Report, rejects: Rejects) -> None:
    load = next((loader for prefix, loader in LOADERS.items() if entry.key.startswith(prefix)), None)
    if load is None:
        raise FileError("unknown_prefix", f"Nothing reads this prefix; upload to {' or '.join(LOADERS)}.")
    kind = FORMATS.get(_suffix(entry.key))
    if kind is None:
        raise FileError("unknown_format", f"The name must end in {', '.join(FORMATS)}; convert the file.")
    if entry.size > MAX_FILE_BYTES:
        raise too_large()
    store.download(entry.key, path)
    load(Upload(store, path, kind, report, rejects))


def _require_rows(report: Report) -> None:
    if not report.rows_read:
        raise FileError("no_rows", "The file holds no rows below its header; add some.")


def _publish_quarantine(store: ObjectStore, path: Path, report: Report) -> None:
    key = quarantine_key(report.key)
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
