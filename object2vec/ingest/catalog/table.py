"""Batches of columns as changes of the catalogue, by a layout and what the whole columns hold."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from object2vec.core.catalog import REVIEWS, VECTOR, CatalogItem
from object2vec.core.identifiers import MAX_ID
from object2vec.ingest.catalog.changes import RUINED_ID, VectorLength, check_special, parse_label, unmarked
from object2vec.ingest.catalog.decisions import TAKEN, ColumnDecisions
from object2vec.ingest.catalog.roles import CategoryPaths, Cells, picture_fields
from object2vec.ingest.catalog.sale_prices import REGULAR, on_sale, reduced
from object2vec.ingest.cells import convert, numbers
from object2vec.ingest.cells.words import BOOLEANS, NO_TEXT, availability
from object2vec.ingest.exports.families.family import AVAILABILITY, GROUP, ITEM, Family
from object2vec.ingest.exports.layout import DELETED, DESCRIPTION, ID, PRICE, TEXT, TITLE
from object2vec.ingest.exports.minor_units import (
    DIVISOR,
    FRACTION_DIGITS,
    HUNDREDTHS,
    MINOR_UNIT,
    minor_digits,
    whole_units,
)
from object2vec.ingest.readers.batches import RowBatch
from object2vec.ingest.rejects import Rejects
from object2vec.ingest.report import Report
from object2vec.ingest.rules import MAX_FIELDS, MAX_TEXT, RowError
from object2vec.storage.item_log import Change, Removed

Numbered = tuple[int, Change]


_NO_WORDS = frozenset(("currency", "image", "url", "group", "availability", "language"))
"""Roles that do not describe the item."""
CODES = "codes"
"""The field of all codes of an item, where its id is the first of several."""
_MADE = {"group": GROUP, "availability": AVAILABILITY}
"""Roles that a family fills, and its columns."""


class CatalogTable:
    """Converts batches, once all of them have been learnt: so the order of rows decides nothing."""

    def __init__(
        self, decisions: ColumnDecisions, family: Family | None, report: Report, rejects: Rejects
    ) -> None:
        self._layout = decisions.layout
        self._decisions, self._currency = decisions.by_column, decisions.currency
        self._report = report
        self._rejects = rejects
        self._added: Sequence[str] = list(family.added) if family is not None else []
        self._categories = CategoryPaths(self._layout)
        export = self._layout.export
        self._ids_between = export.ids_between if export is not None else ""
        self._sale, self._now = decisions.sale, datetime.now(UTC)
        self._pointed = decisions.pointed_ids
        self._read: dict[str, Cells] = {}  # of the batch: a description is text and field, and read once
        decisions.tell(report, self._added, family.made if family is not None else {})

    def changes(self, batch: RowBatch, length: VectorLength) -> list[Numbered]:
        """The valid changes; the other rows go to the rejects."""
        refused = [(row.line, row.code, row.raw) for row in batch.bad]
        found: list[Numbered] = []
        self._read = {}
        if len(batch):
            labels, texts, deleted = self._labels(batch), self._texts(batch), self._column(batch, DELETED)
            names, columns = self._metadata(batch)
            metadata = _records(names, columns, len(batch))
            usual = deleted[0] is None and REVIEWS not in names and VECTOR not in names
            if usual and _need_no_check(labels, texts, deleted) and len(names) <= MAX_FIELDS:
                found = list(zip(batch.lines, map(CatalogItem, labels, texts, metadata), strict=True))  # type: ignore[arg-type]
            else:
                for place, line in enumerate(batch.lines):
                    try:
                        change = self._change(
                            labels[place], deleted[place], texts[place], metadata[place], line
                        )
                        if isinstance(change, CatalogItem):
                            length.checked(change)
                    except RowError as error:
                        refused.append((line, error.code, batch.verbatim(place)))
                        continue
                    found.append((line, change))
        for line, code, raw in sorted(refused):
            self._rejects.add(code, line, raw)
        return found

    def _change(
        self, label: object, deleted: object, text: object, metadata: dict[str, object], line: int
    ) -> Change:
        label = self._checked_label(label)
        if deleted not in (None, "") and _is_true(deleted):
            return Removed(label)
        if len(metadata) > MAX_FIELDS:
            self._give_up(line, "too_many_fields", "every column", label)
            metadata = dict(list(metadata.items())[:MAX_FIELDS])
        check_special(metadata)
        if text is None:
            text = self._words_of(metadata)
        return CatalogItem(label, self._checked_text(text, line), metadata)

    def _checked_label(self, label: object) -> str:
        if isinstance(label, str) and not self._layout.own:
            label = label.strip()
        if isinstance(label, str) and self._pointed:
            label = label.removesuffix(".0")
        found = unmarked(parse_label(label))
        if RUINED_ID.fullmatch(found):
            raise RowError("ruined_label")
        return found

    def _checked_text(self, text: object, line: int) -> str:
        if not isinstance(text, str):
            raise RowError("missing_text" if self._layout.own else "missing_title")
        if len(text) > MAX_TEXT and self._layout.own:  # else each column says so
            self._give_up(line, "text_cut", TEXT, text[:100])
        return text[:MAX_TEXT]

    def _words_of(self, metadata: Mapping[str, object]) -> str | None:
        """Text of an item without title and description, made of its short words."""
        if self._layout.own:
            return None
        described = [metadata.get("brand"), metadata.get("categories") or metadata.get("category")]
        words = ", ".join(convert.as_text(value) for value in described if value)
        if not words:
            others = (value for name, value in metadata.items() if name not in _NO_WORDS)
            words = ", ".join(value for value in others if isinstance(value, str))[:MAX_TEXT]
        return words or None

    def _labels(self, batch: RowBatch) -> Cells:
        if ITEM in batch.columns:
            return batch.column(ITEM)
        columns = [self._named(batch.column(name)) for name in self._layout.roles[ID]]
        if self._ids_between and len(columns) == 1:
            return [ids[0] if (ids := self._several_ids(cell)) else cell for cell in columns[0]]
        return (
            columns[0] if len(columns) == 1 else [_joined(cells, "-") for cells in zip(*columns, strict=True)]
        )

    def _named(self, cells: Cells) -> Cells:
        """The cells of a column of ids, without the words for no value that other systems write."""
        if self._layout.own or NO_TEXT.isdisjoint(cell for cell in cells if isinstance(cell, str)):
            return cells
        return [None if isinstance(cell, str) and cell in NO_TEXT else cell for cell in cells]

    def _several_ids(self, cell: object) -> list[str] | None:
        """The ids of a cell that holds more than one, else None."""
        ids = [one.strip() for one in cell.split(self._ids_between)] if isinstance(cell, str) else []
        ids = [*filter(None, ids)]
        return ids if len(ids) > 1 else None

    def _texts(self, batch: RowBatch) -> Cells:
        """The text of each item; None where neither text, title nor description say anything."""
        text = self._column(batch, TEXT)
        if self._layout.own:
            return ["" if cell is None else cell for cell in text]
        title, description = self._column(batch, TITLE), self._column(batch, DESCRIPTION)
        return [
            whole or _joined((head, more), "\n")
            for whole, head, more in zip(text, title, description, strict=True)
        ]

    def _column(self, batch: RowBatch, role: str) -> Cells:
        """The values of a role, of several columns joined."""
        columns = [self._values(batch, column) for column in self._layout.roles.get(role, ())]
        if not columns:
            return [None] * len(batch)
        sign = "\n" if role == DESCRIPTION else " "
        return (
            columns[0]
            if len(columns) == 1
            else [_joined(cells, sign) for cells in zip(*columns, strict=True)]
        )

    def _values(self, batch: RowBatch, column: str) -> Cells:
        decision = self._decisions[column]

        def give_up(place: int, code: str, cell: object) -> None:
            self._give_up(batch.lines[place], code, column, cell)

        if column not in self._read:
            self._read[column] = convert.values(batch.column(column), decision, give_up)
        return self._read[column]

    def _metadata(self, batch: RowBatch) -> tuple[list[str], list[Cells]]:
        """Names of fields and their values, those without any left out."""
        found: dict[str, Cells] = {}
        for role in self._layout.roles:
            if role not in TAKEN:
                found |= self._of_role(batch, role)
        for role, column in _MADE.items():
            if column in batch.columns and role not in self._layout.roles:
                found[role] = batch.column(column)
        for column, name in self._layout.fields.items():
            if self._decisions[column].type != "empty":
                found.setdefault(name, self._values(batch, column))
        if self._ids_between and len(self._layout.roles[ID]) == 1:
            found[CODES] = [*map(self._several_ids, batch.column(self._layout.roles[ID][0]))]
        for name in self._added:
            if name in batch.columns:
                field = name if name not in found else f"{name} (option)"
                found[field] = [None if cell == "" else cell for cell in batch.column(name)]
        used = {name: values for name, values in found.items() if not _is_blank(values)}
        return list(used), list(used.values())

    def _of_role(self, batch: RowBatch, role: str) -> dict[str, Cells]:
        if role in ("category", "image"):
            columns = [batch.column(name) for name in self._layout.roles[role]]
            return self._categories.fields(columns) if role == "category" else picture_fields(columns)
        if role == PRICE:
            return self._prices(batch)
        values = self._column(batch, role)
        if role == "availability":
            return {role: [None if value is None else availability(value) for value in values]}
        return {role: values}

    def _prices(self, batch: RowBatch) -> dict[str, Cells]:
        (column, *_) = self._layout.roles[PRICE]
        cells = batch.column(column)
        if any(isinstance(cell, list) for cell in cells):
            cells = [*map(_first, cells)]
            batch = replace(batch, columns={**batch.columns, column: cells})
        found: dict[str, Cells] = {PRICE: self._whole(batch, column)}
        if self._currency and "currency" not in self._layout.roles and not self._layout.own:
            currencies = [numbers.currency(cell) if isinstance(cell, str) else "" for cell in cells]
            found["currency"] = [
                None if price is None else code or self._currency
                for price, code in zip(found[PRICE], currencies, strict=True)
            ]
        return {**found, **self._on_sale(batch, found[PRICE])}

    def _whole(self, batch: RowBatch, column: str) -> Cells:
        """The prices of a column in whole units of their currency."""
        values = self._values(batch, column)
        if self._layout.own:
            return values
        before, dot, _ = column.rpartition(".")
        beside = {name: batch.columns.get(f"{before}{dot}{name}") for name in (*FRACTION_DIGITS, DIVISOR)}
        if dot and (divisors := beside[DIVISOR]):
            return [*map(_divided, values, divisors)]
        digits = minor_digits(column) or (HUNDREDTHS if beside[MINOR_UNIT] is not None else 0)
        if not digits:
            return values
        said = next(filter(None, map(beside.get, FRACTION_DIGITS)), [None] * len(batch))
        return [
            whole_units(value, _first(fraction), digits, convert.as_text(_first(code)) or self._currency)
            for value, fraction, code in zip(values, said, self._column(batch, "currency"), strict=True)
        ]

    def _on_sale(self, batch: RowBatch, usual: Cells) -> dict[str, Cells]:
        """What a shopper pays now, and the other price of what is on sale."""
        if self._sale is None or (self._sale.price and self._sale.price not in self._layout.fields):
            return {}
        none = [None] * len(batch)
        if self._sale.price:
            sale = self._whole(batch, self._sale.price)
        else:
            sale = reduced(
                usual, [self._values(batch, name) if name else none for name in self._sale.reductions]
            )
        conditions = [self._values(batch, name) if name else none for name in self._sale.conditions]
        holds = on_sale(usual, sale, conditions, self._now)
        paid = [low if on else price for on, low, price in zip(holds, sale, usual, strict=True)]
        regular = [price if on else None for on, price in zip(holds, usual, strict=True)]
        stored = REGULAR not in self._layout.fields.values()
        return {PRICE: paid, REGULAR: regular} if stored else {PRICE: paid}

    def _give_up(self, line: int, code: str, column: str, cell: object) -> None:
        self._report.give_up(column, code, line, convert.as_text(cell).encode("utf-8", "replace"))


def _divided(value: object, divisor: object) -> object:
    by = _first(divisor)
    if not isinstance(value, int | float) or not isinstance(by, int | float) or by <= 0:
        return value
    return value / by


def _first(cell: object) -> object:
    return next(iter(cell), None) if isinstance(cell, list) else cell


def _records(names: Sequence[str], columns: Sequence[Cells], count: int) -> list[dict[str, object]]:
    """The metadata of each row, without what it does not have."""
    if not columns:
        return [{} for _ in range(count)]
    if not any(None in values for values in columns):
        return [dict(zip(names, values)) for values in zip(*columns)]  # noqa: B905  `strict` costs a fifth
    return [
        {name: value for name, value in zip(names, values) if value is not None}  # noqa: B905
        for values in zip(*columns)  # noqa: B905
    ]


def _need_no_check(labels: Cells, texts: Cells, deleted: Cells) -> bool:
    """Whether a batch may take the fast path: all ids are letters and digits, all texts short."""
    if any(cell is not None and cell != "" for cell in deleted) or {
        *map(type, labels),
        *map(type, texts),
    } != {str}:
        return False
    ids: Sequence[str] = labels  # type: ignore[assignment]
    longest = max(map(len, texts)), max(map(len, ids))  # type: ignore[arg-type]
    return longest[0] <= MAX_TEXT and longest[1] <= MAX_ID and all(map(str.isalnum, ids))


def _joined(cells: Iterable[object], sign: str) -> str | None:
    texts = [text for cell in cells if (text := convert.as_text(cell).strip())]
    return sign.join(dict.fromkeys(texts)) or None


def _is_true(cell: object) -> bool:
    if isinstance(cell, bool):
        return cell
    truth = BOOLEANS.get(str(cell).strip().lower(), {"1": True, "0": False}.get(str(cell).strip()))
    if truth is None:
        raise RowError("bad_deleted")
    return truth


def _is_blank(values: Cells) -> bool:
    return all(value is None for value in values)
