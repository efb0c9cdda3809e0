"""Numbers and prices as people write them; which sign is the decimal one is decided over a whole column."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from math import isfinite

from price_parser import Price
from price_parser._currencies import CURRENCY_CODES

# Digits beyond a double's precision and leading zeros mark codes (UPC, postcode), which stay text.
# So does 1E5: who writes a number with an exponent adds a point (1.0E5) or a sign (1E+05).
PLAIN = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]+(?:[eE][+-]?[0-9]{1,3})?|[eE][+-][0-9]{1,3})?")

PERCENT, STARS = "/%", "/stars"
"""Words beside numbers that are grades if their heading says so."""
NO_WORDS: frozenset[str] = frozenset()
_SIGNS = "€$£¥￥₹₽₺₩₪฿₫₴₦₱"
_ISO_CODES = {code.upper() for code in CURRENCY_CODES} | {"CFA", "RMB", "NTD"}
_CODE = (
    r"kr\.?|zł|Kč|Ft|Lei|lei|Rs\.?|Fr\.|[A-Z]{1,3} ?\$|\$ ?(?:[A-Z]{3}(?![A-Za-z]))|S/|TL|円|元|원|د\.إ|ر\.س"
    r"|руб\.?|р\.|грн\.?|(?P<%s>[^\W\d_]{1,5})\.?(?!-)"  # noqa: RUF001  roubles, hryvnias
)
_APOSTROPHES = "'\u2019"
_MONEY = re.compile(
    rf"(?:[{_SIGNS}]|{_CODE % 'before'})?\s*"
    rf"(?P<digits>-?(?:[0-9]|\.(?=[0-9]))[0-9.,{_APOSTROPHES}\s]*)(?:[,:]?[-\u2013\u2014]{{1,2}}|\*{{1,2}})?"
    rf"\s*(?:[{_SIGNS}]|{_CODE % 'after'})?"
)
_OF_SCALE = re.compile(
    r"([0-9]+(?:[.,][0-9]+)?) ?(/|out of|von|sur|de|su|van|van de) ?(5|10|100)(?:[.,]0)?"
    r"(?: (?:stars?|sterne?n?|étoiles?|estrellas?|stell[ae]|sterren))?",
    re.IGNORECASE,
)
_GRADE = re.compile(
    r"([0-9]+(?:[.,][0-9]+)?) ?(?:(%)|stars?|sterne?n?|étoiles?|estrellas?|stell[ae]|sterren)", re.IGNORECASE
)
_STARS = re.compile("([★⭐]+)️?☆*")
_CENTS = re.compile(rf"([0-9]+) ?([{_SIGNS}]) ?([0-9]{{2}})")
_ENDS = r"(?:^|[\s0-9])(?:{})(?![A-Za-z])"
_NAMED = re.compile(_ENDS.format("(Rs|[A-Z]{3})") + "|[円元원]")
"""What may be a currency that a text names without a sign."""
_COMMA_GROUPS = re.compile(
    r"(?<!R)(?<!R )\$|[£¥￥₹₩฿₱₦円元원]|"
    + _ENDS.format(
        "Rs|KSh|USD|GBP|JPY|CNY|INR|KRW|THB|PHP|MYR|SGD|HKD|TWD|AUD|NZD|NGN|KES|PKR|AED|SAR|ILS|MXN"
    )
)
_POINT_GROUPS = re.compile(r"[₫đ]|" + _ENDS.format("Rp|IDR|VND|CLP|COP|PYG"))
"""Currencies whose thousands have a comma, or a point, between them: 1,299 and 19.900 are whole."""
_BEHIND_PRICE = re.compile(
    r"\s*\*+$|(?<=[0-9])/-$|\s*(?:/|\b(?:per|pro|je|par|por|al)\b)\s*(?:1 ?|100? ?)?[^\W\d_]+\.?$"
    r"|\s*\(?\b(?:inc?l?|inkl|excl?|exkl|zzgl|ttc|ht|tax|vat|mwst|iva|btw|moms)\b(?:[^0-9]|[0-9]+ ?%)*$"
    r"|\s*税[込抜別]$|^税[込抜別]\s*",
    re.IGNORECASE,
)
"""What stands behind a price: a note, its unit, the tax."""
_BEFORE_PRICE = re.compile(r"\b(?:now|only|just|jetzt|nur)\b:?\s*(?=\D{0,3}\d)", re.IGNORECASE)
"""What an advertisement says in front of a price."""
_IN_BRACKETS = re.compile(r"\s*\([^0-9()]*\)$")
_SPACES = re.compile(rf"[\s{_APOSTROPHES}]")
_APART = re.compile(rf"[0-9][\s{_APOSTROPHES}]+[0-9]")
_THOUSANDS = re.compile(rf"-?[0-9]{{1,3}}(?:[\s{_APOSTROPHES}][0-9]{{3}})+(?:\s?[.,]\s?[0-9]*)?\s*")
"""1 299,00: what stands between digits stands between thousands. `36 37 38` is a list of sizes."""
_COMMA = re.compile(r"[-+]?(?:\d+,\d{1,2}|\d+,\d{4,}|\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:\.\d{3}){2,}|0,\d+)")
_POINT = re.compile(r"[-+]?(?:\d*\.\d{1,2}|\d+\.\d{4,}|\d{1,3}(?:,\d{3})+\.\d+|\d{1,3}(?:,\d{3}){2,}|0\.\d+)")
_INDIAN = re.compile(r"[-+]?\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d+)?")  # 1,29,999.00
_NO_CENTS: Mapping[str, re.Pattern[str]] = {  # 1,299.- and 1.299,-
    sign: re.compile(rf"[0-9]{re.escape(sign)}[-\u2013\u2014]") for sign in ".,"
}
_BEHIND = re.compile(r"[.,]\d{2}-(?![-\d])")  # 5,00- as accounting writes it; 5,- is no such thing
_FROM = re.compile(
    r"(?:from|starting (?:at|from)|as low as|ab|à partir de|dès|desde|a partire da|a partir de|da|vanaf"
    r"|från|fra|od|от)\s+(?=.*\d)",
    re.IGNORECASE,
)
_RANGE = re.compile(r"(.*\d.*?)\s*(?:-|\u2013|\u2014|~|\bto\b|\bbis\b|\bà\b|\btot\b|\bdo\b)\s*(?=\D*\d)(.+)")
_LONG_WORD = re.compile(r"[^\W\d_]{6}")
_TWO_NUMBERS = re.compile(r"\d\D+\d")
_FREE = frozenset(("free", "for free", "gratis", "kostenlos", "gratuit", "gratuito", "darmowe"))
_EITHER = re.compile(r"[-+]?[1-9]\d{0,2}[.,]\d{3}")
_WHOLE = re.compile(r"[-+]?\d+")
_FOREIGN = re.compile(r"(?![0-9])\d")
_ARABIC_SIGNS = str.maketrans({"\u066b": ".", "\u066c": ","})
_LEADING_ZERO = re.compile(r"0\d")
CURRENCIES: Mapping[str, str] = {
    "€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "￥": "JPY", "₹": "INR", "zł": "PLN", "Kč": "CZK",
    "₽": "RUB", "₺": "TRY", "₩": "KRW", "₪": "ILS", "R$": "BRL", "US$": "USD", "CA$": "CAD", "A$": "AUD",
    "AU$": "AUD",
}  # fmt: skip


def western(text: str) -> str:
    """The text with the digits 0 to 9, in place of Arabic, Indic and full-width ones: for
    prices, since elsewhere such digits may be a code."""
    if text.isascii() or not _FOREIGN.search(text):
        return text
    plain = unicodedata.normalize("NFKC", text).translate(_ARABIC_SIGNS)
    return "".join(str(unicodedata.digit(char, char)) for char in plain)


def _bare(text: str) -> str:
    """A price with a sign of currency, without what stands behind it; any other text as it is."""
    if not any(sign in text for sign in _SIGNS) and not text.startswith("Rs"):
        return text
    if found := _CENTS.fullmatch(text):  # 19€99
        return f"{found[1]}.{found[3]} {found[2]}"
    text = text.replace("US $", "US$")
    bare = _BEHIND_PRICE.sub("", _BEFORE_PRICE.sub("", text))
    return bare if any(map(str.isdigit, bare)) else text


def bare_price(text: str) -> str:
    """A cell of a column of prices without what stands behind a price, `(RRP)` too. In other columns that may
    be what tells two values apart: `42 EUR (wide)`."""
    if not any(sign in text for sign in _SIGNS):
        named = _NAMED.search(text)
        if named is None or named[1] not in (None, "Rs", *_ISO_CODES):
            return text
    bare = _BEHIND_PRICE.sub("", _IN_BRACKETS.sub("", _BEFORE_PRICE.sub("", text)))
    return bare if any(map(str.isdigit, bare)) else text


def digits_of(text: str, words: frozenset[str] = NO_WORDS) -> str:
    """The number within a price, without its currency and spaces; '' where the text is no number. `words` are
    those, in lower case, that may stand beside it without being the code of a currency."""
    text = _without_scale(text.strip(), words)
    money = _MONEY.fullmatch(text) or _MONEY.fullmatch(_bare(text))
    if money is None or not words.issuperset(_unknown(money)):
        return ""  # VEL-001 and 20 pcs are no prices
    if _APART.search(money["digits"]) and not _THOUSANDS.fullmatch(money["digits"]):
        return ""
    return _SPACES.sub("", money["digits"]).rstrip(".,")


def word_beside(text: str) -> tuple[str, bool]:
    """The one word beside a number that is no code of a currency, in lower case, and whether it stands in
    front: `KSh 1,200`, `12 lbs`, `from 5 Dhs`. ('', False) where there is none, or two."""
    if scale := _grade(text)[1]:
        return scale, False
    if found := _FROM.match(text):
        text = text[found.end() :]
    if _LONG_WORD.search(text):  # most titles have one, and the patterns below are slow
        return "", False
    money = _MONEY.fullmatch(text.strip())
    if money is None and _TWO_NUMBERS.search(text) and (found := _RANGE.fullmatch(text.strip())):
        money = _MONEY.fullmatch(found[1].strip())
    words = _unknown(money) if money is not None else ()
    if money is None or len(words) != 1:
        return "", False
    return words[0], words[0] == (money["before"] or "").lower()


def _without_scale(text: str, words: frozenset[str]) -> str:
    """The grade in `4.5/5`, where that scale is one of the words."""
    grade, scale = _grade(text) if words else ("", "")
    return grade if scale and scale in words else text


def _grade(text: str) -> tuple[str, str]:
    """The grade in `4.5/5`, `80 %`, `4 stars` or `★★★★☆`, and a word for its scale; ('', '') for none."""
    if found := _OF_SCALE.fullmatch(text):
        return found[1], f"/{found[3]}"
    if found := _GRADE.fullmatch(text):
        return found[1], PERCENT if found[2] else STARS
    found = _STARS.fullmatch(text)
    return (str(len(found[1])), STARS) if found else ("", "")


def _unknown(money: re.Match[str]) -> Sequence[str]:
    words = filter(None, money.group("before", "after"))
    return [word.lower() for word in words if word.upper() not in _ISO_CODES]


def evidence(text: str, words: frozenset[str] = NO_WORDS) -> str:
    """What one cell says: `.` or `,` is the decimal sign, `?` for 1,299 and 1.299, `0` for a whole number,
    also one that its currency tells ($1,299), '' for a text that is no number."""
    digits = digits_of(text, words)
    if not digits:
        return ""
    if _WHOLE.fullmatch(digits):
        return "0"
    if _EITHER.fullmatch(digits):
        return "0" if _own_sign(digits, text) else "?"
    if _COMMA.fullmatch(digits):
        return ","
    return "." if _POINT.fullmatch(digits) or _INDIAN.fullmatch(digits) else ""


def _own_sign(digits: str, text: str) -> str:
    """The decimal sign of a currency that writes thousands like this; '' where none is known."""
    groups, sign = (_COMMA_GROUPS, ".") if "," in digits else (_POINT_GROUPS, ",")
    return sign if groups.search(text) or _NO_CENTS[sign].search(text) else ""


def lowest(text: str, words: frozenset[str] = NO_WORDS) -> str:
    """The lower end of a range of prices (`$5.00 - $17.99`, `ab 12,00 €`); '' for what is no range."""
    text = text.strip()
    if found := _FROM.match(text):
        return text[found.end() :].strip()
    if found := _RANGE.fullmatch(text):
        low, high = found[1].strip(), found[2].strip()
        return low if digits_of(low, words) and digits_of(high, words) else ""
    return ""


@lru_cache(maxsize=65_536)
def is_range(text: str, words: frozenset[str] = NO_WORDS) -> bool:
    """Whether a price is the lower end of a range."""
    return PLAIN.fullmatch(text) is None and bool(lowest(bare_price(text), words))


@lru_cache(maxsize=65_536)
def parse_price(text: str, decimal: str, words: frozenset[str] = NO_WORDS) -> int | float | None:
    """The number in a cell of prices: `parse`, the lower end of a range, 0 for what is free."""
    text = bare_price(western(text).strip())
    if text.lower() in _FREE:
        return 0
    number = parse(text, decimal, words)
    return parse(low, decimal, words) if number is None and (low := lowest(text, words)) else number


@lru_cache(maxsize=65_536)
def parse(text: str, decimal: str, words: frozenset[str] = NO_WORDS) -> int | float | None:
    """The number in a cell of a column with this decimal sign (1.299,00 €, $19.99, 19.99 USD, EUR 5); None
    where there is none. A cell that can only mean the other sign is read with that. `words` as for
    `digits_of`."""
    if PLAIN.fullmatch(text) and (decimal == "." or "." not in text or evidence(text) == "."):
        return plain(text)
    sign = evidence(text, words)
    if not sign:
        return None
    digits = digits_of(text, words)
    own = sign if sign in ".," else _own_sign(digits, text)
    bare = _lead(_bare(_without_scale(text, words)))
    amount = Price.fromstring(bare, decimal_separator=own or decimal).amount
    if amount is None:
        return None
    negative = (digits.startswith("-") or _BEHIND.search(text) is not None) and amount > 0
    return _number(-amount if negative else amount)


def parse_alone(text: str) -> int | float | None:
    """The number in a price without a column that tells more of it: whatever word stands beside it."""
    text = bare_price(text)
    word, _ = word_beside(text)
    return parse(text, ".", frozenset((word,)) if word not in ("", PERCENT, STARS) else NO_WORDS)


def plain(text: str) -> int | float | None:
    """The number that `PLAIN` matches; None beyond what is finite."""
    number = int(text) if text.lstrip("-").isdigit() else float(text)
    return number if isfinite(number) else None


@lru_cache(maxsize=4_096)
def currency(text: str) -> str:
    """The ISO code of the currency that a price says, else ''."""
    text = bare_price(western(text))
    if not digits_of(text):
        return ""
    said = Price.fromstring(text).currency or ""
    said = CURRENCIES.get(said, said)
    return said.upper() if len(said) == 3 and said.isalpha() else ""


def has_leading_zero(text: str) -> bool:
    """Whether a number would lose its first digit."""
    return _LEADING_ZERO.match(text.lstrip("-+")) is not None


def _lead(text: str) -> str:
    """price-parser takes `.99` and spaces well, an apostrophe not."""
    return text.translate(dict.fromkeys(map(ord, _APOSTROPHES)))


def _number(amount: Decimal) -> int | float | None:
    whole = amount == amount.to_integral_value() and amount.as_tuple().exponent == 0
    if whole:
        return int(amount)
    number = float(amount)
    return number if isfinite(number) else None
