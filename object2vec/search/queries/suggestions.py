"""Synonyms that a query log suggests, each as `PUT /synonyms` takes it."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from object2vec.search.queries.counts import QueryCounts

MOST_FINDS = 3
SPELT_ALIKE = 5
"""Letters that a word has at least where one letter more, less or other makes no other word of it."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Who asks for `query`, which finds nothing, may mean `finds`."""

    query: str
    finds: tuple[str, ...]
    people: int
    """Who asked for it and then for one of the others; 0 where the spelling suggests it."""

    @property
    def synonym(self) -> dict[str, Any]:
        """The entry."""
        named = f"suggested-{crc32(self.query.encode()):08x}"
        return {"id": named, "query": [self.query], "finds": list(self.finds)}

    @property
    def why(self) -> str:
        """In a sentence."""
        if self.people:
            return f"{self.people} people who found nothing searched for this next and took something"
        return "it is spelt like a query that finds something"


def suggestions(
    queries: Mapping[str, QueryCounts],
    next_queries: Mapping[tuple[str, str], Collection[str]],
    least_people: int,
) -> list[Suggestion]:
    """Suggestions by what people did, then by what is spelt alike; in each kind what most people asked for
    first. `queries` are those that may be shown."""
    vain = sorted(
        (query for query, row in queries.items() if row.in_vain and any(map(str.isalnum, query))),
        key=lambda query: (-len(queries[query].people), query),
    )
    found = [
        suggestion for query in vain if (suggestion := _by_people(query, queries, next_queries, least_people))
    ]
    done = {suggestion.query for suggestion in found}
    similar = _SpeltAlike(query for query, row in queries.items() if row.hits and not row.in_vain)
    for query in vain:
        if query not in done and (others := similar.of(query)):
            others.sort(key=lambda other: (-len(queries[other].people), other))
            found.append(Suggestion(query, tuple(others[:MOST_FINDS]), 0))
    return found


def _by_people(
    query: str,
    queries: Mapping[str, QueryCounts],
    next_queries: Mapping[tuple[str, str], Collection[str]],
    least: int,
) -> Suggestion | None:
    next_of = {
        after: len(people)
        for (before, after), people in next_queries.items()
        if before == query and len(people) >= least and after in queries and not queries[after].in_vain
    }
    if not next_of:
        return None
    best = sorted(next_of, key=lambda after: (-next_of[after], after))[:MOST_FINDS]
    return Suggestion(query, tuple(best), sum(next_of[after] for after in best))


class _SpeltAlike:
    """Queries by their letters and digits alone, and by those with one left out."""

    def __init__(self, queries: Iterator[str]) -> None:
        self._places: dict[str, list[str]] = defaultdict(list)
        for query in queries:
            for form in _forms(query):
                self._places[form].append(query)

    def of(self, query: str) -> list[str]:
        """Queries that differ in spaces, hyphens or one letter."""
        near = dict.fromkeys(other for form in _forms(query) for other in self._places.get(form, ()))
        return [other for other in near if other != query]


def _forms(query: str) -> set[str]:
    letters = "".join(filter(str.isalnum, query))
    if len(letters) < SPELT_ALIKE or any(map(str.isdigit, letters)):
        return {letters}
    return {letters, *(letters[:at] + letters[at + 1 :] for at in range(len(letters)))}
