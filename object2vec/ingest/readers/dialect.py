"""How a text table is written: its separator, its quotes, and where its header stands."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import _csv

_COMMON = (",", ";", "\t", "|", "::")
SEPARATORS = (*_COMMON, "^", "~")
_SAMPLE_LINES = 100
_TITLE_LINES = 10  # of a report's title, date and filters
_ESCAPE = re.compile(r'\\(["\\])')
_AMAZON, _AMAZON_LINES = re.compile(r'"?TemplateType='), 2
"""Amazon's flat files begin with settings and headings to read; those to be read by programs come third."""
_SAID = re.compile(r'"?sep=(.)"?\r?', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Dialect:
    """RFC 4180 with another separator, `lines_above` lines before the header, or no quotes at all."""

    separator: str = ","
    quoted: bool = True
    lines_above: int = 0
    """`sep=;`, as Excel writes it, blank lines, or a title."""
    title_lines: int = 0
    """Number of those that belong to a title."""
    escaped: bool = False
    """A quote within a value is written `\\"`, as MySQL and many scripts do, not `""`."""
    spaced: bool = False
    """Spaces stand between a separator and a quote: `1, "red, blue"`."""
    quote: str = '"'

    @property
    def title(self) -> str:
        """Name of the dialect for people."""
        names = {
            ",": "comma",
            ";": "semicolon",
            "\t": "tab",
            "|": "pipe",
            "::": "double colon",
            "^": "caret",
            "~": "tilde",
        }
        return names.get(self.separator, repr(self.separator))

    def cells(self, lines: Iterator[str] | Sequence[str]) -> Iterator[list[str]]:
        """The rows of these lines. Raises csv.Error at a quote that is out of place."""
        if not self.quoted:
            return (line.rstrip("\r\n").split(self.separator) if line.strip() else [] for line in lines)
        return self.reader(lines)

    def reader(self, lines: Iterable[str]) -> "_csv.Reader":
        """Python's reader of lines with quotes."""
        lines = map(_doubled, lines) if self.escaped else lines
        return csv.reader(
            lines, delimiter=self.separator, quotechar=self.quote, skipinitialspace=self.spaced, strict=True
        )

    @property
    def own_signs(self) -> bytes:
        """Bytes of lines that are no RFC 4180, each of which only `reader` can read."""
        return b"\\" * self.escaped + b'"' * self.spaced + b"\"'" * (self.quote == "'")


COMMAS = Dialect()


def dialect_of(head: bytes, separator: str = "") -> Dialect:
    """Dialect by the beginning of a file: what `sep=` says, else the separator at which the lines have as
    many values as their first one; a given `separator` decides."""
    lines = head.decode("utf-8", "replace").split("\n")
    above = next((place for place, line in enumerate(lines) if line.strip()), 0)
    if match := _SAID.fullmatch(lines[above]):
        below = next((place for place, line in enumerate(lines[above + 1 :]) if line.strip()), 0)
        return Dialect(separator or match[1], lines_above=above + 1 + below)
    title = _AMAZON_LINES if _AMAZON.match(lines[above]) else _title_lines(lines[above:], separator)
    sample = lines[above + title : above + title + _SAMPLE_LINES]
    best = separator or _separator_of(sample)
    dialect = Dialect(best, quoted=len(best) == 1, lines_above=above + title, title_lines=title)
    return _with_quotes(dialect, lines[above + title :])


def _with_quotes(dialect: Dialect, lines: Sequence[str]) -> Dialect:
    """The dialect with the quotes of the lines: those of RFC 4180, unless more of the lines that tell are
    rows with `\\"`, or as many with spaces before quotes, or with the single quotes that most lines have or
    every name of the header."""
    if not dialect.quoted:
        return dialect
    filled, edge = [line for line in lines if line.strip()], re.escape(dialect.separator)
    escapes = [line for line in filled if '\\"' in line]
    best = max(dialect, replace(dialect, escaped=True), key=lambda one: _rows(one, filled, escapes))
    spaces = re.compile(f'{edge} +"')
    spaced = [line for line in filled if spaces.search(line) and _begins_with_spaces(best, line)]
    if _is_better(replace(best, spaced=True), best, filled, spaced):
        return replace(best, spaced=True)
    singles = re.compile(f"(?:^|{edge}) *'(?:[^']|'')*'(?={edge}|\\r?$)")
    single = [line for line in filled if singles.search(line)]
    if 2 * len(single) > len(filled) or _is_in_single_quotes(dialect, filled[:1]):
        after_spaces = any(f"{dialect.separator} '" in line for line in single)
        other = replace(dialect, quote="'", spaced=after_spaces)
        return other if _is_better(other, best, filled, single) else best
    return best


def _is_in_single_quotes(dialect: Dialect, header: Sequence[str]) -> bool:
    """Whether every name of a header is."""
    names = [name.strip() for name in next(_safely(dialect, header), [])]
    return len(names) > 1 and all(len(name) > 1 and name[0] == name[-1] == "'" for name in names)


def _begins_with_spaces(dialect: Dialect, line: str) -> bool:
    """Whether a value begins with spaces and a quote: within a quoted one these are text."""
    cells = next(_safely(dialect, [line]), [])
    return any(cell.startswith(" ") and cell.lstrip(" ").startswith('"') for cell in cells)


def _is_better(other: Dialect, one: Dialect, lines: Sequence[str], telling: Sequence[str]) -> bool:
    """Whether the other reads rows among the lines that tell, and no fewer of them."""
    return _rows(other, lines, telling) >= max(1, _rows(one, lines, telling))


def _rows(dialect: Dialect, lines: Sequence[str], telling: Sequence[str]) -> int:
    """How many of the first lines that tell are rows."""
    width = len(next(_safely(dialect, lines), []))
    return sum(_is_row(dialect, line, width) for line in telling[:_SAMPLE_LINES])


def _is_row(dialect: Dialect, line: str, width: int) -> bool:
    try:
        return len(next(dialect.cells([line]), [])) == width
    except csv.Error:
        return False


def _doubled(line: str) -> str:
    if "\\" not in line:
        return line
    return _ESCAPE.sub(lambda found: '""' if found[1] == '"' else "\\", line)


def _separator_of(lines: Sequence[str], signs: Sequence[str] = SEPARATORS) -> str:
    """The separator that gives most lines as many values as the first; of two that give as many `::`, as
    nothing else looks so."""
    best = max(signs, key=lambda sign: _agreement(lines, sign))
    colons = _agreement(lines, "::")
    return "::" if colons[0] and colons >= _agreement(lines, best) else best


def _title_lines(lines: Sequence[str], separator: str) -> int:
    """How many lines stand above the header: each fills one cell at most, as the title of a report does, and
    below them is a table, whose header fills two or more. 0 where that is not so. A caret or a tilde below a
    line without one is a part of a text."""
    for place, line in enumerate(lines[: _TITLE_LINES + 1]):
        sample = lines[place : place + _SAMPLE_LINES]
        sign = separator or _separator_of(sample, _COMMON if place else SEPARATORS)
        if _is_comment(line, sign):
            continue
        if _groups_headings(sample[:3], sign):
            continue
        is_table = _agreement(sample, sign)[0] > 0 and any(sample[1:])
        if is_table and _filled_cells(line, sign) > 1:
            above = (lines[one : one + 3] for one in range(place))
            return (
                place
                if all(_is_title(some[0], sign) or _groups_headings(some, sign) for some in above)
                else 0
            )
        if line.startswith("# "):  # what a program says of the file
            continue
        if any(_filled_cells(line, one) > 1 for one in ((separator,) if separator else (";", "\t", "|"))):
            return 0
    return 0


def _groups_headings(lines: Sequence[str], sign: str) -> bool:
    """Whether the first of these lines stands above a header and names groups of its columns: it leaves half
    of its cells empty or more, the second none, and numbers begin in the third."""
    if len(lines) < 3:
        return False
    dialect = Dialect(sign, quoted=len(sign) == 1)
    groups, header, row = (
        [cell.strip(' "\r') for cell in next(_safely(dialect, [line]), [])] for line in lines
    )
    is_header = all(header) and len({*header}) == len(header) and not any(map(_has_digits, header))
    return (
        1 < len(groups) == len(header) == len(row)
        and 1 < sum(map(bool, groups)) <= len(groups) / 2
        and not groups[groups.index(next(filter(None, groups))) + 1]
        and is_header
        and any(map(_has_digits, row))
    )


def _has_digits(cell: str) -> bool:
    return any(map(str.isdecimal, cell))


def _is_title(line: str, sign: str) -> bool:
    return _filled_cells(line, sign) <= 1 or _is_comment(line, sign)


def _is_comment(line: str, sign: str) -> bool:
    """Whether each cell begins as a comment: Meta's template has one above each heading."""
    return all(cell.lstrip(' "').startswith("# ") for cell in line.split(sign))


def _filled_cells(line: str, sign: str) -> int:
    dialect = Dialect(sign, quoted=len(sign) == 1)
    cells = next(_safely(dialect, [line]), [])
    return sum(bool(cell.strip(' "\r')) for cell in cells)


def _agreement(lines: Sequence[str], sign: str) -> tuple[float, int]:
    """How many of the lines have as many values as the first, as a share, and how many values those are."""
    dialect, widths = Dialect(sign, quoted=len(sign) == 1), Counter[int]()
    try:
        for row in dialect.cells(line + "\n" for line in lines):
            widths[len(row)] += bool(row)
    except csv.Error:
        pass
    first = len(next(islice(_safely(dialect, lines), 1), []))
    if first < 2:
        return (0.0, 1)
    share = widths[first] / max(1, widths.total())
    return (float(share >= 0.5), first)


def _safely(dialect: Dialect, lines: Sequence[str]) -> Iterator[list[str]]:
    try:
        yield from dialect.cells(lines[:1])
    except csv.Error:
        yield from (line.split(dialect.separator) for line in lines[:1])
