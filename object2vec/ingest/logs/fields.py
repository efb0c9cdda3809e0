"""How a column of the schema is made of the columns of a file: as SQL for many rows, in Python for one."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import NamedTuple

from object2vec.core.sql import literal

CLOCK = r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?( ?[AaPp]\.?[Mm]\.?)?"
"""A time of day alone."""


_MARK = "'"


class FieldPart(NamedTuple):
    """A column of the file, in its `normal` form (or a path into a nested record)."""

    name: str
    prefix: str = ""
    """Is put before its values, so that they are no other column's."""


class TellingColumn(NamedTuple):
    """A column of which any value but these says the same of its row."""

    name: str
    meaning: str
    blanks: Sequence[str]
    of: str = ""
    """Another column: only a number that is no less than that one, and above 0, says it."""


@dataclass(frozen=True, slots=True)
class FieldSource:
    """Source of a column of the schema: the first of some columns that has a value, or all of them
    joined by spaces. Without columns it is a constant."""

    parts: Sequence[FieldPart] = ()
    joined: bool = False
    blanks: Sequence[str] = ()
    """Texts that stand for no value."""
    words: Mapping[str, str] = field(default_factory=dict)
    """Meanings of values, by the value in small letters."""
    otherwise: str = ""
    """Meaning of any other value; empty if it stands for itself."""
    only: str = ""
    """A regular expression; a value that it is not found in stands for none."""
    words_alone: bool = False
    """Any other value stands for none."""
    decimal: str = ""
    """`,` where numbers are written 1.234,5."""
    time_format: str = ""
    """A strptime format that all times are written in."""
    marked: bool = False
    """Values may begin with an apostrophe, which keeps spreadsheets from rounding them and is no part of
    them."""
    marks: Sequence[TellingColumn] = ()
    """Columns that are asked first."""
    clock: bool = False
    """The second part is a time of day, where the first is a date without one."""

    @property
    def names(self) -> list[str]:
        """The columns of the file."""
        beside = [name for mark in self.marks for name in (mark.name, mark.of) if name]
        return beside + [part.name for part in self.parts]

    def renamed(self, names: Mapping[str, str]) -> "FieldSource":
        """The same of columns that are called otherwise."""
        return replace(
            self,
            parts=tuple(part._replace(name=names[part.name]) for part in self.parts),
            marks=tuple(
                mark._replace(name=names[mark.name], of=names[mark.of] if mark.of else "")
                for mark in self.marks
            ),
        )

    def sql(self, texts: Mapping[str, str]) -> str:
        """`texts` holds the SQL of the file's columns, which give '' where they have no value; one that it
        lacks has none in any row."""
        text = self._text_sql([self._part_sql(part, texts) for part in self.parts])
        text = f"ltrim({text}, {literal(_MARK)})" if self.marked else text
        if self.only:
            text = f"CASE WHEN regexp_matches({text}, {literal(self.only)}) THEN {text} ELSE '' END"
        said = self._said_sql(text)
        for name, meaning, blanks, of in self.marks:
            if not (marked := texts.get(name, "")):
                continue
            if of:
                some, whole = (f"try_cast({texts.get(one) or 'NULL'} AS DOUBLE)" for one in (name, of))
                said = f"CASE WHEN {some} > 0 AND {some} >= {whole} THEN {literal(meaning)} ELSE {said} END"
            else:
                none = ", ".join(map(literal, ["", *blanks]))
                said = f"CASE WHEN trim({marked}) IN ({none}) THEN {said} ELSE {literal(meaning)} END"
        return said

    def _text_sql(self, parts: Sequence[str]) -> str:
        found = [part for part in parts if part]
        if self.clock and len(found) == 2:
            date, clock = found
            is_apart = f"regexp_full_match({clock}, '{CLOCK}') AND NOT contains({date}, ':')"
            return f"CASE WHEN {is_apart} THEN {date} || ' ' || {clock} ELSE {date} END"
        if len(found) < 2:
            return found[0] if found else "''"
        if self.joined:
            return f"trim(concat_ws(' ', {', '.join(found)}))"
        filled = ", ".join(f"nullif({part}, '')" for part in found)
        return f"coalesce({filled}, '')"

    def _said_sql(self, text: str) -> str:
        if self.words:
            cases = " ".join(
                f"WHEN {literal(word)} THEN {literal(said)}" for word, said in self.words.items()
            )
            other = literal(self.otherwise) if self.otherwise or self.words_alone else text
            return f"CASE lower(trim({text})) {cases} ELSE {other} END"
        if self.otherwise and not self.parts:
            return literal(self.otherwise)
        if self.decimal:
            return f"replace(replace({text}, '.', ''), ',', '.')"
        if self.time_format:
            read = f"strftime(try_strptime({text}, {literal(self.time_format)}), '%Y-%m-%dT%H:%M:%S')"
            return f"CASE WHEN {text} = '' THEN '' ELSE coalesce({read}, '? ' || {text}) END"
        return text

    def text(self, texts: Mapping[str, str]) -> str:
        """The text of the field in one row."""
        for name, meaning, blanks, of in reversed(self.marks):
            if of and _is_all_of(texts.get(name, ""), texts.get(of, "")):
                return meaning
            if not of and texts.get(name, "").strip(" ") not in ("", *blanks):
                return meaning
        found = [self._part_text(part, texts.get(part.name, "")) for part in self.parts]
        if self.clock and len(found) == 2:
            date, clock = found
            text = f"{date} {clock}" if re.fullmatch(CLOCK, clock) and ":" not in date else date
        elif self.joined:
            text = " ".join(found).strip(" ")
        else:
            text = next(filter(None, found), "")
        text = text.lstrip(_MARK) if self.marked else text
        text = text if not self.only or re.search(self.only, text) else ""
        if self.words:
            other = "" if self.words_alone else text
            return self.words.get(text.strip(" ").lower(), self.otherwise or other)
        if self.otherwise and not self.parts:
            return self.otherwise
        if self.decimal:
            return text.replace(".", "").replace(",", ".")
        return _by_format(text, self.time_format) if self.time_format and text else text

    def _part_sql(self, part: FieldPart, texts: Mapping[str, str]) -> str:
        text = texts.get(part.name, "")
        blanks = ", ".join(map(literal, ["", *self.blanks]))
        if not text or not (self.blanks or part.prefix):
            return text
        return f"CASE WHEN {text} IN ({blanks}) THEN '' ELSE {literal(part.prefix)} || {text} END"

    def _part_text(self, part: FieldPart, text: str) -> str:
        return "" if not text or text in self.blanks else part.prefix + text


def _is_all_of(some: str, whole: str) -> bool:
    try:
        return 0 < float(some) >= float(whole)
    except ValueError:
        return False


def one_of(*names: str) -> FieldSource:
    """The first of these columns that has a value."""
    return FieldSource(tuple(map(FieldPart, names)))


def _by_format(text: str, time_format: str) -> str:
    """ISO 8601; what is not written so is no time."""
    try:
        moment = datetime.strptime(text, time_format)
    except ValueError:
        return f"? {text}"
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return moment.isoformat(timespec="seconds")
