"""Rejected rows: counted in the report, kept verbatim in the quarantine file."""

import gzip
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, BinaryIO, Self, cast
from zipfile import ZIP_DEFLATED, ZipFile

from object2vec.ingest.readers.archive import ARCHIVE, only_file
from object2vec.ingest.readers.blocks import would_be_misread
from object2vec.ingest.report import Report


class Rejects:
    """Writes each rejected row as it was uploaded, so that the file can be mended and uploaded again.

    A CSV file keeps its header, a `.gz` or `.zip` its packing; a row that would make the file look like
    something else at its start follows a blank line. Without rejected rows there is no file.
    """

    def __init__(self, report: Report, path: Path, upload: Path) -> None:
        self.header = b""
        self.kept_as = ""
        """The ending of the rows' format, where that is not the upload's."""
        self._report = report
        self._path = path
        self._upload = upload
        self._file: IO[bytes] | None = None
        self._open_files = ExitStack()

    def add(self, code: str, line: int, raw: bytes) -> None:
        """Refuses the row that begins on `line`."""
        self._report.reject(code, line, raw)
        if self._file is None:
            self._file = self._open()
            if not self.header and would_be_misread(raw):
                self._file.write(b"\n")
        self._file.write(_ended(raw))

    def _open(self) -> IO[bytes]:
        make = gzip.open if self._path.suffix == ".gz" else open
        if self._path.suffix == ARCHIVE:
            archive = self._open_files.enter_context(ZipFile(self._path, "w", ZIP_DEFLATED))
            name = Path(only_file(self._upload)).name + self.kept_as
            file = self._open_files.enter_context(archive.open(name, "w"))
        else:
            file = self._open_files.enter_context(cast(BinaryIO, make(self._path, "wb")))
        file.write(_ended(self.header))
        return file

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open_files.close()


def _ended(row: bytes) -> bytes:
    return row if not row or row.endswith(b"\n") else row + b"\n"
