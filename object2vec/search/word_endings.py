"""Forms of one word that Snowball leaves apart: what its stemmers know by marks that folding takes off
(limões, çantalar), and what they do not know (luces, nycklar, kubki).

Rules for a folded word come before the stemmer, rules for its stem after it. A rule is applied to all words,
so that it only brings together; the pairs are forms and their words.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache

EndingRules = Sequence[tuple[re.Pattern[str], str]]


def _rules(*rules: tuple[str, str]) -> EndingRules:
    return [(re.compile(pattern), instead) for pattern, instead in rules]


_BEFORE: Mapping[str, EndingRules] = {
    "pt": _rules(
        ("oes$", "ao"), (r"(?<=[^m])aes$", "ao"), (r"(?<=\w{3})ais$", "al"), (r"(?<=\w{2})eis$", "el"),
        (r"(?<=\w{2})ois$", "ol"), (r"(?<=\w{2})uis$", "ul"), (r"(?<=\w)ns$", "m"),
    ),
    "tr": _rules((r"(?<=\w{3})l[ae]r(?:[iae]|in|d[ae]n?)?$", ""),),
    "nl": _rules(("^(auto|foto|baby|menu|opa|oma|pizza|video|radio|piano|thema|firma)s$", r"\1")),
    "de": _rules(
        ("^(auto|foto|sofa|baby|pizza|video|radio|piano|taxi|handy|pulli|kamera|oma|opa)s$", r"\1"),
    ),
}  # fmt: skip
_AFTER: Mapping[str, EndingRules] = {
    "es": _rules(("z$", "c")),
    "it": _rules(("([cg])h$", r"\1")),
    "sv": _rules(("([^aeiouylrn])([lrn])$", r"\1e\2")),
    "da": _rules(("([^aeiouylrn])([lrn])$", r"\1e\2")),
    "no": _rules(("([^aeiouylrn])([lrn])$", r"\1e\2"), (r"([^aeiouy])\1(e[lrn])$", r"\1\2")),
    "pl": _rules(("([^aeiouy])ek$", r"\1k")),
    "fi": _rules((r"(?<=\w{3})[aeiouy]+$", ""), ("ng$", "nk"), ("d$", "t")),
}
_PAIRS: Mapping[str, str] = {
    "en": "buses bus gases gas quizzes quiz lenses lens",
    "de": "ganse gans halse hals",
    "fr": (
        "jeux jeu neveux neveu cheveux cheveu feux feu lieux lieu voeux voeu pneus pneu bleus bleu "
        "bleues bleue "
        "blanche blanc blanches blancs seche sec seches secs douce doux douces doux longue long longues "
        "longs nouvelle nouveau nouvelles nouveaux nouvel nouveau belle beau belles beaux "
        "vieille vieux "
        "vieilles vieux fraiche frais fraiches frais epaisse epais epaisses epais grasse gras grasses gras "
        "grosse gros grosses gros "
        "basse bas basses bas rousse roux fausse faux franche franc neuve neuf neuves "
        "neufs"
    ),
    "nl": "koeien koe bladeren blad lammeren lam kalveren kalf runderen rund raderen rad volkeren volk",
    "sv": (
        "bocker bok bockerna bok fotter fot fotterna fot rotter rot notter not gass gas moss mus loss lus "
        "skor sko skorna sko ogon oga oron ora dottrar dotter"
    ),
    "da": (
        "haender hand taender tand maend mand born barn gaes gas ojne oje orer ore skoene sko skoen sko "
        "koer ko fodder fod naetter nat"
    ),
    "no": "hender hand fotter fot tenner tann menn mann gjess gas netter natt skoene sko kyr ku oyne oye",
    "ru": "уши ухо ушей ухо дети ребенок детей ребенок друзья друг друзей друг цветы цветок ложек ложка",  # noqa: RUF001
    "pl": "psy pies psow pies psa pies rece reka rak reka oczy oko uszy ucho dzieci dziecko konie kon",
    "fi": (
        "veden vesi vetta vesi vedet vesi kaden kasi kadet kasi katta kasi lapset lapsi lasten lapsi "
        "lapsia lapsi lapsille lapsi"
    ),
}


def before(code: str, word: str) -> str:
    """A folded word as the stemmer of a language is given it."""
    return _applied(_BEFORE.get(code, ()), _pairs(code).get(word, word))


def after(code: str, stem: str) -> str:
    """A stem with those of other forms of the same word."""
    return _applied(_AFTER.get(code, ()), stem)


def _applied(rules: EndingRules, text: str) -> str:
    for pattern, instead in rules:
        text = pattern.sub(instead, text)
    return text


@cache
def _pairs(code: str) -> Mapping[str, str]:
    words = _PAIRS.get(code, "").split()
    return dict(zip(words[::2], words[1::2], strict=True))
