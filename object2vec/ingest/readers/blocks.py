"""An upload as a stream of blocks of whole lines, so that memory does not depend on the file's size."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from object2vec.ingest.readers.encoding import UTF8_BOM, Encoding, by_nulls, encoding_of, utf8
from object2vec.ingest.rules import MAX_ROW_BYTES, MAX_ROWS, FileError, too_large

BLOCK_BYTES = 8 << 20

_FOREIGN = {
    b"PK\x03\x04": "an Excel workbook or a zip archive; give it a name that ends in .xlsx or .zip",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet, or one with a password; save it as .xlsx without one",
    b"PAR1": "a Parquet file; give it a name that ends in .parquet",
    b"%PDF": "a PDF, made to be printed; export the table itself, as CSV or .xlsx",
}
_PAGES = (b"<!doctype html", b"<html", b"<table", b"<head")
_PAGE_BYTES = 64


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines with their line ends (the file's last line may lack one)."""

    first_line: int
    data: bytes


def read_blocks(
    path: Path, block_bytes: int = BLOCK_BYTES, encoding: Encoding | None = None
) -> Iterator[Block]:
    """Blocks of about `block_bytes` in file order, unpacked and in UTF-8 (without `encoding`, by the mark at
    the file's beginning). Raises FileError for an empty or foreign file, and where the data breaks off or
    unpacks without end."""
    pieces = utf8(path, encoding or encoding_of(path), block_bytes)
    rest, line, ended = _next(pieces, 1), 1, False
    refuse_foreign(rest)
    while rest:
        cut = rest.rfind(b"\n") + 1
        if cut or ended:
            block = Block(line, rest[: cut or len(rest)])
            line += line_feeds(block.data)
            rest = rest[len(block.data) :]
            yield block
        elif len(rest) > MAX_ROW_BYTES:
            raise FileError(
                "line_too_long",
                f"Line {line} is longer than {MAX_ROW_BYTES >> 20} MB; end each row with a line feed.",
            )
        more = b"" if ended else _next(pieces, line)
        ended = not more
        if line > MAX_ROWS:
            raise too_large()
        rest += more


def line_feeds(data: bytes) -> int:
    """Number of line feeds; several times as quick as `bytes.count`."""
    return int(np.count_nonzero(np.frombuffer(data, np.uint8) == ord("\n")))


def refuse_foreign(start: bytes) -> None:
    """Raises FileError for the first bytes of a file that holds no text."""
    for magic, what in _FOREIGN.items():
        if start.startswith(magic):
            raise FileError("not_text", f"This is {what}.")
    if start[:_PAGE_BYTES].lstrip().lower().startswith(_PAGES):
        raise FileError(
            "not_text",
            "This is a web page (HTML): what a shop shows instead of an export, a log-in for example, or a "
            "table that is called a spreadsheet. Export again, or open it in Excel and save it as .xlsx.",
        )


def would_be_misread(row: bytes) -> bool:
    """Whether a file that begins with this row is not taken for rows of text, or loses its first bytes."""
    marks = (UTF8_BOM, b"\x1f\x8b", b"\xff\xfe", b"\xfe\xff", *_FOREIGN)
    return row.startswith(marks) or by_nulls(row) != "utf-8"


def _next(pieces: Iterator[bytes], line: int) -> bytes:
    try:
        return next(pieces, b"")
    except FileError as error:
        if error.code != "broken_gzip":
            raise
        raise FileError(
            error.code, error.message.replace("damaged:", f"damaged after line {line}:")
        ) from error
