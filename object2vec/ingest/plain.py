"""Which blocks are plain: text of which the lines are the rows, so that quicker readers agree on them."""

import numpy as np

from object2vec.ingest.blocks import BOM, line_feeds

_QUOTE, _COMMA, _LINE = b'",\n'
_BORDERS = (_QUOTE, _COMMA, _LINE)
_DELETE = b"\x7f"


def plain_text(data: bytes) -> tuple[bytes, int] | None:
    """The block with line feeds alone for line ends, and how many lines it has, blank ones among them; None
    where it holds anything but text."""
    lines = data.replace(b"\r\n", b"\n") if b"\r" in data else data
    controls = np.count_nonzero(np.frombuffer(lines, np.uint8) < ord(" "))
    ends = line_feeds(lines)
    if controls != ends or _DELETE in lines or lines.startswith(BOM) or not _is_utf8(lines):
        return None
    return lines, ends + (not lines.endswith(b"\n"))


def plain_csv(data: bytes) -> tuple[bytes, int] | None:
    """`plain_text` of which every line that is not blank is one CSV row, of however many columns."""
    plain = plain_text(data)
    return None if plain is None or (b'"' in data and not _quotes_enclose(plain[0])) else plain


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _quotes_enclose(lines: bytes) -> bool:
    """Whether quotes open at the start of a value and close at its end, `""` inside them apart, on one line.
    Each odd one then opens, or is the second of `""`; each even one closes, or is the first."""
    chars = np.frombuffer(b"\n" + lines + b"\n", np.uint8)
    places = np.flatnonzero(chars == _QUOTE)
    before, after = chars[places[0::2] - 1], chars[places[1::2] + 1]
    at_borders = len(places) % 2 == 0 and np.isin(before, _BORDERS).all() and np.isin(after, _BORDERS).all()
    ends = np.flatnonzero(chars == _LINE)
    return bool(at_borders and (np.searchsorted(places, ends) % 2 == 0).all())
