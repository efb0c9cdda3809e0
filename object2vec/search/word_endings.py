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
    "es": _rules(("enes$", "en"), ("z$", "c")),
    "fr": _rules(("yaux$", "yau")),
    "pt": _rules(
        ("oes$", "ao"), (r"(?<=[^m])aes$", "ao"), ("aos$", "ao"), (r"(?<=\w{3})ais$", "al"),
        (r"(?<=\w{2})eis$", "el"), (r"(?<=\w{2})ois$", "ol"), (r"(?<=\w{2})uis$", "ul"),
        (r"(?<=\w{2})(?<!lap)(?:is|il)$", "el"), (r"(?<=\w)ns$", "m"),
    ),
    "tr": _rules(
        (r"(?<=\w{3})l[ae]r(?:[iae]|in|d[ae]n?)?$", ""), (r"(?<=\w[aeiou])g[iu]$", "k"),
        (r"(?<=\w[aeiou])s[iu]$", ""),
    ),
    "nl": _rules(
        (r"(?<=[bcdfghjklmnprtvwxz])sen$", "s"), (r"(?<=\w{3})ens$", "en"),
        ("^(auto|foto|baby|menu|opa|oma|pizza|video|radio|piano|thema|firma|taxi|kilo|sofa|bikini|camera|"
         "paraplu|pony|hobby|cadeau|bureau|niveau|logo|casino|villa|agenda)s$", r"\1"),
    ),
    "de": _rules(
        ("^(auto|foto|sofa|baby|pizza|video|radio|piano|taxi|handy|pulli|kamera|oma|opa)s$", r"\1"),
    ),
    "sv": _rules((r"or(?:er|erna)$|(?<=\w{3})orn$", "or")),
    "da": _rules((r"([^aeiouy])\1(e[lrn])$", r"\1\2")),
    "pl": _rules((r"(?<=\w{2})ow$", "")),
    "fi": _rules(("nen$", "set"), ("tsi$", "tset")),
}  # fmt: skip
_AFTER: Mapping[str, EndingRules] = {
    "fr": _rules(("iv$", "if"), (r"(?<=\w{2})iqu$", "ic"), ("ecqu$", "ec"), (r"(?<=\w{3}i)er$", "")),
    "it": _rules(("([cg])h$", r"\1")),
    "nl": _rules((r"([bdfgklmnprst])\1$", r"\1"), ("v$", "f"), ("z$", "s")),
    "sv": _rules(("([^aeiouylrn])([ln])$", r"\1e\2"), ("([^aeiouylrn])r$", r"\1")),
    "da": _rules(("([^aeiouylrn])([ln])$", r"\1e\2"), ("([^aeiouylrn])r$", r"\1")),
    "no": _rules(
        ("([^aeiouylrn])([ln])$", r"\1e\2"), ("([^aeiouylrn])r$", r"\1"),
        (r"([^aeiouy])\1(e[lrn])$", r"\1\2"),
    ),
    "ru": _rules(
        (r"(?<=\w)([бвгджзклмнпрстфхцчшщ])[ое]([кл])$", r"\1\2"),  # noqa: RUF001
        (r"(?<=\w)([бвгджзклмнпрстфхцчшщ])ец$", r"\1ц"), ("ьц$", "ц"),
        ("([бвт])ер$", r"\1р"),  # noqa: RUF001
    ),
    "pl": _rules((r"([^aeiouy])e([kcl])$", r"\1\2")),
    "el": _rules((r"(?<=\w{3})ι$", "")),  # noqa: RUF001
    "fi": _rules(
        (r"(?<=\w{3})[aeiouy]+$", ""), ("ng$", "nk"), ("d$", "t"), ("v$", "p"), (r"(?<=\w{3})im$", ""),
        (r"([kpt])\1$", r"\1"),
    ),
}  # fmt: skip
_PAIRS: Mapping[str, str] = {
    "en": "buses bus gases gas quizzes quiz lenses lens analyses analysis",
    "de": "ganse gans halse hals eier ei museen museum alben album daten datum",
    "fr": (
        "jeux jeu neveux neveu cheveux cheveu feux feu lieux lieu voeux voeu pneus pneu bleus bleu "
        "bleues bleue "
        "blanche blanc blanches blancs seche sec seches secs douce doux douces doux longue long longues "
        "longs nouvelle nouveau nouvelles nouveaux nouvel nouveau belle beau belles beaux "
        "vieille vieux "
        "vieilles vieux fraiche frais fraiches frais epaisse epais epaisses epais grasse gras grasses gras "
        "grosse gros grosses gros turque turc turques turc "
        "basse bas basses bas rousse roux fausse faux franche franc neuve neuf neuves "
        "neufs legere leger legeres legers"
    ),
    "nl": (
        "koeien koe bladeren blad lammeren lam kalveren kalf runderen rund raderen rad volkeren volk "
        "schepen schip steden stad uien ui musea museum leden lid"
    ),
    "sv": (
        "bocker bok bockerna bok fotter fot fotterna fot rotter rot notter not gass gas moss mus loss lus "
        "skor sko skorna sko ogon oga oron ora dottrar dotter sma liten lilla liten litet liten"
    ),
    "da": (
        "haender hand taender tand maend mand born barn gaes gas ojne oje orer ore skoene sko skoen sko "
        "koer ko fodder fod naetter nat skeer ske sma lille"
    ),
    "no": (
        "hender hand fotter fot tenner tann menn mann gjess gas netter natt skoene sko kyr ku "
        "oyne oye skjeer skje sma liten"
    ),
    "ru": "уши ухо ушей ухо дети ребенок детей ребенок друзья друг друзей друг цветы цветок ложек ложка",  # noqa: RUF001
    "pl": (
        "psy pies psow pies psa pies rece reka rak reka oczy oko uszy ucho dzieci dziecko konie kon "
        "toreb torba torby torba luster lustro"
    ),
    "hu": "taskak taska gyerekek gyerek lovak lo fak fa",
    "el": "παιδια παιδι",
    "fi": (
        "veden vesi vetta vesi vedet vesi kaden kasi kadet kasi katta kasi lapset lapsi lasten lapsi "
        "lapsia lapsi lapsille lapsi hampaat hammas miehet mies linnut lintu omena omenat peruna perunat"
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
