"""The fast path of logs in text: the lines of a block that DuckDB takes apart just as reading them one by one
would.

Those go to DuckDB all at once; the others, a malformed row say, are read one by one. So a few of them cost
little, however large their block is.
"""

from dataclasses import dataclass

import numpy as np

from object2vec.core.arrays import Mask, Rows
from object2vec.ingest.readers.encoding import is_utf8

BOM = b"\xef\xbb\xbf"
MAX_LINE = 1 << 20
_QUOTE, _LINE, _SPACE, _DELETE = b'"\n \x7f'


@dataclass(frozen=True, slots=True)
class LineLayout:
    """Form of a line of the fast path: `width` values between `separator`s. Quoted ones may hold
    separators; a line with a byte of `forbidden` is none."""

    separator: bytes
    width: int
    quoted: bool
    forbidden: bytes = b""


class Lines:
    """The lines of `data`, in which line feeds alone end a line."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._bytes = np.frombuffer(data, np.uint8)
        feeds = np.flatnonzero(self._bytes == _LINE)
        self.ends: Rows = feeds if data.endswith(b"\n") or not data else np.append(feeds, len(data))
        self.starts: Rows = np.append(0, self.ends + 1)[: len(self.ends)]

    def __len__(self) -> int:
        return len(self.ends)

    def fast(self, layout: LineLayout) -> Mask:
        """Which lines take the fast path; blank ones do not."""
        lengths = self.ends - self.starts
        fast = (lengths > 0) & (lengths <= MAX_LINE)
        for places in (self._controls(layout), self._not_utf8(), *map(self._places, layout.forbidden)):
            fast[self._line_of(places)] = False
        if BOM in self.data:  # DuckDB drops one at the beginning of what it is given
            fast[[self.data.startswith(BOM, start) for start in self.starts]] = False
        if layout.quoted and b'"' in self.data:
            fast &= self._counts(self._places(_QUOTE)) % 2 == 0
        candidates = self if fast.all() else Lines(self.joined(fast))
        fast[fast] = candidates._regular(layout)
        return np.asarray(fast, np.bool_)

    def joined(self, chosen: Mask) -> bytes:
        """These lines with their ends."""
        edges = np.flatnonzero(np.diff(chosen, prepend=False, append=False))
        limits = np.append(self.starts, len(self.data))[edges].reshape(-1, 2).tolist()
        return b"".join(self.data[start:end] for start, end in limits)

    def _regular(self, layout: LineLayout) -> Mask:
        """The lines of the right width, on which quotes open at the start of a value and close at its end
        (`""` inside apart). Each line has an even number of quotes."""
        is_separator = self._bytes == layout.separator[0]
        badly_quoted = np.zeros(0, np.int64)
        if layout.quoted and b'"' in self.data:
            quotes = self._bytes == _QUOTE
            is_separator &= ~np.bitwise_xor.accumulate(quotes.view(np.uint8)).view(np.bool_)
            badly_quoted = self._badly_quoted(np.flatnonzero(quotes), layout.separator)
        regular = self._counts(np.flatnonzero(is_separator)) == layout.width - 1
        regular[self._line_of(badly_quoted)] = False
        return np.asarray(regular)

    def _badly_quoted(self, quotes: Rows, separator: bytes) -> Rows:
        """Each odd quote opens a value or is the second of `""`; each even one closes it or is the first."""
        at_border = np.zeros(256, np.bool_)
        at_border[[_QUOTE, _LINE, *separator]] = True
        opens, closes = quotes[0::2], quotes[1::2]
        before = self._bytes.take(opens - 1, mode="clip")  # at either end of the data, the quote itself
        after = self._bytes.take(closes + 1, mode="clip")
        return np.concatenate([opens[~at_border[before]], closes[~at_border[after]]])

    def _counts(self, places: Rows) -> Rows:
        """Number of the places on each line."""
        each, rest = divmod(len(places), max(1, len(self)))
        if each and not rest:  # as many on each, mostly: two looks at every line tell
            table = places.reshape(-1, each)
            if (table[:, 0] >= self.starts).all() and (table[:, -1] < self.ends).all():
                return np.full(len(self), each)
        return np.diff(np.searchsorted(places, np.append(self.starts, len(self.data))))

    def _line_of(self, places: Rows) -> Rows:
        return np.searchsorted(self.ends, places)

    def _places(self, byte: int) -> Rows:
        return np.flatnonzero(self._bytes == byte)

    def _controls(self, layout: LineLayout) -> Rows:
        control = (self._bytes < _SPACE) | (self._bytes == _DELETE)
        if np.count_nonzero(control) == len(self) - (not self.data.endswith(b"\n")):
            return np.zeros(0, np.int64)
        places = np.flatnonzero(control)
        kind = self._bytes[places]
        found: Rows = places[(kind != _LINE) & (kind != layout.separator[0])]
        return found

    def _not_utf8(self) -> Rows:
        if self.data.isascii() or is_utf8(self.data):
            return np.zeros(0, np.int64)
        lines = np.unique(self._line_of(np.flatnonzero(self._bytes >= 128)))
        bad = [line for line in lines if not is_utf8(self.data[self.starts[line] : self.ends[line]])]
        return self.starts[np.array(bad, np.int64)]
