"""Searches files of any kind for a person's id, with bounded memory."""

import gzip
import html
import json
import re
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, cast

import duckdb

from object2vec.core.sql import identifier
from object2vec.core.wording import as_markdown
from object2vec.storage import NotFoundError, ObjectStore

CHUNK = 4 << 20
_MAGIC_GZIP, _MAGIC_PARQUET, _MAGIC_SQLITE = b"\x1f\x8b", b"PAR1", b"SQLi"
_MAGIC_ZIP = b"PK\x03\x04"
_ENCODINGS = ("utf-8", "cp1252", "utf-16-le", "utf-16-be")
_NEAR = 16
"""Bytes beside an id that tell whether it is the whole id."""
_BEGAN = re.compile(r"(?:\w|-|[\w-][.@])\Z")
_GOES_ON = re.compile(r"(?!\.0+(?![\w.]))(?:\w|-|\\_|[.@][\w-])")
"""Of `ann.b`, in Markdown `ann\\_b`, `ann` is no mention; at the end of a sentence it is. 7 is one of 7.0, as
tables write it."""
_ESCAPES = ("\\t", "\\n", "\\r", "\\f", "\\b")
_ESCAPED = re.compile(r"\\+u([0-9a-fA-F]{4})")


class Mentions:
    """Finds an id that stands as a whole word, however the format or the encoding writes it."""

    def __init__(self, user_id: str) -> None:
        self._user_id = user_id
        self._codecs = _forms(user_id)
        forms = sorted(self._codecs, key=len, reverse=True)
        self._overlap = len(forms[0]) + 2 * _NEAR
        words = b"|".join(map(re.escape, forms))
        # In a report, a tab before the id is written \t: its t is no part of the word.
        begins = rb"(?:(?<![\w-])|(?<=\\[tnrfb])|(?<=\\u[0-9a-fA-F]{4}))"
        self._word = re.compile(begins + rb"(?:" + words + rb")(?![\w-])")

    def in_object(self, store: ObjectStore, key: str) -> bool:
        """Whether an object of the store mentions the id; False if it is gone."""
        with TemporaryDirectory() as folder:
            path = Path(folder) / "object"
            try:
                store.download(key, path)
            except NotFoundError:
                return False
            return self.in_file(path)

    def in_file(self, path: Path) -> bool:
        """Whether a file mentions the id. It may be compressed, an archive, an Excel workbook or Parquet.
        Content behind a damaged place cannot be read by anybody, and does not count."""
        with open(path, "rb") as file:
            start = file.read(4)
            file.seek(0)
            if start == _MAGIC_PARQUET:
                return self._in_parquet(path, file)
            if start == _MAGIC_SQLITE:
                return self._in_sqlite(path, file)
            if start == _MAGIC_ZIP:
                return self._in_zip(file)
            if not start.startswith(_MAGIC_GZIP):
                return self._in_stream(file)
            with gzip.GzipFile(fileobj=file) as unpacked:
                return self._in_stream(cast(BinaryIO, unpacked))

    def in_bytes(self, data: bytes) -> bool:
        """Whether a text in memory mentions the id."""
        return self._in_part(data, 0, len(data))

    def _in_part(self, data: bytes, begin: int, end: int) -> bool:
        """Whether an id stands whole between two places; the bytes beyond are for what stands beside it."""
        if not any(form in data for form in self._codecs):  # some fifty times faster than the pattern
            return False
        return any(
            begin <= found.start() and found.end() <= end and self._is_whole(found, data)
            for found in self._word.finditer(data)
        )

    def _is_whole(self, found: "re.Match[bytes]", data: bytes) -> bool:
        """Whether the id neither began before nor goes on behind, in letters beyond ASCII or after a sign."""
        codec = self._codecs[found[0]]
        near = min(found.start(), _NEAR) // 2 * 2  # whole letters of UTF-16
        before = _shown(data[found.start() - near : found.start()], codec)
        if _BEGAN.search(before) and not before.endswith(_ESCAPES):
            return False
        return not _GOES_ON.match(_shown(data[found.end() : found.end() + _NEAR], codec))

    def _in_stream(self, file: BinaryIO) -> bool:
        """Searches chunk by chunk. The end of each is searched again with the next: the id may lie across
        both."""
        rest, begin = b"", 0
        for chunk in _chunks(file):
            window = rest + chunk
            if self._in_part(window, begin, len(window) - _NEAR):
                return True
            if len(window) > self._overlap:
                rest, begin = window[-self._overlap :], _NEAR
            else:
                rest = window
        return self._in_part(rest, begin, len(rest))

    def _in_zip(self, file: BinaryIO) -> bool:
        """Searches each file of an archive; a damaged archive is searched as bytes."""
        try:
            with zipfile.ZipFile(file) as archive:
                for part in archive.infolist():
                    with archive.open(part) as stream:
                        if self._in_stream(cast(BinaryIO, stream)):
                            return True
            return False
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError):  # damaged, or with a password
            file.seek(0)
            return self._in_stream(file)

    def _in_parquet(self, path: Path, file: BinaryIO) -> bool:
        """Compares every cell; a damaged file is searched as bytes."""
        try:
            with duckdb.connect() as db:
                table = db.read_parquet(str(path))
                texts = (f"CAST({identifier(name)} AS VARCHAR)" for name in table.columns)
                same = " OR ".join(f"{text} IN ($1, $1 || '.0')" for text in texts)
                table.create_view("stored")
                found = db.execute(f"SELECT 1 FROM stored WHERE {same} LIMIT 1", [self._user_id])  # noqa: S608
                return found.fetchone() is not None
        except duckdb.Error:
            return self._in_stream(file)

    def _in_sqlite(self, path: Path, file: BinaryIO) -> bool:
        """Compares whole cells, since nothing separates cells in the file; a damaged file is searched as
        bytes."""
        try:
            with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
                tables = [
                    name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
                ]
                return any(self._in_table(db, table) for table in tables)
        except sqlite3.DatabaseError:
            return self._in_stream(file)

    def _in_table(self, db: sqlite3.Connection, table: str) -> bool:
        columns = [name for _, name, *_ in db.execute(f"PRAGMA table_info({identifier(table)})")]
        same = " OR ".join(f"CAST({identifier(column)} AS TEXT) = ?1" for column in columns)
        query = f"SELECT 1 FROM {identifier(table)} WHERE {same} LIMIT 1"  # noqa: S608
        return db.execute(query, (self._user_id,)).fetchone() is not None


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    try:
        while chunk := file.read(CHUNK):
            yield chunk
    except (EOFError, OSError, zlib.error, zipfile.BadZipFile):  # cut off or damaged: this is its end
        return


def _shown(data: bytes, codec: str) -> str:
    """The text beside an id, with JSON's escapes as what they mean."""
    return _ESCAPED.sub(lambda escape: chr(int(escape[1], 16)), data.decode(codec, "replace"))


def _forms(user_id: str) -> dict[bytes, str]:
    """The id as CSV, JSON, XML and Markdown write it, and as a report in JSON quotes any of them, each with
    the encoding of the text beside it."""
    plain = {user_id, user_id.replace('"', '""'), html.escape(user_id), html.escape(user_id, quote=False)}
    plain |= {as_markdown(user_id)}
    plain |= _as_json(user_id)
    forms = plain | {quoted for text in plain for quoted in _as_json(text)}
    return {
        data: encoding
        for encoding in reversed(_ENCODINGS)
        for text in forms
        if (data := _encoded(text, encoding))
    }


def _as_json(text: str) -> set[str]:
    unicode, ascii_ = json.dumps(text, ensure_ascii=False)[1:-1], json.dumps(text)[1:-1]
    upper = re.sub(r"\\u[0-9a-f]{4}", lambda escape: "\\u" + escape[0][2:].upper(), ascii_)
    return {form for text in (unicode, ascii_, upper) for form in (text, text.replace("/", "\\/"))}


def _encoded(text: str, encoding: str) -> bytes:
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return b""
