"""The query report: popular queries, those in vain, and synonyms that the log suggests.

It is made once a day from the lines of the last seven days; of a busy shop, from the last hours that hold a
million searches. So its cost has a bound. A query that only one person asked for is counted and not shown:
it may be a name.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from object2vec.core.keys import LATEST_SEARCHES, SEARCH_REPORTS, SYNONYMS
from object2vec.core.searches import normal
from object2vec.search.queries.counts import LogCounts, QueryCounts
from object2vec.search.queries.log import read_line
from object2vec.search.queries.page import written
from object2vec.search.queries.suggestions import Suggestion, suggestions
from object2vec.storage import NotFoundError, ObjectStore

DAYS = 7
ENOUGH = 1_000_000
"""Searches after which nothing earlier is read."""
LEAST_PEOPLE = 2
LONGEST_LIST = 100
PERIOD_S, PERIODS = 21_600.0, DAYS * 4
"""The lines of six hours are read in the order of time, the latest hours first."""

LoggedBetween = Callable[[float, float], Iterable[str | bytes]]
"""The log's lines of a time: from the first moment, in seconds since 1970, to before the second."""


@dataclass(frozen=True, slots=True)
class QueryReport:
    """The report that a merchandiser reads; `as_json` is what `GET /query-report` answers."""

    since: float
    until: float
    counts: LogCounts
    shown: Mapping[str, QueryCounts]
    suggested: tuple[Suggestion, ...]

    def as_json(self) -> dict[str, Any]:
        """See docs/api.md."""
        counts, shown = self.counts, self.shown
        alone = sum(row.searches for query, row in counts.queries.items() if query not in shown)
        in_vain = {query: row for query, row in shown.items() if row.in_vain}
        ignored = {
            query: row
            for query, row in shown.items()
            if counts.clicks and row.hits and not row.in_vain and row.followed and not row.clicked
        }
        return {
            "since": _moment(self.since),
            "until": _moment(self.until),
            "searches": counts.searches,
            "queries": len(counts.queries),
            "followed": sum(row.followed for row in counts.queries.values()),
            "clicks": counts.clicks,
            "not_shown": {"asked_by_one": alone, "too_long": counts.too_long},
            "popular": _rows(shown),
            "without_hits": _rows(in_vain),
            "without_clicks": _rows(ignored),
            "suggestions": [
                {"synonym": suggestion.synonym, "people": suggestion.people, "why": suggestion.why}
                for suggestion in self.suggested[:LONGEST_LIST]
            ],
        }


def write_report(store: ObjectStore, lines: LoggedBetween, now: float) -> dict[str, Any]:
    """Makes the report, and writes it as the day's and as the latest."""
    report = make_report(lines, now, with_synonyms=_with_synonyms(store)).as_json()
    data, day = orjson.dumps(report), _moment(now)[:10]
    store.put(f"{SEARCH_REPORTS}{day}.json", data)
    store.put(f"{SEARCH_REPORTS}{day}.md", written(report).encode())
    store.put(LATEST_SEARCHES, data)
    return report


def load_latest(store: ObjectStore) -> dict[str, Any] | None:
    """None before the first, and where it is damaged: the next one replaces it."""
    try:
        report: Any = orjson.loads(store.get(LATEST_SEARCHES))
    except (NotFoundError, ValueError):
        return None
    return report if isinstance(report, dict) else None


def make_report(
    lines: LoggedBetween, now: float, *, with_synonyms: frozenset[str] = frozenset()
) -> QueryReport:
    """`with_synonyms` are queries that somebody has given synonyms by now."""
    counts, since = LogCounts(), now
    for _ in range(PERIODS):
        if counts.searches >= ENOUGH:
            break
        counts.add(entry for line in lines(since - PERIOD_S, since) if (entry := read_line(line)))
        since -= PERIOD_S
    shown = {query: row for query, row in counts.queries.items() if len(row.people) >= LEAST_PEOPLE}
    found = suggestions(shown, counts.next_queries, LEAST_PEOPLE)
    suggested = tuple(suggestion for suggestion in found if suggestion.query not in with_synonyms)
    return QueryReport(since, now, counts, shown, suggested)


def _with_synonyms(store: ObjectStore) -> frozenset[str]:
    """A document that cannot be read keeps nothing back: `GET /synonyms` says what is wrong with it."""
    try:
        records = orjson.loads(store.get(SYNONYMS))["synonyms"]
        return frozenset(
            normal(text) for record in records for text in record.get("words") or record.get("query") or ()
        )
    except (NotFoundError, ValueError, TypeError, KeyError, AttributeError):
        return frozenset()


def _rows(queries: Mapping[str, QueryCounts]) -> list[dict[str, Any]]:
    """By people, then by searches: one who asks often is one."""
    order = sorted(queries, key=lambda query: (-len(queries[query].people), -queries[query].searches, query))
    return [_row(query, queries[query]) for query in order[:LONGEST_LIST]]


def _row(query: str, row: QueryCounts) -> dict[str, Any]:
    return {
        "query": query,
        "people": len(row.people),
        "searches": row.searches,
        "hits": row.hits,
        "by_words": row.by_words,
        "clicks": row.clicked if row.followed else None,
    }


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
