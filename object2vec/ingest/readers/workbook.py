"""An Excel workbook (`.xlsx`) rewritten as a text table, so that everything else reads it as it reads a CSV.

openpyxl reads row by row, and keeps in memory the styles, the texts that cells share, and one row. How much
of these a workbook may hold is bounded before it is opened.
"""

import csv
import re
import warnings
import zipfile
import zlib
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, time
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, TextIO
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException

from object2vec.ingest.cells.numbers import CURRENCIES, currency
from object2vec.ingest.rules import MAX_COLUMNS, FileError

MAX_SHEET_BYTES = 1 << 30
"""Most XML of a sheet: about what is read in five minutes."""
MAX_SHARED_BYTES = 128 << 20
MAX_SHARED_TEXTS = 3_000_000
MAX_PART_BYTES = 16 << 20
"""Most bytes of a part that is read as a whole: a row, one shared text, styles, links."""
MAX_SHEET_ROWS = 1 << 20
"""Most rows of a sheet, as many as Excel has."""
MAX_CELLS = 100_000_000
_LOOKED_AT = 100  # rows of each sheet, to find the one with the table
_EXACT = 10**15
"""Excel keeps fifteen digits; of a longer number the rest is gone."""
_PIECE = 1 << 20
_ENDS = re.compile(rb"</(?:\w+:)?(?:row|si)>|<(?:\w+:)?(?:row|si)\b[^<>]*/>")
_SHARED = re.compile(rb"</(?:\w+:)?si>|<(?:\w+:)?si\b[^<>]*/>")
_NO_RESULT = re.compile(rb"</(?:\w+:)?f>(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?</(?:\w+:)?c>")
_CONTENT = "[Content_Types].xml"
_ZEROS = re.compile(r"0{2,}")
_CURRENCY = re.compile(r"\[\$([^\]-]+)[^\]]*\]|([€£¥₹$])|\b([A-Z]{3})\b")
_NO_CURRENCY = re.compile(r"\[(?:\$-[^\]]*|[^$\]][^\]]*)\]")
"""`[$-407]` is a language, `[RED]` and `[>100]` are a colour and a condition."""
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_TROUBLES = (
    zipfile.BadZipFile, zlib.error, DefusedXmlException, ParseError, ArithmeticError, AttributeError,
    LookupError, OSError, RuntimeError, TypeError, ValueError,
)  # fmt: skip
"""Errors that openpyxl raises over a damaged workbook, or one that is not written as Excel does."""

HasCurrencies = Callable[[str], bool]
"""Whether a column under this heading may be one of amounts of money."""


@dataclass(frozen=True, slots=True)
class Worksheet:
    """The sheet of a workbook that was rewritten as a table."""

    title: str
    rows: Sequence[int]
    """Row of the sheet of each line of the table."""
    notes: list[str] = field(default_factory=list)

    def row(self, line: int) -> int:
        """Row of the sheet in which a line of the table stands."""
        return self.rows[line - 1] if line <= len(self.rows) else line


def rewrite_as_table(path: Path, *, currencies: HasCurrencies | None = None) -> Worksheet:
    """Puts a table of comma-separated values in the place of the workbook: of its visible sheets, the one
    whose first rows hold most. Dates become ISO 8601, numbers what Excel keeps of them, with the currency of
    their format in columns that may have `currencies`; a cell with an error is empty. Raises FileError."""
    from openpyxl import load_workbook

    scratch = path.with_name("sheet.csv")
    with _in_plain_words(), warnings.catch_warnings(), open(path, "rb") as file:
        warnings.simplefilter("ignore")  # about themes and extensions, which a table does without
        notes = _within_bounds(file)
        workbook = load_workbook(file, read_only=True, data_only=True)
        sheets = [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
        for sheet in sheets:
            sheet.reset_dimensions()  # which some programs write wrong
        held = [_cells_at_the_top(sheet) for sheet in sheets]
        if not any(held):
            raise FileError("empty_file", "The workbook has no rows on a visible sheet; upload one that has.")
        sheet = sheets[held.index(max(held))]
        with open(scratch, "w", encoding="utf-8", newline="") as table:
            width = _write(sheet, table, currencies=currencies)
    unread = [repr(one.title) for one, cells in zip(sheets, held, strict=True) if cells and one is not sheet]
    if unread:
        notes.append(
            f"Of the workbook the sheet {sheet.title!r} is read; {', '.join(unread)} is not: save it as a "
            "workbook of its own if it holds items or events."
        )
    return Worksheet(sheet.title, _padded(scratch, path, width), notes)


def _cells_at_the_top(sheet: Any) -> int:
    rows = islice(sheet.iter_rows(values_only=True), _LOOKED_AT)
    return sum(value is not None for row in rows for value in row)


def _write(sheet: Any, table: TextIO, *, currencies: HasCurrencies | None) -> int:
    """Writes the rows without the empty cells at their ends. Returns how many cells the longest has."""
    writer = csv.writer(table, quoting=csv.QUOTE_ALL, lineterminator="\n")
    width = cells = 0
    without: set[int] = set()  # columns, by their place
    for place, row in enumerate(sheet.iter_rows()):
        if currencies is not None and place < _LOOKED_AT:
            headings = ((at, cell.value) for at, cell in enumerate(row) if isinstance(cell.value, str))
            without |= {at for at, heading in headings if not currencies(heading)}
        texts = [
            _text(cell, currencies=currencies is not None and at not in without)
            for at, cell in enumerate(row)
        ]
        while texts and not texts[-1]:
            texts.pop()
        width, cells = max(width, len(texts)), cells + len(row)
        if width > MAX_COLUMNS or cells > MAX_CELLS:
            raise too_much(f"more than {MAX_COLUMNS:,} columns or {MAX_CELLS:,} cells")
        writer.writerow(texts)
    return width


def _text(cell: Any, *, currencies: bool) -> str:
    value = cell.value
    if value is None or cell.data_type == "e":
        return ""
    if isinstance(value, str):
        value = _ESCAPED.sub(lambda code: chr(int(code[1], 16)), value)
        return value.replace("\r\n", "\n").replace("\r", "\n")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        code = _currency_of(cell.number_format) if currencies else ""
        return f"{_number(value, cell.number_format)} {code}".rstrip()
    if isinstance(value, datetime):
        return (value if value.time() != time() else value.date()).isoformat()
    return str(value)


@lru_cache(maxsize=1_024)
def _currency_of(shown_as: str) -> str:
    """The ISO code that a format says: `#,##0.00 [$€-407]`, `"$"#,##0`, `0.00 "CHF"`."""
    for found in _CURRENCY.finditer(_NO_CURRENCY.sub("", shown_as)):
        sign = next(filter(None, found.groups())).strip()
        if code := CURRENCIES.get(sign) or (len(sign) == len("EUR") and currency(f"1 {sign}")):
            return code
    return ""


def _number(value: float, shown_as: str) -> str:
    if abs(value) >= _EXACT:
        return f"{value:.14E}"  # as a number with lost digits, which is no id
    if value != int(value):
        return f"{value:.15g}"
    return str(int(value)).zfill(len(shown_as) if _ZEROS.fullmatch(shown_as) else 0)


def _padded(scratch: Path, target: Path, width: int) -> Sequence[int]:
    """Gives every row the same number of cells, and an empty row none. Returns, by line, the row."""
    rows = array("q")
    with (
        open(scratch, encoding="utf-8", newline="") as short,
        open(target, "w", encoding="utf-8", newline="") as table,
    ):
        writer = csv.writer(table, quoting=csv.QUOTE_ALL, lineterminator="\n")
        for place, row in enumerate(csv.reader(short), 1):
            writer.writerow(row and row + [""] * (width - len(row)))
            rows.extend([place] * (1 + sum(cell.count("\n") for cell in row)))
    scratch.unlink()
    return rows


def _within_bounds(file: BinaryIO) -> list[str]:
    """Raises FileError for a workbook that would take too much memory or time; else what to know of it."""
    without_result = 0
    with zipfile.ZipFile(file) as archive:
        if _CONTENT not in archive.namelist():
            raise FileError("not_a_workbook", "This is no Excel workbook; save the sheet as .xlsx or CSV.")
        if sum(part.file_size for part in archive.infolist()) > 2 * MAX_SHEET_BYTES:
            raise too_much(f"more than {2 * MAX_SHEET_BYTES >> 30} GB")
        for part in archive.infolist():
            if part.filename.lower().endswith((".xml", ".rels")):
                without_result += _scan(archive, part)
    file.seek(0)
    if not without_result:
        return []
    return [
        f"{without_result:,} formulas have no stored result, so that their cells are empty: open the file "
        "in Excel or LibreOffice, save it, and upload it again."
    ]


def _scan(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> int:
    """Number of formulas of a part that have no result. What a part is for its name does not tell, so that
    each is bounded as what it could be."""
    rows = texts = since = without_result = 0
    for piece in _pieces(archive, part):
        ends = [found.end() for found in _ENDS.finditer(piece)]
        since = len(piece) - ends[-1] if ends else since + len(piece)
        shared = len(_SHARED.findall(piece))
        rows, texts = rows + len(ends) - shared, texts + shared
        without_result += len(_NO_RESULT.findall(piece))
        if since > MAX_PART_BYTES:
            raise too_much(f"more than {MAX_PART_BYTES >> 20} MB in one row")
        if rows > MAX_SHEET_ROWS:
            raise too_much(f"more than {MAX_SHEET_ROWS:,} rows")
        if texts > MAX_SHARED_TEXTS:
            raise too_much(f"more than {MAX_SHARED_TEXTS:,} texts")
    most = MAX_SHARED_BYTES if texts else MAX_SHEET_BYTES
    if part.file_size > most:
        raise too_much(f"{part.filename} has more than {most >> 20} MB")
    return without_result


def _pieces(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """Cut between two tags, so that each is found whole."""
    rest = b""
    with archive.open(part) as file:
        while piece := file.read(_PIECE):
            cut = piece.rfind(b">") + 1
            yield rest + piece[:cut]
            rest = piece[cut:]
    yield rest


def too_much(what: str) -> FileError:
    """A workbook is read as a whole in part, so it is bounded more tightly than a text."""
    return FileError("too_large", f"The workbook holds too much ({what}); save the sheet as CSV.")


@contextmanager
def _in_plain_words() -> Iterator[None]:
    try:
        yield
    except _TROUBLES as error:
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise FileError(
            "broken_workbook",
            f"The workbook cannot be read: {why[:200]}. Open it in Excel or LibreOffice and save it again, "
            "or save the sheet as CSV.",
        ) from error
