"""Which blocks take the fast path: text of which the lines are the rows, so that all readers agree."""

import numpy as np

from object2vec.ingest.readers.blocks import line_feeds
from object2vec.ingest.readers.encoding import UTF8_BOM, is_utf8

_QUOTE, _LINE, _TAB = b'"\n\t'
_DELETE = b"\x7f"


def fast_text(data: bytes, *, tabs: bool = False) -> tuple[bytes, int] | None:
    """The block with line feeds alone for line ends, and how many lines it has, blank ones among them; None
    where it holds anything but text (and tabs, if they are allowed)."""
    lines = data.replace(b"\r\n", b"\n") if b"\r" in data else data
    chars = np.frombuffer(lines, np.uint8)
    controls = np.count_nonzero(chars < ord(" ")) - (np.count_nonzero(chars == _TAB) if tabs else 0)
    ends = line_feeds(lines)
    if controls != ends or _DELETE in lines or lines.startswith(UTF8_BOM) or not is_utf8(lines):
        return None
    return lines, ends + (not lines.endswith(b"\n"))


def fast_csv(data: bytes, separator: str = ",") -> tuple[bytes, int] | None:
    """`fast_text` of which every line that is not blank is one CSV row, of however many columns. Without a
    `separator` quotes are letters like others."""
    text = fast_text(data, tabs=separator == "\t")
    if text is None or not separator or b'"' not in data:
        return text
    return text if _quotes_enclose(text[0], ord(separator)) else None


def _quotes_enclose(lines: bytes, separator: int) -> bool:
    """Whether quotes open at the start of a value and close at its end, `""` inside them apart, on one line.
    Each odd one then opens, or is the second of `""`; each even one closes, or is the first."""
    chars = np.frombuffer(b"\n" + lines + b"\n", np.uint8)
    places = np.flatnonzero(chars == _QUOTE)
    before, after = chars[places[0::2] - 1], chars[places[1::2] + 1]
    borders = (_QUOTE, separator, _LINE)
    at_borders = len(places) % 2 == 0 and np.isin(before, borders).all() and np.isin(after, borders).all()
    ends = np.flatnonzero(chars == _LINE)
    return bool(at_borders and (np.searchsorted(places, ends) % 2 == 0).all())
