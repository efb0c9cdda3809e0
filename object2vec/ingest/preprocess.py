"""`preprocess_upload`: one upload in; report, quarantine and what it owns out.

Whoever calls says which key to look at, never what has happened to it: the state that follows depends on what
lies there now. It is done when the report carries the etag and the time of those very bytes.
"""

import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol, runtime_checkable

from object2vec.core.keys import (
    CATALOG_UPLOADS,
    INTERACTION_UPLOADS,
    PAIR_UPLOADS,
    QUARANTINE,
    QUERY_UPLOADS,
    UPLOADS,
    beside,
)
from object2vec.ingest.catalog.owner import CatalogOwner
from object2vec.ingest.exports.headings import may_be_money
from object2vec.ingest.formats import LONGEST_ENDING, WORKBOOK, ending_of, format_at, format_of, require_known
from object2vec.ingest.logs.owner import LogOwner
from object2vec.ingest.logs.schema import INTERACTIONS, QUERIES
from object2vec.ingest.mapping import MAPPING_KEY, NOTHING_SAID, FileMapping
from object2vec.ingest.mapping_file import check_mapping, load_mappings, mapping_digest
from object2vec.ingest.owner import (
    HELD_BACK,
    ErasedSince,
    MakeOwner,
    Owner,
    Upload,
    is_confirmed,
    nobody_erased,
)
from object2vec.ingest.ownership.publishing import OvertakenError
from object2vec.ingest.ownership.versions import CONFIRM, Announced, Version
from object2vec.ingest.pairs import PairsOwner
from object2vec.ingest.pictures.attach import mark_everything
from object2vec.ingest.readers.tables import TITLE_LINES
from object2vec.ingest.readers.workbook import Worksheet, rewrite_as_table
from object2vec.ingest.rejects import Rejects
from object2vec.ingest.report import Report, load_versioned, save_report
from object2vec.ingest.rules import MAX_FILE_BYTES, FileError, too_large
from object2vec.storage import ConflictError, Entry, NotFoundError, ObjectStore

OWNERS: Mapping[str, MakeOwner] = {
    CATALOG_UPLOADS: CatalogOwner,
    INTERACTION_UPLOADS: partial(LogOwner, schema=INTERACTIONS),
    QUERY_UPLOADS: partial(LogOwner, schema=QUERIES),
    PAIR_UPLOADS: PairsOwner,
}
ATTEMPTS = 10
"""Most attempts of one call, where other workers keep coming between; then the message is delivered again."""

_MAPPED = (CATALOG_UPLOADS, INTERACTION_UPLOADS, QUERY_UPLOADS)


@runtime_checkable
class ReadsOwnFormats(Protocol):
    """An owner of files that hold no rows."""

    def kind_of(self, key: str) -> str:
        """How the file of this name is read. Raises FileError."""


def preprocess_upload(
    store: ObjectStore,
    key: str,
    announced: Announced | None = None,
    owners: Mapping[str, MakeOwner] = OWNERS,
    erased_since: ErasedSince = nobody_erased,
) -> Report:
    """Reads the upload at `key` as it is now and leaves the state that its content asks for, however often
    and by however many callers it is processed. Where nothing lies there any more, what it owned goes.

    What cannot be read is a report, never an exception; only the store's own failures raise. A version that
    is done is not read again: its report is returned. `announced` is what S3's event says of a version,
    `owners` who takes which prefix. Rows of people who were `erased_since` the upload was written are left
    out of logs; a person may come back with a later upload.
    """
    key = key.removesuffix(CONFIRM)
    if not key.startswith(UPLOADS) or key.endswith("/"):
        return _nothing_read(key, "not_an_upload", f"Uploads are files under {UPLOADS}.")
    for attempt in range(1, ATTEMPTS + 1):
        entry = store.head(key)
        before, etag = load_versioned(store, key)
        version = _version(key, entry, before, announced, _mapping(store, key))
        if before is not None and _is_done(store, version, before):
            _drop_stale_quarantine(store, entry, before)
            return before
        try:
            report = _process(store, version, entry, before, owners, erased_since=erased_since)
            if report is None:
                return _nothing_read(
                    key, "upload_gone", "The upload was deleted before it was read; upload it again."
                )
            save_report(store, report, over=etag)
        except (OvertakenError, ConflictError, NotFoundError):
            if attempt == ATTEMPTS:
                raise
            continue
        if store.head(key) == entry:
            return report
    raise ConflictError(f"{key} is being uploaded again and again")


def quarantine_key(key: str) -> str:
    """Key of the rejected rows of an upload: under its own name, since they can be uploaded again as they
    are. Rows of a Parquet or XML file are JSON Lines there, those of an Excel workbook CSV."""
    form = format_of(key)
    return beside(key, QUARANTINE, form.kept_as if form is not None else "")


def _version(
    key: str, entry: Entry | None, before: Report | None, announced: Announced | None, mapping: str
) -> Version:
    """Version of the object at the key. Its sequencer is known once the event that announced just this has
    come."""
    if entry is None:
        return Version(key)
    known = ""
    if before is not None and (before.etag, before.uploaded) == (entry.etag, entry.modified):
        known = before.sequencer
    if announced is not None and announced.etag == entry.etag:
        known = max(known, announced.order)
    return Version(key, entry.etag, entry.modified, known, mapping)


def _mapping(store: ObjectStore, key: str) -> str:
    return mapping_digest(store, key) if key.startswith(_MAPPED) else ""


def _mapping_of(upload: Upload) -> FileMapping:
    """The mapping of the upload. Raises FileError where the mapping has faults."""
    key = upload.version.key
    return load_mappings(upload.store).of(key) if key.startswith(_MAPPED) else NOTHING_SAID


def _is_done(store: ObjectStore, version: Version, report: Report) -> bool:
    if version.is_gone:
        return report.deleted
    if report.deleted or (report.etag, report.mapping) != (version.etag, version.mapping):
        return False
    if report.uploaded == 0.0:  # of before files owned rows: they do from their next version on
        return report.problem is None
    if (report.uploaded, report.sequencer) != (version.modified, version.sequencer):
        return False
    held = report.problem is not None and report.problem["code"] == HELD_BACK
    return not (held and is_confirmed(store, version))


def _process(
    store: ObjectStore,
    version: Version,
    entry: Entry | None,
    before: Report | None,
    owners: Mapping[str, MakeOwner],
    *,
    erased_since: ErasedSince,
) -> Report | None:
    """None where nothing is there and nothing was."""
    started = time.monotonic()
    report = Report(version.key, version.etag, version.modified, version.sequencer, deleted=version.is_gone)
    report.mapping = version.mapping
    suffix = ending_of(version.key)[:LONGEST_ENDING]
    with TemporaryDirectory() as folder:
        path, quarantine = Path(folder) / f"upload{suffix}", Path(folder) / f"quarantine{suffix}"
        rejected = store.head(quarantine_key(version.key))
        with Rejects(report, quarantine, path) as rejects:
            upload = Upload(store, version, path, report, rejects, before, erased_since)
            _take(upload, entry, owners)
        _publish_quarantine(store, quarantine, report, rejected)
    if version.is_gone and before is None and not report.removed:
        return None
    report.seconds = round(time.monotonic() - started, 3)
    return report


def _take(upload: Upload, entry: Entry | None, owners: Mapping[str, MakeOwner]) -> None:
    """Reads the upload, if there is an entry, to its end and lets it own what it holds."""
    key, report = upload.version.key, upload.report
    make = next((owner for prefix, owner in owners.items() if key.startswith(prefix)), None)
    if key == MAPPING_KEY:
        if entry is not None:
            report.problem = check_mapping(upload.store)
            report.recognised = "how the columns of uploads are named"
    elif make is not None:
        with make(upload) as owner:
            sheet = _read(upload, owner, entry) if entry is not None else None
            _publish(upload, owner)
            if sheet is not None:
                _tell_of(sheet, report)
    elif entry is not None:
        prefixes = " or ".join(owners)
        _say(report, FileError("unknown_prefix", f"Nothing reads this prefix; upload to {prefixes}."))


def _read(upload: Upload, owner: Owner, entry: Entry) -> Worksheet | None:
    """Lets the owner read the file as far as it can be read. Returns the sheet of a workbook."""
    sheet = None
    try:
        kind, sheet = _fetch(upload, owner, entry)
        owner.read(kind, _mapping_of(upload))
        if not upload.report.rows_read and not isinstance(owner, ReadsOwnFormats):
            raise FileError("no_rows", "The file holds no rows (below its header, if it has one); add some.")
    except FileError as error:
        _say(upload.report, error)
    return sheet


def _publish(upload: Upload, owner: Owner) -> None:
    try:
        owner.publish()
    except FileError as error:
        upload.report.holds = upload.before.holds if upload.before else None
        _say(upload.report, error)
    if isinstance(owner, CatalogOwner):
        mark_everything(upload.store)


def _say(report: Report, error: FileError) -> None:
    earlier = f" ({report.problem['message']})" if report.problem else ""
    report.problem = {"code": error.code, "message": error.message + earlier}


def _fetch(upload: Upload, owner: Owner, entry: Entry) -> tuple[str, Worksheet | None]:
    """Brings the file to its path. Returns how it is to be read, and of a workbook the sheet, as a table.
    Raises FileError."""
    if isinstance(owner, ReadsOwnFormats):
        kind = owner.kind_of(entry.key)
        _download(upload, entry)
        return kind, None
    catalog = isinstance(owner, CatalogOwner)
    require_known(entry.key, catalog=catalog)
    _download(upload, entry)
    form = format_at(entry.key, upload.path, catalog=catalog)
    upload.rejects.kept_as = form.kept_as
    if form is WORKBOOK:
        return "csv", rewrite_as_table(upload.path, currencies=may_be_money if catalog else None)
    return form.kind, None


def _download(upload: Upload, entry: Entry) -> None:
    if entry.size > MAX_FILE_BYTES:
        raise too_large()
    upload.store.download(entry.key, upload.path)


def _tell_of(sheet: Worksheet, report: Report) -> None:
    """Instead of what is true of the table that the sheet was rewritten as."""
    title_lines = {name: value for name, value in report.read_as.items() if name == TITLE_LINES}
    report.read_as = {"format": WORKBOOK.title, "sheet": sheet.title, **title_lines}
    report.notes = [*sheet.notes, *report.notes]
    report.renumber(sheet.row)


def _publish_quarantine(store: ObjectStore, path: Path, report: Report, before: Entry | None) -> None:
    """Replaces the quarantine of the version before. Raises ConflictError."""
    key = quarantine_key(report.key)
    if report.rejected:
        store.upload_over(path, key, before.etag if before else "")
        report.quarantine = key
    elif before is not None:
        store.delete_version(key, before.etag)


def _drop_stale_quarantine(store: ObjectStore, entry: Entry | None, report: Report) -> None:
    """Removes the quarantine of an older version, written by a worker that was overtaken and has ended since.
    One that belongs to a newer version is written after that version came. Raises ConflictError."""
    stale = None if report.quarantine else store.head(quarantine_key(report.key))
    if stale is not None and store.head(report.key) == entry:
        store.delete_version(stale.key, stale.etag)


def _nothing_read(key: str, code: str, message: str) -> Report:
    return Report(key, problem={"code": code, "message": message})
