"""How each column of a catalogue file is read, decided from what the whole columns hold; and what the report
says about that."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from object2vec.ingest.catalog.sale_prices import REGULAR, sale_columns, with_sale_price
from object2vec.ingest.cells.cell_counts import CellCounts, most_common
from object2vec.ingest.cells.dates import dated_ids, names_time, names_version
from object2vec.ingest.cells.decision import (
    ColumnHints,
    Decision,
    currency_words,
    decide,
    says_availability,
    signs_of,
    units_of,
)
from object2vec.ingest.cells.numbers import NO_WORDS
from object2vec.ingest.cells.words import NO_TEXT, NO_TITLE
from object2vec.ingest.exports.headings import (
    currency_in,
    is_available,
    is_grade,
    role_of,
    says_published,
)
from object2vec.ingest.exports.layout import (
    DELETED,
    DESCRIPTION,
    ID,
    PRICE,
    TEXT,
    TITLE,
    ExportLayout,
    field_beside,
)
from object2vec.ingest.exports.minor_units import minor_digits
from object2vec.ingest.mapping import FileMapping
from object2vec.ingest.report import Report, ReportField

TAKEN = (ID, TEXT, DELETED)
"""Roles that are no metadata."""
STORED = "stored "
"""Beginning of the reason for a column that is stored, but not under its own name."""
AVAILABILITY = "availability"
SHORT_WORDS = ("brand", "category")
_AS_WRITTEN = (TITLE, DESCRIPTION)
_GTIN_WIDTHS = (12, 13, 14)
_SAID_IN_HEADING = re.compile(r"\bCurrency=([A-Z]{3})\b")


class ColumnDecisions:
    """One decision for each column that is stored, and the currency of the prices."""

    def __init__(
        self,
        layout: ExportLayout,
        mapping: FileMapping,
        counted: Mapping[str, CellCounts],
        separator: str = "",
    ) -> None:
        if layout.export is None and AVAILABILITY not in mapping.fields:
            layout = _with_availability(layout, counted)
        self._counted = counted
        sale = None if layout.own or PRICE in mapping.fields else sale_columns(layout)
        telling = sale.numbers if sale is not None else ()
        self.sale = sale if any(self._counts(name).filled for name in telling) else None
        """The columns of a price that holds for a while."""
        layout = with_sale_price(layout, self.sale)
        self.layout = layout
        self.mapping = mapping
        prices = list(layout.roles.get(PRICE, [PRICE] if layout.own else []))
        prices += [self.sale.price] if self.sale and self.sale.price not in ("", *prices) else []
        self._currencies = frozenset().union(*(currency_words(self._counts(name)) for name in prices))
        usual, is_told = self._usual_sign(separator)
        roles = {column: role for role, columns in layout.roles.items() for column in columns}
        self.by_column = {
            column: self._decide(column, roles.get(column, ""), usual, is_told=is_told)
            for column in [*roles, *layout.fields]
        }
        self.currency = mapping.currency or self._said_currency()
        ids = [self._counts(column) for column in layout.roles[ID]]
        self.pointed_ids = len(ids) == 1 and 0 < ids[0].ids == ids[0].pointed_ids
        """All ids end in `.0`, which is taken off, as it is in logs."""

    def tell(self, report: Report, added: Iterable[str], made: Mapping[str, Sequence[str]]) -> None:
        """Puts into the report as what each column is read; `added` and `made` are a family's."""
        layout = self.layout
        report.recognised = layout.recognised
        report.unused = dict(layout.unused)
        report.notes += [
            f"`{column}` is stored as it is and leaves no row out: if rows with no are not on sale, export "
            "without them."
            for column in layout.fields
            if layout.export is None and says_published(column) and self._is_yes_or_no(column)
        ]
        for column, decision in self.by_column.items():
            report.notes += [f"`{column}`: {note}" for note in decision.notes]
            is_field = column in layout.fields and column not in layout.codes
            if is_field and decision.type == "text" and (units := units_of(self._counts(column))):
                report.notes.append(
                    f"`{column}` holds numbers with a unit ({', '.join(units)}): a text, to filter by and "
                    "not to sort by. To sort by it, export the numbers alone."
                )
        report.notes += layout.notes
        report.notes += [
            f"`{column}` counts the smallest unit of its currency, as its name says: 1999 cents are 19.99."
            for column in layout.roles.get(PRICE, ())
            if minor_digits(column) and not layout.own
        ]
        for role, columns in layout.roles.items():
            kind = "text" if role == AVAILABILITY else self.by_column[columns[0]].type
            made_of = list(columns)
            if role == PRICE and self.sale is not None and self.sale.price not in columns:
                report.fields.append(ReportField(REGULAR, list(columns), kind))
                made_of = [*filter(None, (self.sale.price, *self.sale.reductions)), *columns]
            report.fields.append(ReportField("label" if role == ID else role, made_of, kind))
            if role not in TAKEN:
                report.column_types[role] = kind
        report.fields += [
            ReportField(role, list(columns), "text")
            for role, columns in made.items()
            if role not in layout.roles
        ]
        for column, name in layout.fields.items():
            kind = self.by_column[column].type
            report.column_types[name] = kind
            if kind == "empty":
                report.unused[column] = "empty in every row"
            else:
                report.fields.append(ReportField(name, [column], kind))
        for name in added:
            report.fields.append(ReportField(name, ["options and attributes"], "text"))
        self._tell_text(report)
        report.ignored_columns = sorted(
            column for column, why in report.unused.items() if not why.startswith(STORED)
        )
        if self.pointed_ids:
            report.notes.append(
                "Every id ended in .0, as whole numbers do in a table with gaps; they are read without it."
            )
        for column in layout.roles[ID]:
            _tell_ids(report, column, self._counts(column))

    def _tell_text(self, report: Report) -> None:
        roles = self.layout.roles
        if self.layout.own or TEXT in roles:
            return
        made = [role for role in _AS_WRITTEN if role in roles]
        words = made or [role for role in SHORT_WORDS if role in roles]
        report.fields.append(ReportField(TEXT, words, "text"))
        if not made:
            report.notes.append(
                "No column is a title or a description: the text is what brand and category say."
            )

    def _counts(self, column: str) -> CellCounts:
        return self._counted.get(column, CellCounts())

    def _is_yes_or_no(self, column: str) -> bool:
        counts = self._counts(column)
        return self.by_column[column].type == "boolean" or counts.widths[1] == counts.filled > 0

    def _decide(self, column: str, role: str, usual: str, *, is_told: bool) -> Decision:
        layout, mapping, counts = self.layout, self.mapping, self._counts(column)
        field = role or layout.fields.get(column, column)
        if field in mapping.lists:
            return Decision("list", separator=mapping.lists[field])
        if time_format := mapping.time_format_of(field):
            return decide(counts, ColumnHints(time_format=time_format))
        if column in layout.times:
            return Decision("date", epoch=1, with_time=True)
        if role and role not in (PRICE, AVAILABILITY, DELETED):
            as_written = role in _AS_WRITTEN
            return Decision("text", html=as_written and not layout.own, blanks=self._blanks(role))
        hints = ColumnHints(
            decimal=mapping.decimal,
            usual_sign=usual,
            sign_is_told=is_told,
            price=role == PRICE or (layout.own and column == PRICE) or self._is_sale_price(column),
            currencies=self._currencies,
            as_text=column in layout.codes or role == DELETED or field in mapping.texts,
            html=counts.markup > 0 and not layout.own,
            separator=layout.lists.get(column, ""),
            own=layout.own,
            graded=is_grade(column),
            versions=names_version(column),
            dated=names_time(column) and not layout.own,
        )
        decision = decide(counts, hints)
        if decision.type == "text":
            decision = replace(decision, blanks=self._blanks(role))
        time_format = mapping.time_format if isinstance(mapping.time_format, str) else ""
        if time_format and decision.type in ("text", "date") and counts.kinds["date"] > counts.filled / 2:
            return decide(counts, ColumnHints(time_format=time_format))
        return decision

    def _is_sale_price(self, column: str) -> bool:
        return self.sale is not None and column == self.sale.price

    def _blanks(self, role: str) -> frozenset[str]:
        """Words for no value in a column of texts; a film may be called `None`, but not `nan`."""
        if self.layout.own or role in (ID, TEXT):
            return NO_WORDS
        return NO_TITLE if role in _AS_WRITTEN else NO_TEXT

    def _usual_sign(self, separator: str) -> tuple[str, bool]:
        """The decimal sign that the columns use which tell it, and whether any does; without any, what goes
        with the separator."""
        if self.mapping.decimal:
            return self.mapping.decimal, True
        signs = [signs_of(counts, self._currencies) for counts in self._counted.values()]
        comma = sum(times[","] > times["."] for times in signs)
        point = sum(times["."] > times[","] for times in signs)
        if comma != point:
            return ("," if comma > point else "."), True
        return ("," if separator == "semicolon" else "."), False

    def _said_currency(self) -> str:
        layout = self.layout
        if PRICE not in layout.roles:
            return ""
        (column, *_) = layout.roles[PRICE]
        currency = most_common(self._counts(column).currencies) or currency_in(column)
        named = (_SAID_IN_HEADING.search(name) for name in [*layout.fields, *layout.unused])
        return currency or next((found[1] for found in named if found), "")


def _with_availability(layout: ExportLayout, counted: Mapping[str, CellCounts]) -> ExportLayout:
    """The layout with availability taken from the first column that is named so and tells it. Counts and
    dates under such a name stay a field of their own, and so does `available` unless it is in words."""
    if AVAILABILITY not in layout.roles:
        return layout
    (named, *more) = layout.roles[AVAILABILITY]
    others = [name for name in layout.fields if role_of(name)[0] == AVAILABILITY]
    others.sort(key=lambda name: role_of(name)[1])
    saying = (
        name
        for name in (named, *others)
        if says_availability(counted.get(name, CellCounts()), words_alone=is_available(name))
    )
    best = next(saying, "")
    if best == named or more:
        return layout
    roles = {role: columns for role, columns in layout.roles.items() if role != AVAILABILITY}
    if best:
        roles[AVAILABILITY] = [best]
    fields = {column: name for column, name in layout.fields.items() if column != best}
    fields[named] = field_beside(named, named, {*roles, TEXT, "label"} - {ID})
    return replace(layout, roles=roles, fields=fields)


def _tell_ids(report: Report, column: str, counts: CellCounts) -> None:
    """Reports the damage that a spreadsheet may have done to the ids."""
    if counts.zero_widths:
        width = max(counts.zero_widths, key=lambda size: (counts.zero_widths[size], size))
        short = sum(count for size, count in counts.widths.items() if size < width)
        if short:
            report.notes.append(
                f"{short:,} of the ids in `{column}` have fewer than {width} digits, while others begin "
                "with zeros: a spreadsheet may have taken theirs away. They are loaded as they are; "
                "export again with the column as text if your shop calls these items otherwise."
            )
    elif odd := _odd_widths(counts):
        report.notes.append(
            f"{odd:,} of the ids in `{column}` have 9 or 11 digits, as no EAN or UPC has, while most of the "
            "others are such: a spreadsheet may have taken zeros from their front. They are loaded as they "
            "are; export again with the column as text if your shop calls these items otherwise."
        )
    if counts.dated_ids:
        report.notes.append(dated_ids(column, counts.dated_ids, counts.dated_id))


def _odd_widths(counts: CellCounts) -> int:
    """Number of ids among EANs and UPCs that lack digits."""
    whole = sum(counts.widths[width] for width in _GTIN_WIDTHS)
    return sum(counts.widths[width] for width in (9, 11)) if 2 * whole > counts.widths.total() else 0
