"""Forms of one word that Snowball leaves apart: what its stemmers know by marks that folding takes off
(limões, çantalar), and what they do not know (luces, nycklar, kubki).

Rules for a folded word come before the stemmer, rules for its stem after it. A rule is applied to all words,
so that it only brings together. Hebrew has rules alone: for plurals, the forms of final letters, and what is
written together with a word (and, the, in, to, from, that, as).
"""

import re
from collections.abc import Mapping, Sequence

EndingRules = Sequence[tuple[re.Pattern[str], str]]


def _rules(*rules: tuple[str, str]) -> EndingRules:
    return [(re.compile(pattern), instead) for pattern, instead in rules]


_BEFORE: Mapping[str, EndingRules] = {
    "es": _rules(("enes$", "en"), (r"(?<=\w{2}[aei]r)es$", ""), ("z$", "c")),
    "fr": _rules(("yaux$", "yau")),
    "it": _rules((r"(?<=\w{3})ier[io]$", "iere"), (r"(?<=\w{2})aio$", "ai")),
    "ar": _rules((r"^[وبكف]?ال(?=\w{3})", ""), (r"(?<=\w{2})(?:ات|ه)$|(?<=\w{4})(?:ين|ون)$", "")),  # noqa: RUF001
    "he": _rules(
        (r"(?<=\w{2})(?:י?ים|ות|ה)$|(?<=\w{4})ת$", ""),  # noqa: RUF001
        ("ך$", "כ"), ("ם$", "מ"), ("ן$", "נ"), ("ף$", "פ"), ("ץ$", "צ"),  # noqa: RUF001
        (r"^[ובלמשכ]?ה(?=\w{3})", ""), (r"^[ובלמשכ]+(?=\w{3})", ""),
    ),
    "hu": _rules((r"(?<=\w{3})[oe]k?$", ""), (r"(?<=\w{2}[aiu])k$", "")),
    "et": _rules((r"(?<=\w{3})[aeiu]d?$", "")),
    "no": _rules((r"(?<=\w{4}en)er(?:ne)?$", "")),
    "ru": _rules((r"(?<=\w{3})ти$", "ть")),
    "pt": _rules(
        ("oes$", "ao"), (r"(?<=[^m])aes$", "ao"), ("aos$", "ao"), (r"(?<=\w{3})ais$", "al"),
        (r"(?<=\w{2})eis$", "el"), (r"(?<=\w{2})ois$", "ol"), (r"(?<=\w{2})uis$", "ul"),
        (r"(?<=\w{2})(?<!lap)(?:is|il)$", "el"), (r"(?<=\w)ns$", "m"),
    ),
    "tr": _rules(
        (r"(?<=\w{3})l[ae]r(?:[iae]|in|d[ae]n?)?$", ""), (r"(?<=\w[aeioun])g[iu]$", "k"),
        (r"(?<=\w[aeiou])s[iu]$", ""),
    ),
    "nl": _rules(
        (r"(?<=\w{2}[dfghkpst])jes?$|(?<=\w{2}el)tjes?$", ""),
        (r"(?<=(?:aa|ee|ei|eu|ie|ij|oe|oo|ou|ui|uu)[ln])tjes?$", ""),
        (r"(?<=[bcdfghjklmnprtvwxz])sen$", "s"), (r"(?<=\w{3})ens$", "en"),
        ("^(auto|foto|baby|menu|opa|oma|pizza|video|radio|piano|thema|firma|taxi|kilo|sofa|bikini|camera|"
         "paraplu|pony|hobby|cadeau|bureau|niveau|logo|casino|villa|agenda)s$", r"\1"),
    ),
    "de": _rules(
        ("^(auto|foto|sofa|baby|pizza|video|radio|piano|taxi|handy|pulli|kamera|oma|opa)s$", r"\1"),
    ),
    "sv": _rules((r"or(?:er|erna)$|(?<=\w{3})orn$", "or")),
    "da": _rules((r"([^aeiouy])\1(e[lrn])$", r"\1\2"), (r"(?<=\w{4}en)er(?:ne)?$", "")),
    "pl": _rules((r"(?<=\w{2})ow$", "")),
    "fi": _rules(("nen$", "set"), ("tsi$", "tset"), (r"(?<=\w{2}u)kset$", "s")),
}  # fmt: skip
_AFTER: Mapping[str, EndingRules] = {
    "fr": _rules(("iv$", "if"), (r"(?<=\w{2})iqu$", "ic"), ("ecqu$", "ec"), (r"(?<=\w{4})er$", "")),
    "it": _rules(("([cg])h$", r"\1")),
    "nl": _rules((r"([bdfgklmnprst])\1$", r"\1"), ("v$", "f"), ("z$", "s")),
    "sv": _rules(("([^aeiouylrn])([ln])$", r"\1e\2"), ("([^aeiouylrn])r$", r"\1")),
    "da": _rules(("([^aeiouylrn])([ln])$", r"\1e\2"), ("([^aeiouylrn])r$", r"\1")),
    "no": _rules(
        (r"(?<=\w{3})er$", ""), ("([^aeiouylrn])([ln])$", r"\1e\2"), ("([^aeiouylrn])r$", r"\1"),
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


def before(code: str, word: str) -> str:
    """A folded word as the stemmer of a language is given it."""
    return _applied(_BEFORE.get(code, ()), word)


def after(code: str, stem: str) -> str:
    """A stem with those of other forms of the same word."""
    return _applied(_AFTER.get(code, ()), stem)


def _applied(rules: EndingRules, text: str) -> str:
    for pattern, instead in rules:
        text = pattern.sub(instead, text)
    return text
