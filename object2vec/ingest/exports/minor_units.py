"""Prices in the smallest unit of a currency, where the heading says so: Stripe's `unit_amount`,
`price_cents`, `price.centAmount`, Google's `amountMicros`.

Which currencies have no cents or thousandths: https://docs.stripe.com/currencies
"""

import re
import unicodedata

from object2vec.ingest.exports.heading_phrases import role_of_phrase

_UNITS = {
    "cent": 2, "cents": 2, "centime": 2, "centimes": 2, "centimos": 2, "centavos": 2, "centesimi": 2,
    "pence": 2, "minor": 2, "micros": 6,
}  # fmt: skip
_BESIDE = frozenset(
    ("in", "of", "en", "im", "unit", "units", "amount", "value", "values", "decimal", "data", "prices")
)
_ON_SALE = frozenset(("sale", "special", "promo", "discounted", "offer"))
_CAMEL, _PARTS = re.compile(r"(?<=[a-z])(?=[A-Z])"), re.compile(r"[\W_]+")
_DIGITS = {
    "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "JPY": 0, "KMF": 0, "KRW": 0, "MGA": 0, "PYG": 0, "RWF": 0,
    "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0, "BHD": 3, "JOD": 3, "KWD": 3, "OMR": 3, "TND": 3,
}  # fmt: skip
"""Of currencies whose smallest unit is no hundredth."""
HUNDREDTHS = 2
"""Digits behind the decimal sign, in most currencies."""
MINOR_UNIT = "currency_minor_unit"
FRACTION_DIGITS = ("fractionDigits", "fraction_digits", MINOR_UNIT)
"""Fields beside an amount that say how many digits of it are behind the decimal sign (commercetools,
WooCommerce's store). The last says besides that it counts the smallest unit."""
DIVISOR = "divisor"
"""A field beside an amount by which it is divided (Etsy)."""


def minor_digits(heading: str) -> int:
    """How many digits of a number under this heading stand behind the decimal sign: 2 for cents, 6 for
    micros, 0 where it does not say so, or is of something else than a price."""
    spaced = unicodedata.normalize("NFKD", _CAMEL.sub(" ", heading).casefold())
    plain = "".join(char for char in spaced if not unicodedata.combining(char))
    words = [word for word in _PARTS.split(plain) if word]
    end = [word for word in _PARTS.split(plain.rpartition(".")[2]) if word]
    is_stripes = end in (["unit", "amount"], ["unit", "amount", "decimal"])
    digits = 2 if is_stripes else next((_UNITS[word] for word in words if word in _UNITS), 0)
    rest = [word for word in words if word not in _UNITS and word not in _BESIDE | _ON_SALE]
    said = role_of_phrase(rest) == "price" if rest else "amount" in words
    return digits if said else 0


def without_unit(heading: str) -> str:
    """The heading without the words of a smallest unit: `salePrice` of `salePrice.amountMicros`."""
    if not minor_digits(heading):
        return heading
    words = _PARTS.split(_CAMEL.sub(" ", heading).casefold())
    return " ".join(word for word in words if word not in _UNITS and word not in _BESIDE)


def whole_units(amount: object, fraction: object, digits: int, currency: str) -> int | float | None:
    """An amount in whole units: by the digits that its record says (`fraction`), else by the currency, of
    which some have no cents. None for what is no number."""
    if not isinstance(amount, int | float):
        return None
    if str(fraction).isdecimal():
        digits = int(str(fraction))
    elif digits == HUNDREDTHS:
        digits = _DIGITS.get(currency.upper(), digits)
    return round(amount / 10**digits, digits) if digits else amount
