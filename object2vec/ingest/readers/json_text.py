"""A JSON file as text with a place in it: a window on what may be larger than memory."""

import re
from collections.abc import Iterator
from json import JSONDecodeError, JSONDecoder

from object2vec.ingest.rules import FileError, RowError

MAX_DOCUMENT_BYTES = 16 << 20
"""One object over several lines, or beside others on one, may be as long as this."""
PIECE = 4 << 20

_WINDOW = 4 << 10
_BETWEEN = b" \t\r\n,[]"
_BRACES = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[{}]', re.DOTALL)  # possessive: no memory for each character
_ENDLESS = b"[" * 64  # lists within lists that hold no rows


class JsonText:
    """Where in the file the reading is; `_more` fetches, `_skip` lets go what was read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._data, self._place, self._ended = b"", 0, False
        self._line, self._window = 1, _WINDOW
        self._within = False
        """Whether reading is in the list that one document holds: its end is that of the file."""
        self._broken: FileError | None = None

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
                if not _may_go_on(error, text):
                    raise RowError(why_no_json(text)) from error
                if not self._widen(window):
                    long = window >= MAX_DOCUMENT_BYTES
                    raise RowError("object_too_long" if long else why_no_json(text)) from error
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
        if self._place > PIECE:
            self._data, self._place = self._data[self._place :], 0
        while True:
            while self._place < len(self._data) and self._data[self._place] in _BETWEEN:
                char = self._data[self._place]
                if char == ord("]") and self._within:
                    return False
                if char == ord("[") and (self._opens_no_objects() or self._opens_endlessly()):
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

    def _opens_endlessly(self) -> bool:
        return self._data.startswith(_ENDLESS, self._place)

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


def no_value(_: str) -> None:
    """Stands for NaN and Infinity."""


_DECODER = JSONDecoder(parse_constant=no_value)


def _may_go_on(error: JSONDecodeError, text: str) -> bool:
    """Whether more text might mend it."""
    return error.pos >= len(text) - 8 or error.msg.startswith("Unterminated string")


def why_no_json(text: str) -> str:
    """A code of `ROW_PROBLEMS`."""
    try:
        text.split("\n", 1)[0].encode()
    except UnicodeEncodeError:
        return "not_utf8"
    return "invalid_json"
