"""`uploads/mapping.json`: how a shop's own columns are named and written, said by the shop.

{"catalog/*.csv": {"fields": {"id": "Nr", "title": ["Bezeichnung", "Zusatz"], "price": "VK"}, "decimal": ","}}
"""

import codecs
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

MAPPING_KEY = "uploads/mapping.json"
_MOMENT = datetime(2024, 1, 31, 23, 59)


def _codec(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError as error:
        raise ValueError("no such encoding; utf-8 or windows-1252, say") from error


def _currency(code: str) -> str:
    if code and not (len(code) == 3 and code.isascii() and code.isalpha() and code.isupper()):
        raise ValueError(f"three capital letters are needed, {code[:3].upper()} say")
    return code


def _time_format(said: str | dict[str, str]) -> str | dict[str, str]:
    for form in said.values() if isinstance(said, dict) else filter(None, [said]):
        try:
            datetime.strptime(_MOMENT.strftime(form), form)
        except ValueError as error:
            raise ValueError(f"{form!r} is no strptime format; %d.%m.%Y, say") from error
    return said


class FileMapping(BaseModel):
    """The mapping of the files of one pattern. What it leaves out is recognised."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fields: dict[str, str | list[str]] = Field(default_factory=dict)
    """Columns by field (a role such as title, or a name of one's own): its column, or columns that are
    joined."""
    ignore: list[str] = Field(default_factory=list)
    """Columns that are not stored."""
    separator: str = Field(default="", max_length=4)
    """Between the values of a text table."""
    header: list[str] = Field(default_factory=list)
    """Names of the columns of a file without a header."""
    encoding: Annotated[str, AfterValidator(_codec)] | None = None
    decimal: Literal[".", ",", ""] = ""
    currency: Annotated[str, AfterValidator(_currency)] = ""
    """ISO code of the currency of prices that do not say theirs."""
    time_format: Annotated[str | dict[str, str], AfterValidator(_time_format)] = ""
    """A strptime format for the dates of the file, or one for each field."""
    lists: dict[str, str] = Field(default_factory=dict)
    """Sign between the values of a list in one cell, by field."""
    texts: list[str] = Field(default_factory=list)
    """Fields that are texts although their cells look like numbers, dates or yes and no."""
    unpublished: Literal["skip", "load"] = "skip"
    """Drafts and private products of a shop system."""

    def columns(self, field: str) -> Sequence[str]:
        """The columns that a field is made of."""
        names = self.fields[field]
        return [names] if isinstance(names, str) else names

    @property
    def names_ids(self) -> bool:
        """Whether it says which column is the id of a catalogue."""
        return not {"id", "label"}.isdisjoint(self.fields)

    def time_format_of(self, field: str) -> str:
        """The strptime format of one field, '' if none is said."""
        return self.time_format.get(field, "") if isinstance(self.time_format, dict) else ""


NOTHING_SAID = FileMapping()
