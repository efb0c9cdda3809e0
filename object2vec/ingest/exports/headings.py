"""Which role a heading names."""

import difflib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from object2vec.ingest.abbreviations import shortened
from object2vec.ingest.exports.heading_phrases import role_of_phrase
from object2vec.ingest.exports.heading_words import (
    AVAILABLE,
    BESIDE_CODES,
    CODE_WORDS,
    CODES,
    GRADES,
    ITEM_ALONE,
    ITEMS,
    LISTS,
    MANY_ITEMS,
    MEDUSA,
    NOT_OF_ITEMS,
    OF_MANY,
    PEOPLE,
    PUBLISHED,
    PURCHASE_PRICES,
    ROLES,
    THINGS,
    VARIANT_IDS,
)
from object2vec.ingest.exports.minor_units import minor_digits, without_unit
from object2vec.ingest.exports.sale_words import LIST_PRICES, SALE_PRICES

_UNITS = re.compile(
    r"[(\[].*?[)\]]|[€$£*:]|\b(?:eur|usd|gbp|chf|euro|in|brutto|netto|inkl|incl|mwst|ttc|ht|iva|btw|vat"
    r"|excl|exkl|con|sin|senza|mit|ohne|zzgl|avec|hors|with|without|moms|z ddv|s dph|dph|kdv|pdv"
    r"|руб|грн)\b"  # noqa: RUF001  roubles, hryvnias
)
_LOCALE = "(?:en|de|fr|es|it|nl|pl|pt|sv|da|nb|fi|cs|sk|hu|ro|el|ru|uk|tr|ja|ko|zh)[-_][a-z]{2}"
_TONGUE = f"(?:en|de|fr|es|it|nl|pl|pt|sv|da|us|cs|hu|ru|tr|{_LOCALE})"
_ADDED = re.compile(
    rf"^(?:{_TONGUE}[ _.-]|\*?c:)|[ _.-]{_TONGUE}$|[ _.-]{_LOCALE}[-_.][a-z]+$|\((?:{_TONGUE})\)$"
)
"""The language of a column, and the channel that Akeneo writes behind it: `description-de_DE-ecommerce`."""
_PATH = re.compile(r"\b(?:translations|translated|default|x-default)\.|\.language(?=$|\.)")
"""Parts of a path that say which of the translations a value is."""
_BEGINNING, _LEAST_ALIKE = re.compile(r"[^\W\d_]+[_.]"), 3
_NUMBER = re.compile(r"\d+$")
_SPACED = re.compile(r"[\W_]+")
_SPACE = re.compile(r"[^\w@.]+|_+")
_PARTS, _PATH_OF_PART = re.compile(r"[\W_]+"), re.compile(r"\w\.\w")
_HASH = re.compile(r"(?<=\w)\s*#")
"""Of `Item #`, whose number it is."""
_CAMEL = re.compile(r"(?<=[a-z])(?<!Mw)(?=[A-Z])")
_NET = re.compile(
    r"\b(?:ht|hors taxes?|netto|net|excl?|exkl|excluding|tax excluded|ohne|sin|senza|zonder|without|bez)\b"
)
_TAX = re.compile(
    r"\b(?:ht|htva|ttc|tvac|hors|toutes?|taxes?|comprises?|net|gross|exc?l?|exkl|inc?l?|inkl|excluding"
    r"|including|excluded|included|ohne|mit|zzgl|sin|con|senza|zonder|met|without|with|bez|z|vat|mwst|ust"
    r"|tax|steuer|iva|btw|tva|moms|dph|kdv)\b|netto|brutto"
)
_CURRENCY = re.compile(r"€|\$(?![a-z])|£|\b(?:EUR|USD|GBP|CHF|SEK|PLN|CZK|DKK|NOK|JPY|INR|BRL|CAD|AUD|TRY)\b")


@lru_cache(maxsize=8_192)
def key_of(heading: str) -> str:
    """A heading without case, accents, signs and spaces: `Body (HTML)`, `body_html` and `bodyHtml` agree."""
    return _SPACE.sub("", _folded(heading)).strip(".")


def key_without_language(heading: str) -> str:
    """Key without the language: one for `NL_Title_Long`, `title_long_nl` and `Title Long`."""
    return key_of(_ADDED.sub("", heading.casefold()))


def short_key(heading: str) -> str:
    """Key without units and notes: `Preis in EUR (brutto)` and `Preis *` agree with `preis`."""
    return _SPACE.sub("", _UNITS.sub(" ", _folded(heading).replace("_", " "))).strip(".")


@lru_cache(maxsize=8_192)
def _folded(heading: str) -> str:
    spaced = _HASH.sub(" no", _CAMEL.sub(" ", heading) if not heading.isupper() else heading)
    plain = unicodedata.normalize("NFKD", spaced.casefold())
    return "".join(char for char in plain if not unicodedata.combining(char))


def _keys(names: str) -> list[str]:
    return [key_of(name.strip()) for name in names.split("|")]


_BY_KEY: dict[str, tuple[str, int]] = {}
for _role, _names in ROLES.items():
    for _place, _key in enumerate(_keys(_names)):
        _BY_KEY.setdefault(_key, (_role, _place))
_CODE_PLACE = _BY_KEY["partnumber"][1]  # before what every product has, such as an ISBN
for _thing in _keys(THINGS):
    _BY_KEY.setdefault(_thing + "id", ("id", _CODE_PLACE))
    for _word in ("title", "name"):
        _BY_KEY.setdefault(_thing + _word, ("title", len(_BY_KEY)))
for _thing in _keys(OF_MANY):
    _BY_KEY.setdefault(_thing + "id", ("id", len(_BY_KEY)))
    for _word in ("title", "name"):
        _BY_KEY.setdefault(_thing + _word, ("title", len(_BY_KEY)))
_ABBREVIATED: dict[str, tuple[str, int]] = {}
"""Roles by names with shortened words, `codarticolo`; one word alone, `cod`, needs its dot to be one."""
for _role, _names in ROLES.items():
    for _place, _name in enumerate(_names.split("|")):
        for _form in shortened(re.split(r"[\s']+", _name.strip())):
            _key = key_of(_form)
            _ABBREVIATED.setdefault(_key, (_role, _place))
            if len(_name.split()) > 1:
                _BY_KEY.setdefault(_key, (_role, _place))
_PEOPLE, _CODES, _LISTS = frozenset(_keys(PEOPLE)), frozenset(_keys(CODES)), frozenset(_keys(LISTS))
_CODE_WORDS, _BESIDE_CODES = frozenset(_keys(CODE_WORDS)), frozenset(_keys(BESIDE_CODES))
_PURCHASE_PRICES, _PUBLISHED = frozenset(_keys(PURCHASE_PRICES)), frozenset(_keys(PUBLISHED))
_LIST_PRICES, SALE_PRICE_KEYS = frozenset(_keys(LIST_PRICES)), frozenset(_keys(SALE_PRICES))
_AVAILABLE, _GRADES = frozenset(_keys(AVAILABLE)), frozenset(_keys(GRADES))
_LIST_ENDS = ("tags", "keywords", "sizes", "colors", "colours", "materials", "genres")  # shoe_sizes
_GRADES_BEHIND = ("note", "bewertung", "sterne", "punkte")  # Kundennote
_ITEMS, _SMALL = frozenset(_keys(ITEMS)), frozenset(("de", "del", "do", "du", "d", "di"))
_MANY_ITEMS, _ITEM_ALONE = frozenset(_keys(MANY_ITEMS)), frozenset(_keys(ITEM_ALONE))
_MEDUSA, _NOT_OF_ITEMS = frozenset(_keys(MEDUSA)), frozenset(_keys(NOT_OF_ITEMS))
_ITEM_BEFORE = re.compile("^(?:product|item|artikel|produkt)")
_OF_RECORDS = frozenset(("_type", "_store"))
"""Headings that say what a record is, and where it holds: nothing of the item."""
_OF_ITEMS = frozenset(ROLES) - {"text", "deleted", "group"}
"""Roles that a heading may name together with a word for the item. A product group is a category."""
_NUMBERED = frozenset(("image", "category", "description"))
"""Roles that several columns may have: `Bild-URL 1` names as `Bild-URL` does."""


def role_of(heading: str) -> tuple[str, int]:
    """Which role a heading names, and how far down its list; ('', 0) for none. `name_de`, `NL_Name` and
    eBay's `C:Name` name as `name` does, after all others, and so does `Bild-URL 1`."""
    if heading in _OF_RECORDS:
        return "", 0
    for key in (key_of(heading), short_key(heading), key_of(heading).replace(".", "")):  # `Art.-Nr.`
        if found := _BY_KEY.get(key):
            return found
    if "." in heading and (found := _ABBREVIATED.get(key_of(heading).replace(".", ""))):
        return found
    if heading.endswith(".value"):  # of an XML element with attributes
        return role_of(heading.removesuffix(".value"))
    return _translated(heading) or _of_item(heading) or _numbered(heading) or _of_phrase(heading)


def _translated(heading: str) -> tuple[str, int] | None:
    """The role of a heading with a language, or with the place of a translation, in it."""
    short = _ADDED.sub("", heading.casefold())
    if short != heading.casefold() and (found := _BY_KEY.get(key_of(short))):
        return found[0], found[1] + 1_000
    path = _PATH.sub("", heading.casefold())
    role, place = role_of(path) if path != heading.casefold() else ("", 0)
    return (role, place + 1_000) if role else None


def _numbered(heading: str) -> tuple[str, int] | None:
    found = _BY_KEY.get(_NUMBER.sub("", key_of(heading)).rstrip("."))
    return (found[0], found[1] + 2_000) if found and found[0] in _NUMBERED else None


def _of_phrase(heading: str) -> tuple[str, int]:
    """The role of a heading of several words, after all others; a path is of a part of the item."""
    words = [word for word in _PARTS.split(_folded(heading)) if word]
    role = role_of_phrase(words) if len(words) > 1 and not _PATH_OF_PART.search(heading) else ""
    if not role and minor_digits(heading) and SALE_PRICE_KEYS.isdisjoint(sale_forms(heading)):
        return "price", 4_000
    return role, 3_000 * bool(role)


def _of_item(heading: str) -> tuple[str, int] | None:
    """The role of a heading with a word for the item in it: `product_image`, `Nazwa towaru`. A path is of a
    part of the item, and its label a badge. `num_products` is a count."""
    words = [word for word in _SPACE.split(_folded(heading)) if word]
    if "." in heading.strip(".") or not words:
        return None
    rest = [word for word in words if word not in _ITEMS and word not in _SMALL]
    key = "".join(rest) if len(rest) < len(words) else _ITEM_BEFORE.sub("", "".join(words))
    for name in (key, _NUMBER.sub("", key)):
        role, place = _BY_KEY.get(name, ("", 0))
        if name in _NOT_OF_ITEMS or (role == "id" and not _MANY_ITEMS.isdisjoint(words)):
            continue
        if role in _OF_ITEMS and (name == key or role in _NUMBERED):
            return role, place + 2_000 * (name != key)
    return None


def roles_of(names: Sequence[str]) -> dict[str, tuple[str, int]]:
    """What `role_of` says of each heading that names a role. What nearly all begin with, `products.` or
    `p_`, is no part of a name that has no role with it."""
    found = {name: said for name in names if (said := role_of(name))[0]}
    beginning = _beginning_of(names)
    if beginning and all(name.startswith(beginning) for name in found):
        named = {role for role, _ in found.values()}
        for name in names:
            rest = name.removeprefix(beginning)
            role, place = role_of(rest) if name not in found and rest != name else ("", 0)
            if role in _OF_ITEMS - named and key_of(rest) not in _NOT_OF_ITEMS:
                found[name] = role, place
    if frozenset(map(key_of, names)) >= _MEDUSA:
        found |= {name: ("id", 0) for name in names if key_of(name) == "variantsku"}
    if all(role != "id" for role, _ in found.values()):
        found |= dict.fromkeys(item_alone(names), ("id", 0))
    return found


def variant_ids(names: Sequence[str]) -> list[str]:
    """The headings of what may tell variants of a product apart, the likeliest first."""
    places = {key: place for place, key in reversed([*enumerate(_keys(VARIANT_IDS))])}
    found = {name: key_of(name).replace(".", "") for name in names}
    return sorted((name for name in names if found[name] in places), key=lambda name: places[found[name]])


def item_alone(names: Sequence[str]) -> list[str]:
    """The first heading that is a word for the item and nothing else, for a file without other ids."""
    return [name for name in names if not _ITEM_ALONE.isdisjoint((key_of(name), short_key(name)))][:1]


def _beginning_of(names: Sequence[str]) -> str:
    """What nearly all headings begin with; '' where they do not begin alike."""
    counted = Counter(found[0] for name in names if (found := _BEGINNING.match(name)))
    beginning, count = max(counted.items(), key=lambda one: one[1], default=("", 0))
    return beginning if count >= max(_LEAST_ALIKE, 0.8 * len(names)) else ""


def numbered_like(heading: str, other: str) -> bool:
    """Whether two headings differ in a number at their end alone: `Image 1` and `Image 2`."""
    keys = [key_of(one) for one in (heading, other)]
    return _NUMBER.sub("", keys[0]) == _NUMBER.sub("", keys[1]) and bool(_NUMBER.search(keys[0]))


def is_code(heading: str) -> bool:
    """Whether a column holds codes, which are texts although they are digits."""
    ends = (key_of(heading), key_of(heading.rpartition(".")[2]))
    if any(end in _CODES for end in ends):
        return True
    words = {word for word in _SPACE.split(_folded(heading)) if word and not word.isdecimal()}
    return bool(_CODE_WORDS & words) and words <= _CODE_WORDS | _BESIDE_CODES


def may_be_money(heading: str) -> bool:
    """Whether what a workbook shows beside the numbers of a column may be their currency: not of ids."""
    return role_of(heading)[0] != "id" and not is_code(heading)


def is_net_price(heading: str) -> bool:
    """Whether a price lacks the tax that shoppers pay: `Prix (HT)`, `price excl. VAT`."""
    return _NET.search(_SPACED.sub(" ", _folded(heading))) is not None


def without_tax(heading: str) -> str:
    """Key of a price without what says whether tax is in it: one for `Prix HT` and `Prix (TTC)`."""
    return short_key(_TAX.sub(" ", _SPACED.sub(" ", _folded(heading))))


def is_purchase_price(heading: str) -> bool:
    """Whether a price is what the shop itself pays."""
    return bool({key_of(heading), short_key(heading)} & _PURCHASE_PRICES)


def is_list_price(heading: str) -> bool:
    """Whether a price is one before anything is taken off it."""
    return bool({key_of(heading), short_key(heading)} & _LIST_PRICES)


def keys_of(names: str) -> frozenset[str]:
    """The keys of headings between bars."""
    return frozenset(_keys(names))


def sale_forms(heading: str) -> Sequence[str]:
    """Keys by which a heading may name a sale price: `salePrice.value` and `sale_price_cents` do too."""
    bare = without_unit(heading.removesuffix(".value").removesuffix(".amount"))
    return key_of(bare), short_key(bare)


def is_available(heading: str) -> bool:
    """Whether a heading means availability only where its cells are words of it: `available`."""
    return bool({key_of(heading), short_key(heading), key_without_language(heading)} & _AVAILABLE)


def is_grade(heading: str) -> bool:
    """Whether a column holds grades, so that `3/5` in it is one."""
    words = _SPACE.split(_folded(heading))
    return not _GRADES.isdisjoint(words) or any(word.endswith(_GRADES_BEHIND) for word in words)


def says_published(heading: str) -> bool:
    """Whether a column tells which rows the shop shows."""
    return short_key(heading) in _PUBLISHED


def is_list(heading: str) -> bool:
    """Whether a cell of the column may hold several values."""
    keys = (key_of(heading), short_key(heading), key_without_language(heading))
    return not _LISTS.isdisjoint(keys) or keys[1].endswith(_LIST_ENDS)


def is_person(heading: str) -> bool:
    """Whether a column names a shopper."""
    return key_of(heading) in _PEOPLE


def currency_in(heading: str) -> str:
    """`Preis (EUR)` says EUR."""
    found = _CURRENCY.search(heading)
    return {"€": "EUR", "$": "USD", "£": "GBP"}.get(found[0], found[0]) if found else ""


def nearest(heading: str, role: str, likeness: float = 0.75) -> str:
    """The name of this role that was probably meant by a misspelt heading, else ''. `likeness` is that of
    difflib, 1 for the same."""
    names = {key_of(name.strip()): name.strip() for name in ROLES[role].split("|")}
    key = key_of(heading)
    if key in names:
        return ""
    long = [name for name in names if len(name) > 3]
    close = [name for name in long if sorted(name) == sorted(key)] or difflib.get_close_matches(
        key, long, n=1, cutoff=likeness
    )
    return " ".join(names[close[0]].split()) if close else ""


def misspelt(headings: Sequence[str], role: str, likeness: float = 0.75) -> tuple[str, str]:
    """The first heading that is nearly a name of this role, and that name; ('', '') for none."""
    for heading in headings:
        if not role_of(heading)[0] and (name := nearest(heading, role, likeness)):
            return heading, name
    return "", ""
