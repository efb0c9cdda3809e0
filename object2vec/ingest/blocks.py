"""An upload as a stream of blocks of whole lines, so that memory does not depend on the file's size."""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from object2vec.ingest.problems import MAX_ROW_BYTES, MAX_ROWS, MAX_UNPACKED_BYTES, FileError, too_large

BLOCK_BYTES = 8 << 20

BOM = b"\xef\xbb\xbf"
_FOREIGN = {
    b"\x1f\x8b": "gzip data; give the file a name that ends in .gz",
    b"PK\x03\x04": "a zip archive or a spreadsheet; export it as CSV in UTF-8",
    b"PAR1": "a Parquet file; give it a name that ends in .parquet",
    b"\xff\xfe": "UTF-16 text; convert it: iconv -f UTF-16 -t UTF-8 FILE > NEW",
    b"\xfe\xff": "UTF-16 text; convert it: iconv -f UTF-16 -t UTF-8 FILE > NEW",
}


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines with their line ends (the file's last line may lack one)."""

    first_line: int
    data: bytes


def read_blocks(path: Path, block_bytes: int = BLOCK_BYTES) -> Iterator[Block]:
    """Blocks of about `block_bytes` in file order; `.gz` is decompressed on the way, a UTF-8 BOM is dropped.
    Raises FileError for an empty or foreign file, and where the data breaks off or unpacks without end; the
    whole lines before that place have been given by then."""
    with _open(path) as file:
        start, damage = _read(file, block_bytes)
        if damage and not start:
            raise _broken(0, damage)
        _refuse_foreign(start)
        rest, line, ended = start.removeprefix(BOM), 1, False
        unpacked = len(start)
        while rest or damage:
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
            if damage:
                raise _broken(line - 1, damage)
            more, damage = (b"", None) if ended else _read(file, block_bytes)
            ended = not more and not damage
            unpacked += len(more)
            if unpacked > MAX_UNPACKED_BYTES or line > MAX_ROWS:
                raise too_large()
            rest += more


def line_feeds(data: bytes) -> int:
    """How many there are; several times as quick as `bytes.count`."""
    return int(np.count_nonzero(np.frombuffer(data, np.uint8) == ord("\n")))


def _open(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path)) if path.suffix == ".gz" else open(path, "rb")


def _read(file: BinaryIO, size: int) -> tuple[bytes, Exception | None]:
    """The next bytes, and what ended them early."""
    pieces: list[bytes] = []
    left = size
    try:
        while left > 0 and (piece := file.read1(left)):  # type: ignore[attr-defined]  # both kinds of file have it
            pieces.append(piece)
            left -= len(piece)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        return b"".join(pieces), error
    return b"".join(pieces), None


def _broken(line: int, damage: Exception) -> FileError:
    return FileError(
        "broken_gzip", f"The gzip data is damaged after line {line}: {damage}. Compress it again."
    )


def _refuse_foreign(start: bytes) -> None:
    if not start.removeprefix(BOM).strip():
        raise FileError("empty_file", "The file is empty; upload one that holds rows.")
    for magic, what in _FOREIGN.items():
        if start.startswith(magic):
            raise FileError("not_text", f"This is {what}.")
    if _is_utf16(start):
        raise FileError(
            "not_text", "This is not UTF-8 text; if it is UTF-16: iconv -f UTF-16LE -t UTF-8 FILE > NEW."
        )


def would_be_misread(row: bytes) -> bool:
    """Whether a file that begins with this row is not taken for rows of text, or loses its first bytes."""
    return row.startswith((BOM, *_FOREIGN)) or _is_utf16(row)


def _is_utf16(start: bytes) -> bool:
    line = start.split(b"\n", 1)[0][:1000]
    return line.count(b"\0") * 4 > len(line)
