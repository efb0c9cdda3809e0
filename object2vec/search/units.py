"""Quantities: 500 ml, 0.5 l and 50 cl are one, and so are 12 oz and 12 ounces.

A number and a unit in a query also stand for the same quantity in the unit's other names and in other metric
units; the texts stay as they are. Factors of the metric system alone: who asks for 16 oz means the label, not
453.6 g.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import pairwise

from object2vec.search.query import Alternative, TextQuery, Unit

UnitFactors = Mapping[str, Decimal]
"""The names of units, and how many of the smallest they are."""


def _factors(units: Mapping[str, str]) -> UnitFactors:
    return {name: Decimal(factor) for factor, names in units.items() for name in names.split()}


_MEASURES = (
    _factors({
        "1": "ml milliliter milliliters millilitre millilitres \u043c\u043b",
        "10": "cl centiliter centiliters centilitre centilitres",
        "100": "dl deciliter deciliters",
        "1000": "l lt ltr liter liters litre litres litro litros litri litr \u043b",
    }),
    _factors({
        "1": "mg milligram milligrams milligramm",
        "1000": "g gr gram grams gramm gramme grammes \u0433",
        "1000000": "kg kgs kilo kilos kilogram kilograms kilogramm \u043a\u0433",
    }),
    _factors({
        "1": "mm millimeter millimeters millimetre millimetres \u043c\u043c",
        "10": "cm centimeter centimeters centimetre centimetres \u0441\u043c",
        "1000": "m meter meters metre metres metro metros metri \u043c",
    }),
    _factors({"1": "oz ounce ounces", "16": "lb lbs pound pounds"}),
    _factors({"1": "in inch inches zoll", "12": "ft foot feet"}),
    _factors({"1": "pt pint pints", "2": "qt quart quarts", "8": "gal gallon gallons"}),
    _factors({"1": "mb megabyte", "1000": "gb gigabyte", "1000000": "tb terabyte"}),
    _factors({"1": "pk pack packs"}),
    _factors({"1": "ct count"}),
)  # fmt: skip
_MEASURE_OF = {name: measure for measure in _MEASURES for name in measure}
_MOST, _DECIMALS = Decimal(100_000), 3


def quantities(query: TextQuery) -> Iterator[Alternative]:
    """What the quantities of a query also stand for, written together or apart."""
    for unit in query.words:
        if len(unit.words) == 2 and not unit.prefix:
            yield from (Alternative((unit,), other) for other in _same(*unit.words))
    for one, other in pairwise(query.words):
        if one.word and other.word:
            yield from (Alternative((one, other), same) for same in _same(one.word, other.word))


def _same(number: str, name: str) -> Iterator[Unit]:
    measure = _MEASURE_OF.get(name)
    if measure is None or not number.replace(".", "", 1).isdigit() or not number.isascii():
        return
    amount = Decimal(number) * measure[name]
    for other, factor in measure.items():
        value = (amount / factor).normalize()
        if other != name and 0 < value < _MOST and value == round(value, _DECIMALS):
            yield Unit((f"{value:f}", other), (0, 1))
