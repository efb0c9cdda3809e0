"""Objects of a JSON upload however they lie in it: one a line, in an array, indented, one after another
without line ends, or in a list within one document such as `{"products": [...]}`.

Lines are tried first, since they are quick; what is no object on one line is decoded from that place on.
"""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import orjson

from object2vec.ingest.readers.blocks import refuse_foreign
from object2vec.ingest.readers.encoding import Encoding, utf8
from object2vec.ingest.readers.json_documents import records_within
from object2vec.ingest.readers.json_text import MAX_DOCUMENT_BYTES, PIECE, JsonText, no_value, why_no_json
from object2vec.ingest.readers.wrapped_records import unwrapped, within_text
from object2vec.ingest.rules import MAX_ROWS, RowError, too_large

_HEAD = 1 << 16
_LINES_BYTES = 1 << 18
_AHEAD = 64  # bytes in which a list shows what it is of
_NOT_JSON_NUMBER = re.compile(rb"[:\[,\s]-?(?:NaN|Infinity)\b")
_LISTS = re.compile(rb"\s*\[\s*\[")
_LIST_WITHIN = re.compile(rb'\{(?:[^\[\]]|\[[^\[\]{}]*\])*?"[^"\\]*"\s*:\s*\[(?=\s*\{)')


class JsonRecord(NamedTuple):
    """One object, or what stands where one should be. `problem` is a code of `ROW_PROBLEMS`, else empty; of
    `not_finite`, the value is the object without those numbers."""

    line: int
    raw: bytes
    value: dict[str, object]
    problem: str


def parse_json(line: bytes) -> dict[str, object]:
    """The object on one line of JSON Lines. Raises RowError."""
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise RowError(_why_no_line(line)) from error
    if not isinstance(record, dict):
        raise RowError("not_an_object")
    return record


def _why_no_line(line: bytes) -> str:
    try:
        line.decode()
    except UnicodeDecodeError:
        return "not_utf8"
    return "not_finite" if _NOT_JSON_NUMBER.search(line) else "invalid_json"


def json_records(path: Path, encoding: Encoding, *, within: bool = True) -> Iterator[JsonRecord]:
    """Records in file order; a document is what the list `within` it holds, unless that is not wanted. Raises
    FileError where the file breaks off."""
    return _JsonRecords(utf8(path, encoding, PIECE)).read(within=within)


class _JsonRecords(JsonText):
    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__(pieces)
        self._by_lines = True
        self._of_lists = False
        self._header: list[str] = []
        """Names of the values of rows that are lists."""

    def read(self, *, within: bool) -> Iterator[JsonRecord]:
        self._more()
        refuse_foreign(self._data[:16])
        self._of_lists = _LISTS.match(self._data) is not None
        if within and self._skip() and (rows := self._document()):
            yield from rows
        while self._skip():
            if self._by_lines:
                yield from self._lines()
            if self._skip() and (record := self._one_line() or self._one_value()):
                yield record
            if self._line > MAX_ROWS:
                raise too_large()
        if self._broken is not None:
            raise self._broken

    def _opens_no_objects(self) -> bool:
        if not self._of_lists:
            return super()._opens_no_objects()
        follows = self._data[self._place + 1 : self._place + _AHEAD].lstrip()
        return bool(follows) and follows[:1] not in b"{["

    def _lines(self) -> Iterator[JsonRecord]:
        """The lines from here on that are one object each, to the first that is not."""
        while (end := self._data.rfind(b"\n", self._place, self._place + _LINES_BYTES)) >= 0:
            line, place = self._line, self._place
            for raw in self._data[place:end].split(b"\n"):
                try:
                    value = orjson.loads(raw)
                except orjson.JSONDecodeError:
                    value = None
                if type(value) is not dict:
                    self._line, self._place = line, place
                    return
                yield _record(line, raw, value)
                line, place = line + 1, place + len(raw) + 1
            self._line, self._place = line, place
            if len(self._data) - place < _LINES_BYTES and not self._ended:
                self._more()

    def _one_line(self) -> JsonRecord | None:
        """The object that this line is, None if it is something else."""
        end = self._line_end(PIECE) if self._by_lines else -1
        if end < 0:
            return None
        raw = self._data[self._place : end]
        try:
            value = orjson.loads(raw)
        except orjson.JSONDecodeError:
            return None
        return self._taken(end, value) if type(value) is dict or type(within_text(value)) is dict else None

    def _one_value(self) -> JsonRecord | None:
        """The value that begins here: an object among others on its line, or over several; or a row that is
        none."""
        try:
            end = self._end_of_value()
            raw = self._data[self._place : end]
            value = orjson.loads(raw)
        except RowError as error:
            return self._bad_row(error.code)
        except orjson.JSONDecodeError:
            if (value := _with_gaps(raw)) is None:
                return self._bad_row(why_no_json(raw.decode("utf-8", "surrogateescape")))
            line = self._line
            self._go(end)
            return JsonRecord(line, _on_one_line(raw), value, "not_finite")
        self._by_lines = b"\n" not in raw and self._data[end : end + 1] in (b"\n", b"\r", b"")
        return self._taken(end, value)

    def _bad_row(self, problem: str) -> JsonRecord | None:
        """The row that opens with a brace, up to where that is closed, within its line where lines are the
        rows; else the rest of the line."""
        line_end = self._line_end(MAX_DOCUMENT_BYTES)
        end = line_end if line_end >= 0 else len(self._data)
        if self._data[self._place : self._place + 1] == b"{":
            closed = self._end_of_braces()
            if closed and (closed <= end or not self._by_lines):
                end = closed
        if end == len(self._data) and self._broken is not None:
            self._go(end)  # cut off in the middle: what is missing is not the row's fault
            return None
        line, raw = self._line, self._data[self._place : end]
        self._go(end)
        if line_end < 0 and self._by_lines:
            self._skip_line()
        return JsonRecord(line, _on_one_line(raw), {}, problem)

    def _skip_line(self) -> None:
        """Lets go of the rest of a line that is too long."""
        while (end := self._data.find(b"\n", self._place)) < 0 and not self._ended:
            self._data, self._place = b"", 0
            self._more()
        self._place = end if end >= 0 else len(self._data)

    def _taken(self, end: int, value: object) -> JsonRecord | None:
        """None for the names of the values of rows that are lists."""
        line, raw = self._line, self._data[self._place : end]
        self._go(end)
        value = within_text(value)
        if isinstance(value, list) and self._of_lists:
            if not self._header and value and all(isinstance(name, str) for name in value):
                self._header = value
                return None
            value = dict(zip(self._header, value, strict=False)) if self._header else value
        if isinstance(value, dict):
            return _record(line, _on_one_line(raw), value)
        return JsonRecord(line, _on_one_line(raw), {}, "not_an_object")

    def _document(self) -> list[JsonRecord]:
        """The records of the list that a file's one document holds, read at its beginning. A longer document
        is gone into, so that its list is read like that of an array."""
        if self._data[self._place : self._place + 1] != b"{":
            return []
        try:
            end = self._end_of_value()
            value = _loaded(self._data[self._place : end])
        except (RowError, orjson.JSONDecodeError):
            begun = _LIST_WITHIN.match(self._data, self._place, self._place + _HEAD)
            if begun and len(self._data) - self._place >= MAX_DOCUMENT_BYTES:
                self._within, self._by_lines = True, False
                self._go(begun.end())
            return []
        rows = records_within(value)
        if rows is None or not self._is_last(end):
            return []
        line = self._line
        self._go(end)
        return [_within(row, line) for row in rows]


def _loaded(raw: bytes) -> dict[str, object]:
    """The object that this is, NaN left out. Raises JSONDecodeError."""
    try:
        value: dict[str, object] = orjson.loads(raw)
    except orjson.JSONDecodeError:
        if (gaps := _with_gaps(raw)) is None:
            raise
        return gaps
    return value


def _with_gaps(raw: bytes) -> dict[str, object] | None:
    """The object, without values that no JSON has: NaN, as Python writes it."""
    try:
        value = json.loads(raw, parse_constant=no_value) if _NOT_JSON_NUMBER.search(raw) else None
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def finite(records: Iterable[JsonRecord]) -> Iterator[JsonRecord]:
    """The records of another system, whose NaN is no value."""
    for record in records:
        yield record._replace(problem="") if record.problem == "not_finite" and record.value else record


def _on_one_line(raw: bytes) -> bytes:
    """The JSON on one line, so that the quarantine has a row a line; no line end is within a text."""
    return raw.replace(b"\r", b" ").replace(b"\n", b" ").rstrip() if b"\n" in raw else raw.rstrip(b"\r")


def _within(row: object, line: int) -> JsonRecord:
    raw = json.dumps(row, ensure_ascii=False).encode("utf-8", "replace")
    if isinstance(row, dict):
        return _record(line, raw, row)
    return JsonRecord(line, raw, {}, "not_an_object")


def _record(line: int, raw: bytes, value: dict[str, object]) -> JsonRecord:
    meant = unwrapped(value, raw)
    if meant is value and raw[:1] == b"{":
        return JsonRecord(line, raw, value, "")
    return JsonRecord(line, orjson.dumps(meant), meant, "")
