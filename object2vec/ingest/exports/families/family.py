"""Variants of one product: exports of shop systems spread a product over rows, which become items of a
group.

A family looks at every row once (`learn`) before rows are changed (`apply`), so that the order of rows
decides as little as the system itself lets it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from object2vec.ingest.cells.words import BOOLEANS
from object2vec.ingest.exports.layout import CatalogExport
from object2vec.ingest.exports.parents import Parents
from object2vec.ingest.readers.batches import BadRow, RowBatch
from object2vec.ingest.rules import MAX_FIELDS

ITEM, GROUP, AVAILABILITY = "\x1fid", "\x1fgroup", "\x1favailability"
"""Columns that a family adds: the item's id, its group, and whether it can be bought."""


@dataclass(frozen=True)
class Joined:
    """A batch after its rows were joined: items alone; `merged` rows became part of others."""

    batch: RowBatch
    merged: int


class Family(Protocol):
    """How one system spreads products over rows."""

    added: dict[str, None]
    """Columns that rows gain: options and attributes, known once all rows were learnt."""
    made: dict[str, Sequence[str]]
    """Roles that it fills, each with the columns they are made of."""

    def learn(self, batch: RowBatch) -> None:
        """Notes what the rows say about each other."""

    def apply(self, batch: RowBatch) -> Joined:
        """Fills in what a row has from its parent."""

    def notes(self) -> Sequence[str]:
        """Sentences for people, once all rows were applied."""


@dataclass(frozen=True)
class FamilyContext:
    """The parts that a family works with."""

    export: CatalogExport
    names: Sequence[str]
    parents: Parents
    load_unpublished: bool
    ids: Sequence[str] = ()
    """Columns that the shop says make the id; without any, those of the system do."""


class FamilyRows:
    """One batch, by row; columns are found by the keys of their headings."""

    def __init__(self, batch: RowBatch, by_key: Mapping[str, str]) -> None:
        self.batch = batch
        self._by_key = by_key
        self._changed: dict[str, list[object]] = {}

    def value(self, name: str, place: int) -> object:
        """The cell of a column as it is by now."""
        return self._changed[name][place] if name in self._changed else self.batch.column(name)[place]

    def text(self, key: str, place: int) -> str:
        """The cell of the column with this key, '' where there is none."""
        name = self._by_key.get(key)
        value = None if name is None else self.value(name, place)
        return str(value).strip() if value is not None else ""

    def first(self, place: int, *keys: str) -> str:
        """The first of these cells that says something."""
        return next((text for key in keys if (text := self.text(key, place))), "")

    def put(self, name: str, place: int, value: object) -> None:
        """Changes a cell, of a new column perhaps."""
        if name not in self._changed:
            self._changed[name] = list(self.batch.column(name))
        self._changed[name][place] = value

    def fill(self, place: int, inherited: Mapping[str, object]) -> None:
        """Puts what the row itself does not say."""
        for name, value in inherited.items():
            if self.value(name, place) in (None, ""):
                self.put(name, place, value)

    def joined(self, keep: Sequence[int], bad: Sequence[BadRow], merged: int) -> Joined:
        """The batch of the rows that are kept."""
        columns = {**self.batch.columns, **self._changed}
        whole = RowBatch(self.batch.lines, self.batch.raws, columns, self.batch.bad)
        return Joined(whole.only(keep, bad), merged)

    def bad(self, place: int, code: str) -> BadRow:
        """A row of the batch, refused."""
        return BadRow(self.batch.lines[place], code, self.batch.verbatim(place))


def _says(cell: str, words: Collection[str]) -> bool:
    """Whether a cell is one of the words; where `false` is one, a no in any language too, since spreadsheets
    translate it."""
    said = cell.lower()
    return said in words or ("false" in words and BOOLEANS.get(said) is False)


class OneRowEach:
    """Each row is an item; those that the shop hides are refused."""

    own_columns: tuple[str, ...] = ()
    """Keys of columns (or their beginnings) that are a row's own and never come from its parent."""

    def __init__(self, context: FamilyContext) -> None:
        self.added: dict[str, None] = {}
        self.made: dict[str, Sequence[str]] = {}
        self._names = context.names
        self._by_key = {context.export.key(name): name for name in reversed(context.names)}
        self._keys = {name: key for key, name in self._by_key.items()}
        self._parents = context.parents
        self._load_unpublished = context.load_unpublished
        self._hidden = context.export.hidden
        self._ids = context.ids
        self._shared = [
            name
            for name in context.names
            if name not in self._ids and not self._key(name).startswith(self.own_columns)
        ]

    def learn(self, batch: RowBatch) -> None:
        """Nothing: the rows say nothing about each other."""

    def apply(self, batch: RowBatch) -> Joined:
        rows = FamilyRows(batch, self._by_key)
        hidden = {place for place in range(len(batch)) if self._is_hidden(rows, place)}
        keep = [place for place in range(len(batch)) if place not in hidden]
        return rows.joined(keep, [rows.bad(place, "not_published") for place in sorted(hidden)], 0)

    def notes(self) -> Sequence[str]:
        return ()

    def _item_id(self, rows: FamilyRows, place: int, usual: str) -> str:
        """The id of a row's item: of the columns that the shop named, else the system's `usual` one."""
        if not self._ids:
            return usual
        cells = (rows.value(name, place) for name in self._ids)
        texts = [str(cell).strip() for cell in cells if cell is not None]
        return "-".join(dict.fromkeys(filter(None, texts)))

    def _is_hidden(self, rows: FamilyRows, place: int) -> bool:
        """Whether the shop shows the row to nobody."""
        if self._load_unpublished:
            return False
        return any(_says(rows.text(key, place), words) for key, words in self._hidden.items())

    def _is_hidden_by(self, inherited: Mapping[str, object]) -> bool:
        """Whether the parent's row is one that the shop shows to nobody."""
        if self._load_unpublished:
            return False
        return any(
            _says(str(inherited.get(name, "")), words)
            for key, words in self._hidden.items()
            for name in self._columns(key)
        )

    def _key(self, name: str) -> str:
        return self._keys.get(name, name)

    def _columns(self, *keys: str) -> list[str]:
        """Those of these columns that the file has."""
        return [self._by_key[key] for key in keys if key in self._by_key]

    def _inherited(self, batch: RowBatch, place: int) -> dict[str, object]:
        """The fields of a parent's row that hold for its variants."""
        inherited = {name: batch.column(name)[place] for name in self._shared}
        return {name: value for name, value in inherited.items() if value not in (None, "")}

    def _add(self, name: str) -> None:
        if name not in self.added and len(self.added) < MAX_FIELDS:
            self.added[name] = None
