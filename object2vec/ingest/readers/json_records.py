"""Objects of a JSON upload however they lie in it: one a line, in an array, indented, one after another
without line ends, or in a list within one document such as `{"products": [...]}`.

Lines are tried first, since they are quick; what is no object on one line is decoded from that place on.
"""

import json
import re
from collections.abc import Iterator
from json import JSONDecodeError, JSONDecoder
from pathlib import Path
from typing import NamedTuple, NoReturn

import orjson

from object2vec.ingest.readers.blocks import refuse_foreign
from object2vec.ingest.readers.encoding import Encoding, utf8
from object2vec.ingest.rules import MAX_ROWS, FileError, RowError, too_large

MAX_DOCUMENT_BYTES = 16 << 20
"""One object over several lines, or beside others on one, may be as long as this."""
_PIECE = 4 << 20
_WINDOW = 4 << 10
_BETWEEN = b" \t\r\n,[]"
_HEAD = 1 << 16
_LINES_BYTES = 1 << 18
_LIST_WITHIN = re.compile(rb'\{(?:[^\[\]]|\[[^\[\]{}]*\])*?"[^"\\]*"\s*:\s*\[(?=\s*\{)')
_BRACES = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}]')
_NOT_FINITE = "not finite"
_LISTS: tuple[str, ...] = (
    "products",
    "items",
    "data",
    "results",
    "records",
    "rows",
    "catalog",
    "catalogue",
    "documents",
)
_LISTS += ("articles", "entries", "offers", "nodes", "hits", "@graph", "itemListElement")
_LISTS += ("orders", "events", "interactions", "visits", "transactions", "purchases", "ratings", "queries")
_NAMES = ("label", "id", "sku", "asin", "name", "title", "item_id", "product_id")


class JsonRecord(NamedTuple):
    """One object, or what stands where one should be. `problem` is a code of `ROW_PROBLEMS`, else empty."""

    line: int
    raw: bytes
    value: dict[str, object]
    problem: str


def json_records(path: Path, encoding: Encoding, *, within: bool = True) -> Iterator[JsonRecord]:
    """In file order; a document is what the list `within` it holds, unless that is not wanted. Raises
    FileError where the file breaks off."""
    return _Records(utf8(path, encoding, _PIECE)).read(within=within)


class _Records:
    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._data, self._place, self._ended = b"", 0, False
        self._line, self._window = 1, _WINDOW
        self._by_lines = True
        self._within = False  # the list that one document holds
        self._broken: FileError | None = None

    def read(self, *, within: bool) -> Iterator[JsonRecord]:
        self._more()
        refuse_foreign(self._data[:16])
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
                yield JsonRecord(line, raw, value, "")
                line, place = line + 1, place + len(raw) + 1
            self._line, self._place = line, place
            if len(self._data) - place < _LINES_BYTES and not self._ended:
                self._more()

    def _one_line(self) -> JsonRecord | None:
        """The object that this line is, None if it is something else."""
        end = self._line_end(_PIECE) if self._by_lines else -1
        if end < 0:
            return None
        raw = self._data[self._place : end]
        try:
            value = orjson.loads(raw)
        except orjson.JSONDecodeError:
            return None
        return self._taken(end, value) if type(value) is dict else None

    def _one_value(self) -> JsonRecord | None:
        """What begins here: an object among others on its line, or over several; or a row that is none."""
        try:
            end = self._end_of_value()
            raw = self._data[self._place : end]
            value = orjson.loads(raw)
        except RowError as error:
            return self._bad_row(error.code)
        except orjson.JSONDecodeError as error:
            return self._bad_row(_why(raw.decode("utf-8", "surrogateescape"), error))
        self._by_lines = b"\n" not in raw and self._data[end : end + 1] in (b"\n", b"\r", b"")
        return self._taken(end, value)

    def _bad_row(self, problem: str) -> JsonRecord | None:
        """What opens with a brace, up to where that is closed, within its line where lines are the rows; else
        the rest of the line."""
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
        return JsonRecord(line, _on_one_line(raw), {}, problem)

    def _taken(self, end: int, value: object) -> JsonRecord:
        line, raw = self._line, self._data[self._place : end]
        self._go(end)
        if isinstance(value, dict):
            return JsonRecord(line, _on_one_line(raw), value, "")
        return JsonRecord(line, _on_one_line(raw), {}, "not_an_object")

    def _document(self) -> list[JsonRecord]:
        """At the beginning of a file: the records of the list that its one document holds. A longer document
        is gone into, so that its list is read like that of an array."""
        if self._data[self._place : self._place + 1] != b"{":
            return []
        try:
            end = self._end_of_value()
            value = orjson.loads(self._data[self._place : end])
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

    def _end_of_value(self) -> int:
        """Where the JSON value that begins here ends. Raises RowError."""
        while True:
            window = min(self._window, len(self._data) - self._place)
            text = self._data[self._place : self._place + window].decode("utf-8", "surrogateescape")
            try:
                _, end = _DECODER.raw_decode(text)
            except RecursionError as error:
                raise RowError("too_deep") from error
            except JSONDecodeError as error:
                if not _may_go_on(error, text) or not self._widen(window):
                    raise RowError(_why(text, error)) from error
                continue
            size = len(text[:end].encode("utf-8", "surrogateescape"))
            self._window = max(_WINDOW, 2 * size)
            return self._place + size

    def _widen(self, window: int) -> bool:
        """Whether there is more to look at."""
        if window >= MAX_DOCUMENT_BYTES:
            return False
        if self._place + window == len(self._data):
            if self._ended:
                return False
            self._more()
        self._window = min(4 * window, MAX_DOCUMENT_BYTES)
        return True

    def _end_of_braces(self) -> int:
        """Where the brace that opens here is closed again, strings apart; 0 where it is not."""
        depth = 0
        for token in _BRACES.finditer(self._data, self._place):
            depth += {b"{": 1, b"}": -1}.get(token[0], 0)
            if depth <= 0 and token[0] == b"}":
                return token.end()
        return 0

    def _line_end(self, most: int) -> int:
        """-1 where the line is longer than `most`."""
        while (end := self._data.find(b"\n", self._place)) < 0:
            if self._ended:
                return len(self._data)
            if len(self._data) - self._place > most:
                return -1
            self._more()
        return end

    def _is_last(self, end: int) -> bool:
        while not self._data[end:].strip(b" \t\r\n"):
            if self._ended:
                return True
            self._more()
        return False

    def _skip(self) -> bool:
        """Goes to where the next value begins; whether there is one."""
        if self._place > _PIECE:
            self._data, self._place = self._data[self._place :], 0
        while True:
            while self._place < len(self._data) and self._data[self._place] in _BETWEEN:
                char = self._data[self._place]
                if char == ord("]") and self._within:
                    return False
                if char == ord("[") and self._opens_no_objects():
                    return True  # a list of something else stands for itself
                self._line += char == ord("\n")
                self._place += 1
            if self._place < len(self._data):
                return True
            if self._ended:
                return False
            self._more()

    def _opens_no_objects(self) -> bool:
        follows = self._data[self._place + 1 : self._place + 64].lstrip(b" \t\r")
        return bool(follows) and follows[:1] not in b"{[],\n"

    def _go(self, place: int) -> None:
        self._line += self._data.count(b"\n", self._place, place)
        self._place = place

    def _more(self) -> None:
        try:
            piece = next(self._pieces, b"")
        except FileError as error:
            self._broken, piece = error, b""
        self._ended = not piece
        self._data += piece


def records_within(document: dict[str, object], depth: int = 3) -> list[object] | None:
    """The list of objects that a document is there for; None where it is a record itself."""
    for name in _LISTS:
        rows = document.get(name)
        if isinstance(rows, list) and rows and isinstance(rows[0], dict):
            own = any(isinstance(document.get(key), str | int) for key in _NAMES)
            return None if own and name in ("offers", "nodes", "hits", "entries", "items") else rows
    if depth and not any(name in document for name in _NAMES):
        for value in document.values():
            if isinstance(value, dict) and (rows := records_within(value, depth - 1)) is not None:
                return rows
    return None


def _on_one_line(raw: bytes) -> bytes:
    """The same JSON, so that the quarantine has a row a line; no line end is within a text."""
    return raw.replace(b"\r", b" ").replace(b"\n", b" ").rstrip() if b"\n" in raw else raw.rstrip(b"\r")


def _within(row: object, line: int) -> JsonRecord:
    raw = json.dumps(row, ensure_ascii=False).encode("utf-8", "replace")
    if isinstance(row, dict):
        return JsonRecord(line, raw, row, "")
    return JsonRecord(line, raw, {}, "not_an_object")


def _no_number(_: str) -> NoReturn:
    raise JSONDecodeError(_NOT_FINITE, "", 0)


_DECODER = JSONDecoder(parse_constant=_no_number)


def _may_go_on(error: JSONDecodeError, text: str) -> bool:
    """Whether more text might mend it."""
    cut_off = error.pos >= len(text) - 8 or error.msg.startswith("Unterminated string")
    return error.msg != _NOT_FINITE and cut_off


def _why(text: str, error: JSONDecodeError) -> str:
    try:
        text.split("\n", 1)[0].encode()
    except UnicodeEncodeError:
        return "not_utf8"
    return "not_finite" if error.msg == _NOT_FINITE else "invalid_json"
