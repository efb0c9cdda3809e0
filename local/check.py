"""`check FILE`: how a file would be read, before and after, and what would be rejected; nothing is stored."""

import shutil
from collections.abc import Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import orjson
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from local.console import console
from local.trial import KINDS, UploadTrial, as_upload, told_apart
from object2vec.core.catalog import CatalogItem
from object2vec.ingest.catalog.decisions import STORED
from object2vec.ingest.exports.headings import may_be_money
from object2vec.ingest.formats import WORKBOOK, format_of
from object2vec.ingest.logs.schema import LOGS
from object2vec.ingest.logs.tables import sample_of
from object2vec.ingest.mapping import MAPPING_KEY
from object2vec.ingest.pictures.decode import is_picture
from object2vec.ingest.preprocess import preprocess_upload, quarantine_key
from object2vec.ingest.readers.encoding import encoding_of, head_of
from object2vec.ingest.readers.tables import all_named, table_head
from object2vec.ingest.readers.workbook import rewrite_as_table
from object2vec.ingest.report import Reason, Report
from object2vec.ingest.rules import FileError
from object2vec.storage import FolderStore, item_log

SHOWN = 3
_WIDTH, _VALUE = 300, 40


def check(path: Path, mapping: Path | None) -> int:
    """Prints what an upload of the file would do; the kind is that of the folder it lies in, or, where that
    says none, the one that reads it. Exit status: 0 where rows would be loaded, 2 where none would."""
    for given in filter(None, (path, mapping)):
        if not given.is_file():
            console.print(f"[red]There is no file {given}[/]")
            return 2
    said = mapping or _mapping_of(path)
    kind = next((part for part in reversed(path.resolve().parts[:-1]) if part in KINDS), "")
    with TemporaryDirectory() as folder, TemporaryDirectory() as scratch:
        if said is not None and (problem := _fault_of(said, Path(folder))):
            console.print(f"[red]{problem}[/]", markup=True)
            return 2
        if kind:
            found = [as_upload(path, kind, said, Path(folder))]
        else:
            found = told_apart(path, said, Path(folder))
            _show_kind(found)
        text = _as_text(path, Path(scratch), catalog=len(found) > 1 or found[0].kind == "catalog")
        if len(found) > 1:
            if not is_picture(path.name):
                _show_columns(text)
            return 2
        _show(found[0], text)
        report = found[0].report
    return 0 if report.accepted and report.problem is None else 2


def _fault_of(mapping: Path, folder: Path) -> str:
    """What is wrong with a mapping, '' for nothing."""
    store = FolderStore(folder / "mapping")
    store.upload(mapping, MAPPING_KEY)
    problem = preprocess_upload(store, MAPPING_KEY).problem
    return problem["message"] if problem is not None else ""


def _as_text(path: Path, folder: Path, *, catalog: bool) -> Path:
    """The file, or the table that a workbook is read as."""
    if format_of(path.name) is not WORKBOOK:
        return path
    table = Path(shutil.copy(path, folder / f"{path.stem}.csv"))
    with suppress(FileError):  # said when it is read as an upload
        rewrite_as_table(table, currencies=may_be_money if catalog else None)
    return table


def _mapping_of(path: Path) -> Path | None:
    """The mapping of the folder of uploads that the file lies in."""
    found = [parent / "mapping.json" for parent in path.resolve().parents if parent.name == "uploads"]
    return found[0] if found and found[0].is_file() else None


def _show_kind(found: Sequence[UploadTrial]) -> None:
    """Where the file belongs; or, where nothing reads it, what it lacks for the kinds that it resembles."""
    if len(found) == 1:
        there = ": put it there" if found[0].report.accepted else ""
        console.print(f"Read as it would be in uploads/{found[0].kind}/{there}", markup=False)
        return
    alike = [trial for trial in found if trial.resembles] or [one for one in found if one.kind == "catalog"]
    for trial in alike:
        console.print(f"Not read in uploads/{trial.kind}/: {_why_nothing(trial.report)}", markup=False)


def _why_nothing(report: Report) -> str:
    """Why no row would be loaded."""
    if report.problem is not None:
        return report.problem["message"]
    return max(report.reasons.values(), key=lambda reason: reason.count).message


def _show(trial: UploadTrial, text: Path) -> None:
    report = trial.report
    if report.recognised:
        console.print(f"Recognised as {report.recognised}", markup=False)
    if report.read_as:
        console.print(", ".join(f"{name}: {value}" for name, value in report.read_as.items()), markup=False)
    console.print(report.summary(), markup=False)
    _show_fields(report)
    _show_unused(report)
    _show_rejected(report)
    if trial.kind == "images":
        return
    if report.problem is not None and not report.accepted:
        _show_columns(text)
    elif trial.kind == "catalog":
        _show_items(trial.store, text, report.key)
    elif trial.kind in LOGS:
        _show_rows(trial.store, text, report)


def _show_fields(report: Report) -> None:
    """The fields that columns became, the weights of types of events, and the forms of times."""
    if report.fields:
        table = Table("field", "from", "type", box=SIMPLE_HEAD)
        for field in report.fields:
            if not field.columns:  # made of columns that this file lacks
                continue
            table.add_row(field.name, ", ".join(field.columns), field.type)
        console.print(table)
    for sentence in report.weights:
        console.print(f"  {sentence}", markup=False)
    if report.times:
        console.print(f"  times: {', '.join(f'{many:,} as {style}' for style, many in report.times.items())}")


def _show_unused(report: Report) -> None:
    """Rows and columns that are read but not used, and notes."""
    for reason in report.left_out.values():
        _show_reason("row", reason, " left out")
    for column, why in report.unused.items():
        begins = "" if why.startswith(STORED) else "not stored: "
        console.print(f"  {begins}{column}: {why}", markup=False)
    for note in report.notes:
        console.print(f"  note: {note}", markup=False)


def _show_rejected(report: Report) -> None:
    """Cells and rows that are rejected, by reason."""
    for column, codes in report.cells.items():
        for reason in codes.values():
            _show_reason("cell", reason, f" of {column}")
    for reason in report.reasons.values():
        _show_reason("row", reason)


def _show_reason(what: str, reason: Reason, more: str = "") -> None:
    what += "s" * (reason.count > 1) + more
    lines = ", ".join(map(str, reason.lines[:5]))
    example = f" For example: {reason.examples[0][:100]}" if reason.examples else ""
    console.print(f"  {reason.count:,} {what} (line {lines}): {reason.message}{example}", markup=False)


def _show_items(store: FolderStore, path: Path, key: str) -> None:
    """The first rows as they are in the file, and the first items as they would be stored."""
    _show_lines(path)
    console.print(f"[bold]and as they would be stored[/] (rejected rows: {quarantine_key(key)})")
    items = item_log.replay(item_log.read(store))[0].values()
    for item in islice(items, SHOWN):
        console.print(f"  {_shown(item)}", markup=False)


def _show_rows(store: FolderStore, path: Path, report: Report) -> None:
    """The first rows of a log as they are in the file, and as they would be stored."""
    _show_lines(path)
    where = f" (rejected rows: {report.quarantine})" if report.quarantine else ""
    console.print(f"[bold]and as they would be stored[/]{where}")
    for output in report.outputs:
        with TemporaryDirectory() as folder:
            curated = Path(folder) / "rows.parquet"
            store.download(output, curated)
            rows = duckdb.read_parquet(str(curated)).limit(SHOWN)
            for row in rows.fetchall():
                said = dict(zip(rows.columns, row, strict=True))
                console.print(f"  {orjson.dumps(said).decode()[: 3 * _WIDTH]}", markup=False)


def _show_columns(path: Path) -> None:
    """What stands below each heading of a table of which no row would be loaded, so that its columns can be
    named in a mapping; of another file, how it begins."""
    form = format_of(path.name)
    if form is None or form.kind != "csv":
        _show_lines(path)
        return
    with suppress(FileError):
        head = all_named(table_head(path))
        table = Table("column", f"its first {SHOWN} values", box=SIMPLE_HEAD)
        for name, values in sample_of(path, head).items():
            table.add_row(escape(name), escape(", ".join(value[:_VALUE] for value in values[:SHOWN])))
        console.print(table)
        console.print(f"Name the columns that are needed in {MAPPING_KEY}.", markup=False)


def _show_lines(path: Path) -> None:
    console.print(f"\n[bold]The first {SHOWN} as they are[/]")
    lines = _head_of(path)
    above = bool(lines) and lines[0].lower().startswith(("sep=", '"sep='))  # Excel's own line
    for line in lines[: SHOWN + 1 + above]:
        console.print(f"  {line[:_WIDTH]}", markup=False)


def _head_of(path: Path) -> list[str]:
    if path.suffix.lower() == ".parquet":
        return ["(Parquet holds no lines to show)"]
    try:
        return head_of(path, encoding_of(path, guess=True)).decode("utf-8", "replace").splitlines()
    except FileError:
        return []


def _shown(item: CatalogItem) -> str:
    record = {"label": item.id, "text": item.text[:_WIDTH], "metadata": item.metadata}
    return orjson.dumps(record).decode()[: 3 * _WIDTH]
