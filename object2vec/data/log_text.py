"""The quick ways: a block in which every line is one plain record, taken apart by whole-block operations.

Each gives None for a block it cannot vouch for; the caller then goes line by line, with the same result.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import orjson

from object2vec.data.csv_rows import SEPARATORS

FIELD, RECORD = "\x1f", "\x1e"

_QUOTE, _COMMA, _LINE = b'",\n'
_FIELD, _RECORD = FIELD.encode(), RECORD.encode()
_MARKS = [bytes([char]) for char in (*range(1, 9), *range(14, 30))]  # control characters for what is between
_TO_FIELD = bytes.maketrans(b"".join(_MARKS), _FIELD * len(_MARKS))
_CONTROL = bytes([*range(32), 127])
_CSV_STRUCTURE = _CONTROL + b'"'
_JSON_STRUCTURE = _CONTROL + b'"\\'
_CSV_CELL = re.compile(rb'(?:^|,)(?:"[^"\r]*"|[^",\r]*)')
_PLAIN_OBJECT = re.compile(
    rb'\{[ \t]*("[^"\\]+"[ \t]*:[ \t]*("[^"\\]*"|-?[0-9.]+)[ \t]*(,[ \t]*(?=")|(?=\})))+\}[ \t\r]*'
)
_VALUE = re.compile(rb'"[^"\\]+"[ \t]*:[ \t]*(?:"([^"\\]*)"|(-?[0-9.]+))')


@dataclass(frozen=True, slots=True)
class Separated:
    """Line n of the block is row n of `text`; `names` says what a JSON line calls its fields, and `bare`
    which of them stand without quotes, so that they must be numbers. `plain`: no control character is in any
    field, and no space at either end of one."""

    text: str
    field: str
    record: str
    names: Sequence[str] = ()
    bare: Sequence[int] = ()
    plain: bool = False


def separate_csv(data: bytes) -> Separated | None:
    """Lines of CSV, quoted or not, without a line end inside quotes or a bare carriage return."""
    if any(char.encode() in data for char in SEPARATORS):
        return None
    if b"\r" in data and b"\r" in (data := data.replace(b"\r\n", b"\n")):
        return None
    if b'"' not in data:
        return _decoded(data, b",", b"\n", plain=_without_controls(data, b"\n"))
    alike = _quoted_alike(data)
    if alike is not None:
        return _decoded(alike, _FIELD, _RECORD, plain=True)
    unquoted = _unquoted(data)
    if unquoted is None:
        return None
    return _decoded(unquoted, _FIELD, _RECORD, plain=_without_controls(unquoted, _FIELD + _RECORD))


def separate_json(data: bytes) -> Separated | None:
    """JSON Lines that all look like the first one: the same field names in the same order and spacing, values
    that are numbers or strings without escapes."""
    body = data.removesuffix(b"\n")
    line = body.split(b"\n", 1)[0]
    if not _PLAIN_OBJECT.fullmatch(line):
        return None
    spans = [match.span(1) if match[1] is not None else match.span(2) for match in _VALUE.finditer(line)]
    names = list(_object(line))
    if len(names) != len(spans):
        return None
    head, tail = line[: spans[0][0]], line[spans[-1][1] :]
    between = [line[end:start] for (_, end), (start, _) in pairwise(spans)]
    marked = _marked(body, head, between, tail, _JSON_STRUCTURE)
    if marked is None:
        return None
    bare = [place for place, part in enumerate([head, *between]) if part[-1] != _QUOTE]
    return _decoded(marked, _FIELD, _RECORD, plain=True, names=names, bare=bare)


def _marked(
    body: bytes, head: bytes, between: Sequence[bytes], tail: bytes, structure: bytes
) -> bytes | None:
    """Rows of the form `head value between[0] value … tail`, by `FIELD` and `RECORD`; None unless all are.

    What stands between the values is replaced by one control character each. If the characters of
    `structure` that are left then have the same sequence in every row, putting the parts back would give the
    block again, so nothing can have gone unseen.
    """
    parts = sorted(set(between), key=len, reverse=True)
    marks = dict(zip(parts, _MARKS, strict=False))
    if len(marks) < len(parts) or not (body.startswith(head) and body.endswith(tail)):
        return None
    if any(mark in body for mark in (*marks.values(), _FIELD, _RECORD)):
        return None
    body = body[len(head) : len(body) - len(tail)].replace(tail + b"\n" + head, _RECORD)
    for part, mark in marks.items():
        body = body.replace(part, mark)
    found = body.translate(None, _others(structure)) + _RECORD
    row = b"".join(marks[part] for part in between) + _RECORD
    return body.translate(_TO_FIELD) if found == row * (len(found) // len(row)) else None


@cache
def _others(characters: bytes) -> bytes:
    return bytes(sorted({*range(256)} - {*characters}))


def _quoted_alike(data: bytes) -> bytes | None:
    """Rows in which the same columns are quoted as in the first one, and no quote is part of a value."""
    body = data.removesuffix(b"\n")
    line = body.split(b"\n", 1)[0]
    cells = [cell.removeprefix(b",") for cell in _CSV_CELL.findall(line)]
    if len(cells) < 2 or b",".join(cells) != line:
        return None
    quotes = [b'"' if cell.startswith(b'"') else b"" for cell in cells]
    between = [left + b"," + right for left, right in pairwise(quotes)]
    marked = _marked(body, quotes[0], between, quotes[-1], _CSV_STRUCTURE)
    if marked is None or (not all(quotes) and b"," in marked):  # which could end a value without quotes
        return None
    return marked


def _unquoted(data: bytes) -> bytes | None:
    """With `FIELD` and `RECORD` for the commas and line ends outside quotes, and without the quotes."""
    if b'\n""\n' in b"\n" + data + b"\n":  # one empty value is a row, no blank line
        return None
    chars = np.frombuffer(data, np.uint8)
    is_quote = chars == _QUOTE
    places = np.flatnonzero(is_quote)
    if len(places) % 2:
        return None
    bordered = np.concatenate([[_LINE], chars, [_LINE]])
    before, after = bordered[places[0::2]], bordered[places[1::2] + 2]
    if not (np.isin(before, (_COMMA, _LINE, _QUOTE)).all() and np.isin(after, (_COMMA, _LINE, _QUOTE)).all()):
        return None
    inside = (np.add.accumulate(is_quote, dtype=np.uint8) & 1).astype(np.bool_)
    ends = chars == _LINE
    if (ends & inside).any():
        return None
    result = chars.copy()
    result[ends] = _RECORD[0]
    result[(chars == _COMMA) & ~inside] = _FIELD[0]
    keep = ~is_quote
    keep[places[0::2][before == _QUOTE]] = True  # "" inside quotes is one quote
    return bytes(result[keep])


def _decoded(data: bytes, field: bytes, record: bytes, *, plain: bool, **about: Any) -> Separated | None:
    """`plain` says that there are no control characters; whether there are spaces is found out here."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    at_ends = data.startswith(b" ") or data.endswith(b" ")
    spaces = at_ends or any(b" " + mark in data or mark + b" " in data for mark in (field, record))
    return Separated(text, field.decode(), record.decode(), plain=plain and not spaces, **about)


def _without_controls(data: bytes, separators: bytes) -> bool:
    return len(data.translate(None, _CONTROL.translate(None, separators))) == len(data)


def _object(line: bytes) -> dict[str, object]:
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError:
        return {}
    return record if isinstance(record, dict) else {}
