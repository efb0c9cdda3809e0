"""The one file of a `.zip`, as shops send their exports: found within bounds, read as a stream."""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from object2vec.ingest.rules import FileError

ARCHIVE = ".zip"
MAX_DIRECTORY_BYTES = 1 << 20
"""Most bytes of the list of files, which is read as a whole: about ten thousand names."""

_END = struct.Struct("<4s4H2LH")  # PKWARE's APPNOTE: end of central directory record
_END_MARK = b"PK\x05\x06"
_SHEET = "[Content_Types].xml"
_NOTES = (".txt", ".md", ".pdf", ".html", ".log", ".jpg", ".png")
"""Endings of files that lie next to an export and are none."""
_SHOWN = 5


def only_file(path: Path) -> str:
    """The name of the file that the archive is there for. Raises FileError where it holds none or several."""
    with _archive(path) as archive:
        return _only_file(archive)


def unzipped(path: Path, size: int) -> Iterator[bytes]:
    """The bytes of that file in pieces of at most `size`. Raises FileError."""
    with _archive(path) as archive, archive.open(_only_file(archive)) as file:
        while piece := file.read(size):
            yield piece


def _only_file(archive: zipfile.ZipFile) -> str:
    names = [one.filename for one in archive.infolist() if not _is_litter(one)]
    if _SHEET in names:
        raise FileError("not_text", "This is a spreadsheet; name it .xlsx, or save the sheet as CSV.")
    rows = [name for name in names if not name.lower().endswith(_NOTES)] or names
    if len(rows) == 1:
        return rows[0]
    shown = ", ".join(rows[:_SHOWN]) or "none"
    raise FileError(
        "not_one_file",
        f"A zip archive must hold one file of rows; this one holds {len(rows):,}: {shown}. Unpack it and "
        "upload each file by itself.",
    )


def _is_litter(member: zipfile.ZipInfo) -> bool:
    """Folders, and what macOS and others add."""
    *folders, name = member.filename.split("/")
    return member.is_dir() or "__MACOSX" in folders or name.startswith(".")


@contextmanager
def _archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """Opened, with its troubles in plain words."""
    try:
        _refuse_long_directory(path)
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise FileError(
            "broken_zip", f"The zip archive is damaged or cut off: {error}. Pack it again."
        ) from error
    except (NotImplementedError, RuntimeError) as error:  # a password, or a method that zipfile lacks
        raise FileError(
            "broken_zip", f"The zip archive cannot be unpacked: {error}. Pack it again, without a password."
        ) from error


def _refuse_long_directory(path: Path) -> None:
    with open(path, "rb") as file:
        file.seek(max(0, path.stat().st_size - (1 << 16) - _END.size))
        tail = file.read()
    place = tail.rfind(_END_MARK)
    if place < 0 or len(tail) - place < _END.size:
        raise zipfile.BadZipFile("its list of files is missing")
    size = _END.unpack_from(tail, place)[5]
    if size > MAX_DIRECTORY_BYTES:
        raise FileError(
            "not_one_file", "The zip archive holds thousands of files; upload the one that has the rows."
        )
