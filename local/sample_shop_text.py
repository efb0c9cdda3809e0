"""Readable product texts from the Complete Journey's labels ("FRZN", "SFT DRNK", "MEAT-PCKGD")."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_SMALL = frozenset({"and", "or", "of", "in", "the", "for", "with", "to", "per"})
_UNITS = {
    "CT": "count",
    "GA": "gallon",
    "GAL": "gallon",
    "IN": "inch",
    "L": "liter",
    "LT": "liter",
    "PK": "pack",
    "PT": "pint",
    "QT": "quart",
}
_DEPARTMENTS = {
    "DRUG GM": "Drugstore and General Merchandise",
    "MEAT-PCKGD": "Packaged Meat",
    "SEAFOOD-PCKGD": "Packaged Seafood",
    "CNTRL/STORE SUP": "Store Supplies",
    "ELECT &PLUMBING": "Electrical and Plumbing",
    "GM MERCH EXP": "General Merchandise",
    "PROD-WHS SALES": "Produce Warehouse Sales",
    "CHARITABLE CONT": "Charitable Contributions",
}
_SODA = "Soft Drinks (cola and other soda, diet and regular)"  # the data names no flavours; shoppers do
_BRANDS = {"National": "national brand", "Private": "store brand"}

_MAX_LABEL = 30  # the data set cuts its labels there, often within a word
_JOINED = frozenset({"NON", "MULTI", "ANTI", "SEMI"})

# Brackets on what is left out or counted in ("EX:", "NOT IN", "UNDER 10%") describe other products.
_ASIDE = re.compile(
    r"\(\s*(?:EX\b|EXC|ALL OTHE|INCLUDING|NOT |ANY |UNDER|OVER|\d+%|\d+ UNDER|\d*$).*$|\bEXCEPT\b.*$"
)
_SPELLING = (
    (re.compile(r"\bW/"), "WITH "),
    (re.compile(r"(?<=[A-Z])\.(?=[A-Z])|&"), lambda match: " & " if match[0] == "&" else " "),
    (re.compile(r"(?<=\d)PK\b"), " PACK "),
    (re.compile(r"(?<=[A-Z]{3}) S\b"), "S"),
)
_BETWEEN_PARTS = re.compile(r"\s*(?:[:;,()/]|\s-\s|-\s|\s-)\s*")


def product_text(product: Mapping[str, str | None]) -> str:
    """One line on a product: type, category, size, department, kind of brand."""
    kind, about = readable(product["product_type"]), category_name(product["product_category"])
    if about == "Soft Drinks" and "Carbonated" in kind.split():
        about = _SODA
    parts = [kind, "" if about == kind else about, size_name(product["package_size"])]
    parts += [department_name(product["department"]), _BRANDS.get(product["brand"] or "", "")]
    return " - ".join(part for part in parts if part)


@cache
def category_name(category: str | None) -> str:
    """A category in words."""
    return readable(category)


@cache
def department_name(department: str | None) -> str:
    """A department in words."""
    return _DEPARTMENTS.get(department or "") or readable(department)


@cache
def size_name(size: str | None) -> str:
    """A package size with its unit in words, empty if unknown."""
    words = re.sub(r"(?<=\d)(?=[A-Z])|(?<=[A-Z])/(?=\d)", " ", size or "").split()
    return " ".join(_UNITS.get(word, word.lower()) for word in words)


@cache
def readable(label: str | None) -> str:
    """Abbreviations in full, natural case, parts separated by commas."""
    text = _ASIDE.sub("", _whole_words(label or ""))
    for pattern, replacement in _SPELLING:
        text = pattern.sub(replacement, text)
    parts = (" ".join(filter(None, map(_word, part.split()))) for part in _BETWEEN_PARTS.split(text))
    return ", ".join(dict.fromkeys(part for part in parts if part))


def _whole_words(label: str) -> str:
    cut = re.search(r"[ /-][A-Z]{1,2}$", label) if len(label) == _MAX_LABEL else None
    return label[: cut.start()] if cut and cut[0][1:] not in _full_words() else label


def _word(word: str) -> str:
    pieces = [_full_words().get(piece.strip("."), piece.strip(".")) for piece in word.split("-")]
    joint = "-" if word.partition("-")[0] in _JOINED else " "
    full = joint.join(pieces).lower().replace("&", "and")
    return " ".join(piece if piece in _SMALL else piece.capitalize() for piece in full.split())


@cache
def _full_words() -> dict[str, str]:
    lines = Path(__file__).with_name("sample_shop_words.txt").read_text().splitlines()
    return {short: full for short, _, full in (line.partition(" ") for line in lines)}
