"""Two prices in a row: a shopper pays the sale price while it holds, and the other one otherwise."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, field, replace
from datetime import UTC, datetime, time

from object2vec.ingest.cells.convert import as_text
from object2vec.ingest.exports.headings import SALE_PRICE_KEYS, key_of, keys_of, sale_forms
from object2vec.ingest.exports.layout import PRICE, SAY_OTHERWISE, ExportLayout, Reduction
from object2vec.ingest.exports.sale_words import ON_SALE, SALE_ENDS, SALE_PERIODS, SALE_STARTS

REGULAR = "regular_price"
"""The field of the other price, of an item that is on sale."""


_STARTS, _ENDS, _PERIODS, _FLAGS = map(keys_of, (SALE_STARTS, SALE_ENDS, SALE_PERIODS, ON_SALE))


@dataclass(frozen=True)
class SaleColumns:
    """The columns of a sale price, or of what is taken off the price, and of when it holds; '' for those that
    the file lacks."""

    price: str = ""
    taken_off: Reduction = field(default_factory=Reduction)
    starts: str = ""
    ends: str = ""
    period: str = ""
    flag: str = ""

    @property
    def conditions(self) -> Sequence[str]:
        """The columns that say when it holds, start and end first."""
        return self.starts, self.ends, self.period, self.flag

    @property
    def reductions(self) -> Sequence[str]:
        """The columns that say what is taken off, in the order of `reduced`."""
        return astuple(self.taken_off)

    @property
    def numbers(self) -> Sequence[str]:
        """The columns whose numbers make a price."""
        return self.price, self.taken_off.percent, self.taken_off.amount, self.taken_off.value


def sale_columns(layout: ExportLayout) -> SaleColumns | None:
    """The sale price among the columns of a file that are fields of their own, or what its system takes off;
    None without either."""
    key = layout.export.key if layout.export is not None else key_of

    def first(keys: frozenset[str], columns: Sequence[str]) -> str:
        said = (name for name in columns if not keys.isdisjoint((key(name), *sale_forms(name))))
        return next(said, "")

    fields = [*layout.fields]
    price = first(SALE_PRICE_KEYS, fields)
    starts, ends, period, flag = (first(keys, fields) for keys in (_STARTS, _ENDS, _PERIODS, _FLAGS))
    if price:
        return SaleColumns(price, starts=starts, ends=ends, period=period, flag=flag)
    said = layout.export.reduction if layout.export is not None else None
    if said is None or PRICE not in layout.roles:
        return None
    columns = {key(name): name for name in fields}
    found = Reduction(*(columns.get(heading, "") for heading in astuple(said)))
    tells = found.percent or found.amount or (found.value and found.kind)
    return SaleColumns(taken_off=found, starts=starts, ends=ends) if tells else None


def reduced(usual: Sequence[object], taken_off: Sequence[Sequence[object]]) -> list[object]:
    """Each price less what the cells of `SaleColumns.reductions` take off it, None where that is nothing."""
    return [_reduced(price, *cells) for price, *cells in zip(usual, *taken_off, strict=True)]


def _reduced(price: object, percent: object, amount: object, value: object, kind: object) -> object:
    if isinstance(value, int | float):
        is_share = "percent" in as_text(kind).lower()
        percent, amount = (value, None) if is_share else (None, value)
    if not isinstance(price, int | float):
        return None
    if isinstance(percent, int | float) and 0 < percent <= 100:
        return round(price * (100 - percent) / 100, 2)
    return round(price - amount, 2) if isinstance(amount, int | float) and 0 < amount < price else None


def with_sale_price(layout: ExportLayout, sale: SaleColumns | None) -> ExportLayout:
    """The layout in which the sale price is the price, where no other column is; else with a note."""
    if sale is None:
        return layout
    if PRICE not in layout.roles:  # `sale_columns` knows a price of its own then
        fields = {column: name for column, name in layout.fields.items() if column != sale.price}
        return replace(layout, roles={**layout.roles, PRICE: [sale.price]}, fields=fields)
    (column, *_) = layout.roles[PRICE]
    taken_off = " or ".join(f"`{name}`" for name in sale.numbers[1:] if name)
    low = f"`{sale.price}`" if sale.price else f"`{column}` less {taken_off}"
    note = (
        f"price is {low} while it holds and is lower than `{column}`, which is then stored as {REGULAR}: as "
        f"of this reading, so upload again when it begins or ends; {SAY_OTHERWISE}."
    )
    return replace(layout, notes=[*layout.notes, note])


def on_sale(
    regular: Sequence[object], sale: Sequence[object], conditions: Sequence[Sequence[object]], now: datetime
) -> list[bool]:
    """Whether each row's sale price is what a shopper pays `now`. `conditions` are the cells of
    `SaleColumns.conditions`. A sale price of 0 stands for none, and a time that cannot be read for one that
    is over."""
    return [
        isinstance(price, int | float)
        and price > 0
        and (not isinstance(usual, int | float) or price < usual)
        and _holds(now, *cells)
        for usual, price, *cells in zip(regular, sale, *conditions, strict=True)
    ]


def _holds(now: datetime, starts: object, ends: object, period: object, flag: object) -> bool:
    if flag is False or as_text(flag).strip().lower() in ("0", "no", "false"):
        return False
    first, _, last = as_text(period).partition("/")
    begun = (_moment(text, time.min) for text in (as_text(starts), first) if _is_said(text))
    over = (_moment(text, time.max) for text in (as_text(ends), last) if _is_said(text))
    return all(at is not None and at <= now for at in begun) and all(
        at is not None and now <= at for at in over
    )


def _is_said(text: str) -> bool:
    """Whether a cell holds a time; databases write 0000-00-00 for none."""
    return bool(text.strip("0-: "))


def _moment(text: str, of_day: time) -> datetime | None:
    """A moment in ISO 8601; of a day alone, its beginning or its end."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    if len(text.strip()) == len("2026-11-30"):
        found = datetime.combine(found.date(), of_day)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
