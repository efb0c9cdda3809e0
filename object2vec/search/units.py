"""Quantities: 500 ml, 0.5 l, 1/2 l and 50 cl are one, and so are 12 oz and 12 ounces.

A number and a unit in a query also stand for the same quantity in the unit's other names (one or two words)
and in other metric units; the texts stay as they are. Factors of the metric system alone: who asks for 16 oz
means the label, not 453.6 g.
"""

# ruff: noqa: RUF001 (Cyrillic and Greek letters that look like others)

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from object2vec.search.query import Alternative, TextQuery, Unit

UnitFactors = Mapping[str, Decimal]
"""The names of units, and how many of the smallest they are."""


def _factors(units: Mapping[str, str]) -> UnitFactors:
    return {
        name.replace("_", " "): Decimal(factor) for factor, names in units.items() for name in names.split()
    }


_MEASURES = (
    _factors({
        "1": "ml milliliter milliliters millilitre millilitres mililitros мл",
        "10": "cl centiliter centiliters centilitre centilitres",
        "100": "dl deciliter deciliters",
        "1000": "l lt ltr liter liters litre litres litro litros litri litr litry litrow л "
        "литр литра литров λιτρο λιτρα λιτρων",
    }),
    _factors({
        "1": "μg mcg ug microgram micrograms",
        "1000": "mg milligram milligrams milligramm",
        "1000000": "g gr gram grams gramm gramme grammes gramos grammi gramas г гр грамм граммов "
        "γρ γραμμαρια γραμμαριων",
        "1000000000": "kg kgs kilo kilos kilogram kilograms kilogramm kilogramos kilogrammi quilo quilos "
        "кг килограмм килограмма килограммов κιλο κιλα κιλων",
    }),
    _factors({
        "1": "mm millimeter millimeters millimetre millimetres мм",
        "10": "cm centimeter centimeters centimetre centimetres centimetros centimetri zentimeter см",
        "1000": "m meter meters metre metres metro metros metri м метр метра метров μετρα μετρων",
    }),
    _factors({
        "1": "oz ounce ounces fl_oz fl_ounce fl_ounces fluid_ounce fluid_ounces",
        "16": "lb lbs pound pounds",
    }),
    _factors({
        "1": "in inch inches zoll pouce pouces pulgada pulgadas pollice pollici polegada polegadas cale "
        "cali tum tommer tommers дюйм дюйма дюймов ιντσα ιντσες ιντσων",
        "12": "ft foot feet",
    }),
    _factors({"1": "pt pint pints", "2": "qt quart quarts", "8": "gal gallon gallons"}),
    _factors({"1": "mb megabyte мб", "1000": "gb gigabyte гб", "1000000": "tb terabyte тб"}),
    _factors({"1": "pk pack packs"}),
    _factors({"1": "ct count"}),
    _factors({"1": "w watt watts вт ватт", "1000": "kw kilowatt kilowatts"}),
    _factors({"1": "v volt volts вольт"}),
    _factors({"1": "mah", "1000": "ah"}),
    _factors({"1": "mhz", "1000": "ghz"}),
    _factors({
        "1": "pc pcs piece pieces stuck stk stuks styck piezas pezzi pz pecas szt sztuk sztuki шт штук штуки "
        "adet τεμ τεμαχια"
    }),
)  # fmt: skip
_MEASURE_OF = {name: measure for measure in _MEASURES for name in measure}
_MOST, _DECIMALS = Decimal(100_000), 3
_FRACTIONS = {
    Decimal(above) / below: f"{above}/{below}"
    for below in (8, 4, 2)
    for above in range(1, below, 2)
}  # fmt: skip
"""Fractions of an inch, a pint, a kilogram, as they are written."""
_PARTS = {text: value for value, text in _FRACTIONS.items()} | {
    "half": Decimal("0.5"),
    "quarter": Decimal("0.25"),
}
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_LONGEST = 4
"""Words of a quantity: 1 1/2 fl oz."""


def is_unit(word: str) -> bool:
    """Whether a folded word is a unit's name."""
    return word in _MEASURE_OF


def quantities(query: TextQuery) -> Iterator[Alternative]:
    """The other spellings of a query's quantities, written together or apart."""
    for at in range(len(query.words)):
        for size in range(1, _LONGEST + 1):
            parts = query.words[at : at + size]
            written = tuple(word for unit in parts for word in unit.words)
            if len(parts) == size and len(written) <= _LONGEST and not any(unit.prefix for unit in parts):
                same = (*_same_number(written), *_same_quantity(written))
                yield from (Alternative(parts, other) for other in same)


def _same_number(written: tuple[str, ...]) -> Iterator[Unit]:
    """A number with a fraction in its other spelling: 8.5 for 8 1/2."""
    amount = _amount(written)
    if amount is not None and amount < _MOST:  # no quantity, and too long to be divided
        for words in _spelt(amount.normalize()):
            if words != written:
                yield Unit(words, tuple(range(len(words))))


def _same_quantity(written: tuple[str, ...]) -> Iterator[Unit]:
    for at in range(len(written) - 2, len(written)):
        name = " ".join(written[at:])
        measure, amount = _MEASURE_OF.get(name), _amount(written[:at])
        if measure is None or amount is None:
            continue
        for other, factor in measure.items():
            value = (amount * measure[name] / factor).normalize()
            if 0 < value < _MOST and value == round(value, _DECIMALS):
                for number in _spelt(value):
                    words = (*number, *other.split())
                    if words != written:
                        yield Unit(words, tuple(range(len(words))))


def _amount(numbers: Sequence[str]) -> Decimal | None:
    """The value of 2, 1.5, 1/2 or 1 1/2; None for anything else."""
    if not numbers:
        return None
    *whole, last = numbers
    part = _PARTS.get(last)
    known = whole if part is not None else [*whole, last]
    if len(known) > 1 or not all(map(_NUMBER.fullmatch, known)):
        return None
    return sum(map(Decimal, known), part or Decimal(0))


def _spelt(value: Decimal) -> Iterator[tuple[str, ...]]:
    """A number as it is written: with a decimal point, and with a fraction."""
    yield (f"{value:f}",)
    whole, part = divmod(value, 1)
    if part in _FRACTIONS:
        yield (f"{whole:f}", _FRACTIONS[part]) if whole else (_FRACTIONS[part],)
