"""The quick ways: a block in which every line is one plain record, taken apart by whole-block operations.

Each gives None for a block it cannot vouch for; the caller then goes line by line, with the same result.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import orjson

from object2vec.data.csv_rows import SEPARATORS

FIELD, RECORD = "\x1f", "\x1e"

_QUOTE, _COMMA, _LINE = b'",\n'
_FIELD_BYTE, _RECORD_BYTE = ord(FIELD), ord(RECORD)
_MAX_COLUMNS = 20
_PLAIN_OBJECT = re.compile(
    rb'\{[ \t]*("[^"\\]+"[ \t]*:[ \t]*("[^"\\]*"|-?[0-9.]+)[ \t]*(,[ \t]*(?=")|(?=\})))+\}[ \t\r]*'
)
_VALUE = re.compile(rb'"[^"\\]+"[ \t]*:[ \t]*(?:"([^"\\]*)"|(-?[0-9.]+))')
_ALL_BUT_STRUCTURE = bytes(sorted({*range(32, 256)} - set(b'"\\')))
_MARKS = bytes(range(1, 9)) + bytes(range(14, 14 + _MAX_COLUMNS - 9))  # control characters JSON never holds
_UNUSABLE = bytes({*range(32)} - set(b"\t\n\r"))
_TO_FIELD = bytes.maketrans(_MARKS, FIELD.encode() * len(_MARKS))


@dataclass(frozen=True, slots=True)
class Separated:
    """Line n of the block is row n of `text`; `names` says what a JSON line calls its fields, and `bare`
    which of them stand without quotes, so that they must be numbers."""

    text: str
    field: str
    record: str
    names: Sequence[str] = ()
    bare: Sequence[int] = ()


def separate_csv(data: bytes) -> Separated | None:
    """Lines of CSV, quoted or not, without a line end inside quotes or a bare carriage return."""
    if any(char.encode() in data for char in SEPARATORS):
        return None
    if b"\r" in data and b"\r" in (data := data.replace(b"\r\n", b"\n")):
        return None
    quoted = _QUOTE in data
    plain = _unquoted(data) if quoted else data
    try:
        text = plain.decode() if plain is not None else None
    except UnicodeDecodeError:
        return None
    if text is None:
        return None
    return Separated(text, FIELD, RECORD) if quoted else Separated(text, ",", "\n")


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
    result[ends] = _RECORD_BYTE
    result[(chars == _COMMA) & ~inside] = _FIELD_BYTE
    keep = ~is_quote
    keep[places[0::2][before == _QUOTE]] = True  # "" inside quotes is one quote
    return bytes(result[keep])


def separate_json(data: bytes) -> Separated | None:
    """JSON Lines that all look like the first one: the same field names in the same order and spacing, values
    that are numbers or strings without escapes.

    What stands between the values is replaced by one control character each; if their sequence then is the
    same in every row, putting the parts back would give the block again, so nothing can have gone unseen.
    """
    body = data.removesuffix(b"\n")
    line = body.split(b"\n", 1)[0]
    if not _PLAIN_OBJECT.fullmatch(line) or len(body.translate(None, _UNUSABLE)) != len(body):
        return None
    spans = [match.span(1) if match[1] is not None else match.span(2) for match in _VALUE.finditer(line)]
    names = list(_object(line))
    if len(names) != len(spans) or len(names) > _MAX_COLUMNS:
        return None
    head, tail = line[: spans[0][0]], line[spans[-1][1] :]
    between = [line[end:start] for (_, end), (start, _) in pairwise(spans)]
    if not (body.startswith(head) and body.endswith(tail)):
        return None
    body = body[len(head) : len(body) - len(tail)].replace(tail + b"\n" + head, RECORD.encode())
    for mark, part in zip(_MARKS, between, strict=False):
        body = body.replace(part, bytes([mark]))
    return _vouched(body, names, [place for place, part in enumerate([head, *between]) if part[-1] != _QUOTE])


def _object(line: bytes) -> dict[str, object]:
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError:
        return {}
    return record if isinstance(record, dict) else {}


def _vouched(body: bytes, names: Sequence[str], bare: Sequence[int]) -> Separated | None:
    structure = body.translate(None, _ALL_BUT_STRUCTURE)
    row = _MARKS[: len(names) - 1] + RECORD.encode()
    if structure + RECORD.encode() != row * (body.count(RECORD.encode()) + 1):
        return None
    try:
        return Separated(body.translate(_TO_FIELD).decode(), FIELD, RECORD, names, bare)
    except UnicodeDecodeError:
        return None
