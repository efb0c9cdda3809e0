"""The rules for the values of log rows, as SQL: one place for every format."""

from collections.abc import Iterator

from object2vec.core.identifiers import MAX_ID
from object2vec.ingest.cells.words import SPREADSHEET_ERROR
from object2vec.ingest.logs.schema import Column
from object2vec.ingest.rules import MAX_QUERY

CONTROL = r"[\x00-\x1f\x7f]"
POINTED = r"[0-9]+\.0"
"""Form in which a table of numbers with gaps writes whole numbers."""
_MARKED = "''[0-9]+"
SESSION = "session "
"""Stands before the number of a session that is a shopper of its own, until the whole file is known."""
NO_SHOPPER = f"(order|{SESSION.strip()}) .*"
"""The id of an order or a session that is a shopper of its own."""
_ROUNDED = r"[1-9]([.,][0-9]+)?[eE]\+[0-9]{2,3}"
"""Form in which a spreadsheet shows a number of many digits, whichever it was."""
_GRADE = (
    r"([0-9]+(?:[.,][0-9]+)?) ?(?:%|/ ?[0-9]+(?:[.,]0)?|(?:out of|of|von|sur|de|su|van(?: de)?) [0-9]+)?"
    r"(?: ?(?i:stars?|sterne?n?|étoiles?|estrellas?|stell[ae]|sterren|ster|points?|punkte?|punti|puntos)"
    r"| - ?\pL[^0-9]*)?"
)
"""4/5, 80 %, 4 out of 5, 4,5 von 5 Sternen, 4.5 stars, 4 Punkte, 5 - Excellent."""
_STARS, _GRADE_BEHIND = "[★⭐]+️?☆*", "[0-9]+つ星のうち([0-9.]+)"
_IN_WORDS = {
    "number": {
        5: "excellent|very good|outstanding|sehr gut|hervorragend|excelente|muy bueno|ottimo|eccellente"
        "|uitstekend|zeer goed|très bien|très bon|parfait|five stars",
        4: "good|gut|bien|bon|bueno|buono|goed|four stars",
        3: "average|okay|ok|fair|neutral|befriedigend|mittel|moyen|regular|medio|gemiddeld|three stars",
        2: "poor|bad|ausreichend|schlecht|mauvais|malo|scarso|slecht|two stars",
        1: "terrible|awful|very poor|very bad|horrible|mangelhaft|ungenügend|sehr schlecht|très mauvais"
        "|muy malo|pessimo|zeer slecht|one star",
    },
    "grade": {
        3: "exact|e|perfect|highly relevant",
        2: "substitute|s|very relevant",
        1: "complement|c|partial|partially relevant|relevant",
        0: "irrelevant|i|not relevant|non relevant",
    },
}
"""Grades in words: of stars, and of relevance."""
_DECIMAL_COMMA = "-?[0-9]+,[0-9]+"
_NUMBERS = ("number", "grade")
NO_VALUE = (
    "NULL", "null", "Null", "None", "none", "nan", "NaN", "NA", "N/A", "n/a", "<NA>", "undefined", "(null)",
    "(not set)", "(none)", "\\N",
)  # fmt: skip
"""Words that programs write for no value; no shopper, item or type of event is called so."""
_GUESTS = (
    "guest", "gast", "invité", "invitée", "invitado", "ospite", "convidado", "gość", "anonymous", "anonym",
)  # fmt: skip
NOBODY = tuple(form for word in _GUESTS for form in (word, word.capitalize(), word.upper()))
"""What shops write in place of a shopper whom they do not know."""
_IS_GUEST = "{} IN (" + ", ".join(f"'{word}'" for word in NOBODY) + ")"
_IS_NONE = "{} IN (" + ", ".join(f"'{word}'" for word in NO_VALUE) + ")"


def trimmed(column: Column) -> str:
    """The text of a column without the spaces around it, where they do not count; of `NO_VALUE`, none."""
    name = column.field
    given = name
    if column.kind in ("time", "word", *_NUMBERS):  # `trim` costs more than to see that it is not needed
        given = f"CASE WHEN {name} < '!' OR ends_with({name}, ' ') THEN trim({name}) ELSE {name} END"
    if column.kind in ("id", "word"):
        given = f"CASE WHEN {_IS_NONE.format(name)} THEN '' ELSE {given} END"
    if column.name == "USER_ID":
        given = f"CASE WHEN {_IS_GUEST.format(name)} THEN '' ELSE {given} END"
    if column.kind == "id":  # ="0012" keeps a spreadsheet from taking the zeros away
        formula = f"starts_with({name}, '=\"') AND ends_with({name}, '\"')"
        given = f"CASE WHEN {formula} THEN {name}[3:-2] ELSE {given} END"
        error = f"starts_with({name}, '#') AND regexp_full_match({name}, '{SPREADSHEET_ERROR}')"
        given = f"CASE WHEN {error} THEN '' ELSE {given} END"
    if column.name == "ITEM_ID":  # '0012 does so too; catalogues are read alike
        marked = f"starts_with({name}, '''') AND regexp_full_match({name}, '{_MARKED}')"
        given = f"CASE WHEN {marked} THEN {name}[2:] ELSE {given} END"
    return f"{given} AS {name}"


def typed(column: Column) -> str:
    """SQL for the text's meaning, NULL where there is nothing."""
    name = column.field
    if column.kind == "time":
        value = f"time_code({name})"
    elif column.kind in _NUMBERS:
        comma = f"CASE WHEN regexp_full_match({name}, '{_DECIMAL_COMMA}') THEN replace({name}, ',', '.') END"
        grade = f"replace(nullif(regexp_extract({name}, '^{_GRADE}$', 1), ''), ',', '.')"
        behind = f"nullif(regexp_extract({name}, '^{_GRADE_BEHIND}$', 1), '')"
        stars = f"CASE WHEN regexp_full_match({name}, '{_STARS}') THEN length(rtrim({name}, '☆️')) END"
        words = " ".join(
            f"WHEN '{word}' THEN {value}"
            for value, said in _IN_WORDS[column.kind].items()
            for word in said.split("|")
        )
        texts = (comma, grade, behind, stars, f"CASE lower({name}) {words} END")
        tries = ", ".join(f"try_cast({text} AS DOUBLE)" for text in texts)
        number = f"try_cast({name} AS DOUBLE)"  # `coalesce` alone would try all patterns in every row
        value = f"CASE WHEN {name} = '' OR {number} IS NOT NULL THEN {number} ELSE coalesce({tries}) END"
    elif column.kind == "word":
        apart = rf"regexp_replace({name}, '([a-zß-ÿ])([A-ZÀ-Þ])', '\1_\2', 'g')"
        value = f"""CASE WHEN {name} = '' THEN NULL WHEN {name} = lower({name}) AND NOT contains({name}, '  ')
            THEN {name} ELSE lower(regexp_replace({apart}, '\\s+', ' ', 'g')) END"""
    else:
        value = f"nullif({name}, '')"
    return f"{value} AS typed_{name}"


def staged(column: Column, latest: int) -> str:
    """SQL of what is kept of a row until its whole file is known: nothing of a refused one."""
    name, wrong = column.field, "problem IS NOT NULL"
    if column.kind == "time":
        valid = f"CASE WHEN typed_{name} BETWEEN 16 AND {latest * 16 + 15} THEN typed_{name} END"
        undecided = f"CASE WHEN typed_{name} IS NULL AND {name} <> '' THEN {name} END"
        return f"{valid} AS {name}, {undecided} AS {name}_text"
    if column.given_up:
        wrong = " OR ".join([wrong, *(condition for condition, _ in _wrong(column, latest))])
    return f"CASE WHEN {wrong} THEN NULL ELSE typed_{name} END AS {name}"


def row_problems(column: Column, latest: int, *, clean: bool) -> Iterator[str]:
    """The `WHEN … THEN <code>` that refuse a row, in the order they are tried. `clean` texts have no control
    characters."""
    name = column.field
    if column.required:
        value = f"trim({name})" if column.kind == "text" else name
        yield f"WHEN {value} = '' THEN 'missing_{column.problem}'"
    if not column.given_up:
        yield from (f"WHEN {wrong} THEN {code}" for wrong, code in _wrong(column, latest, clean=clean))


def cell_problems(column: Column, latest: int) -> Iterator[str]:
    """The `WHEN … THEN '<code> <column>'` for values that are given up, and their rows not."""
    if column.given_up:
        yield from (f"WHEN {wrong} THEN {code} || ' {column.name}'" for wrong, code in _wrong(column, latest))


def _wrong(column: Column, latest: int, *, clean: bool = False) -> Iterator[tuple[str, str]]:
    """Conditions under which a value is none of its kind, each with the SQL of its code."""
    name, value, bad = column.field, f"typed_{column.field}", f"'bad_{column.problem}'"
    control = "" if clean else f" OR regexp_matches({name}, '{CONTROL}')"
    if column.kind == "id":
        spaced = f"starts_with({name}, ' ') OR ends_with({name}, ' ')"
        yield f"length({name}) > {MAX_ID} OR {spaced}{control}", bad
        yield (
            f"contains({name}, '+') AND regexp_full_match({name}, '{_ROUNDED}')",
            f"'rounded_{column.problem}'",
        )
    elif column.kind == "time":
        yield f"{value} NOT BETWEEN 16 AND {latest * 16 + 15}", f"time_problem({value}, {latest}::BIGINT)"
    elif column.kind in _NUMBERS:
        negative = f" OR {value} < 0" if column.kind == "grade" else ""
        yield f"{name} <> '' AND ({value} IS NULL OR NOT isfinite({value}){negative})", bad
    else:
        yield f"length({name}) > {MAX_ID if column.kind == 'word' else MAX_QUERY}{control}", bad
