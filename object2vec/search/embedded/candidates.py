"""The findings of a request: rows, the parts of their scores, and what a person should know about them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from object2vec.core.arrays import Rows, Scores
from object2vec.search.answers import (
    BY_MEANING,
    LEFT_BY_MEANING,
    LEFT_NOTHING,
    NO_WORD,
    NOTHING_NEAR,
    PHRASE_DROPPED,
    STRANGE,
)
from object2vec.search.embedded.text.matches import MAX_MATCHES, NOTHING, Matches
from object2vec.search.query import TextQuery

TOO_LOW = "no item scores min_score or more; {:,} score less"
CUT = f"more than {MAX_MATCHES:,} items match: total and facets are about the best {MAX_MATCHES:,}"


@dataclass(frozen=True, slots=True)
class AskedWords:
    """The query of a result, as far as notes about the result need it."""

    query: TextQuery
    strange: bool
    """Whether neither catalogue nor model know any of its words."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """The rows of a result, ascending, and the parts of their scores."""

    rows: Rows
    parts: Mapping[str, Scores]
    matches: Matches = NOTHING
    about: AskedWords | None = None
    too_low: int = 0
    """How many further rows score less than was asked for."""

    @property
    def scores(self) -> Scores:
        """The sum of the parts."""
        return summed_parts(self.parts, len(self.rows))

    def joined(self, more: Rows) -> "Candidates":
        """With further rows, whose parts are 0."""
        rows = np.union1d(self.rows, more)
        places = np.searchsorted(rows, self.rows)
        parts = {}
        for name, scores in self.parts.items():
            parts[name] = np.zeros(len(rows))
            parts[name][places] = scores
        return replace(self, rows=rows, parts=parts)

    def with_at_least(self, score: float) -> "Candidates":
        """The candidates with so high a score."""
        if score <= 0:
            return self
        enough = self.scores >= score
        parts = {name: scores[enough] for name, scores in self.parts.items()}
        low = len(enough) - int(np.count_nonzero(enough))
        return replace(self, rows=self.rows[enough], parts=parts, too_low=low)


def summed_parts(parts: Mapping[str, Scores], size: int) -> Scores:
    """(size,) the sum of the parts; zeros where there are none."""
    return sum(parts.values(), np.zeros(size))


def notes_about(candidates: Candidates, *, filtered: bool) -> list[str]:
    """Notes for whoever reads a result, the most important first; one of them is that items with fewer words
    than asked for were accepted. `filtered`: other items may have the words."""
    matches, notes, about = candidates.matches, [], candidates.about
    if about and about.query.is_empty:
        return [NO_WORD]
    if candidates.too_low and not len(candidates.rows):
        return [TOO_LOW.format(candidates.too_low)]
    if about and not len(candidates.rows):
        return [LEFT_NOTHING if filtered else NOTHING_NEAR]
    if about and about.strange and not len(matches.rows):
        notes.append(STRANGE)
    if matches.phrases_dropped and len(matches.rows):
        notes.append(PHRASE_DROPPED)
    exact = "exact" in candidates.parts and bool(candidates.parts["exact"].any())
    if not exact and matches.required < matches.words and len(matches.rows):
        some = f"at least {matches.required}" if matches.required > 1 else "at least one"
        few = "few items have" if len(matches.complete) else "no item has"
        notes.append(f"{few} all {matches.words} words of the query: these have {some} of them")
    if not exact and matches.words and not len(matches.rows) and len(candidates.rows) and not notes:
        notes.append(LEFT_BY_MEANING if filtered else BY_MEANING)
    if matches.cut:
        notes.append(CUT)
    return notes
