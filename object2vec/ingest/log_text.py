"""The quick ways: blocks that DuckDB's CSV reader takes apart just as reading line by line would.

Each gives None for a block it cannot vouch for; the caller then goes line by line, with the same result.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import orjson

from object2vec.ingest.readers.dialect import COMMAS, Dialect
from object2vec.ingest.readers.fast_path import plain_csv, plain_text

_BARE_NUMBER = re.compile(r"( *: *)-?[0-9.]+( *[,}] *)", re.ASCII)


class Bare(NamedTuple):
    """A JSON value without quotes: the column that holds it between `before` and `after`."""

    column: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class PlainLines:
    """`count` lines of UTF-8 without control characters.

    Cut at `delimiter`, each that is not blank gives the columns c0, c1, … of `width`. `values` is SQL over
    them, in the order of `names` where there are some. It holds for lines of which all of `alike`, SQL too,
    is true, and where the values at the places of `bare` are numbers.
    """

    data: bytes
    count: int
    delimiter: str
    quote: str
    width: int
    values: Sequence[str]
    names: Sequence[str] = ()
    alike: Sequence[str] = ()
    bare: Mapping[int, Bare] = field(default_factory=dict)


def csv_lines(data: bytes, width: int, dialect: Dialect = COMMAS) -> PlainLines | None:
    """Lines of a table that should have `width` columns, quoted or not, without a line end inside quotes."""
    sign = dialect.separator
    plain = plain_csv(data, sign if dialect.quoted else "")
    if plain is None:
        return None
    quote = '"' if b'"' in data and dialect.quoted else ""
    return PlainLines(*plain, sign, quote, width, [f"c{place}" for place in range(width)])


def json_lines(data: bytes) -> PlainLines | None:
    """JSON Lines that look like the first one: the same field names in the same order and spacing, and values
    that are numbers or strings without escapes. Cut at the quotes, such lines differ in the values alone."""
    plain = plain_text(data)
    if plain is None or b"\\" in data:
        return None
    first = plain[0].split(b"\n", 1)[0]
    names, pieces = _flat_names(first), first.decode().split('"')
    values: list[str] = []
    alike: list[str] = []
    bare = {}
    for place, piece in enumerate(pieces):
        inside, column = place % 2, f"c{place}"
        if inside and pieces[place - 1].rstrip().endswith(":"):
            values.append(column)
        elif not inside and (number := _BARE_NUMBER.fullmatch(piece)):
            before, after = number.groups()
            bare[len(values)] = Bare(column, before, after)
            around = len(before) + len(after)
            values.append(f"substring({column}, {len(before) + 1}, length({column}) - {around})")
        else:
            alike.append(f"{column} = {_literal(piece)}")
    if not names or len(values) != len(names):  # a name that comes twice, or 1e3
        return None
    return PlainLines(*plain, '"', "", len(pieces), values, names, alike, bare)


def _flat_names(line: bytes) -> list[str]:
    """The field names of an object that holds texts and numbers alone, else nothing."""
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError:
        return []
    flat = isinstance(record, dict) and all(type(value) in (str, int, float) for value in record.values())
    return list(record) if flat else []


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
