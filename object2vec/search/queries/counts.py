"""Counts a query log: who asked what, what was found, what was taken, and what was asked next.

One pass in the order of time. What is remembered of a person are the searches of the last half hour; what is
remembered of a query is its row.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from object2vec.search.queries.log import Searched, Took

WINDOW_S = 1_800.0
"""An item that is taken so long after a search may have been found by it."""
NEXT_S = 300.0
"""Searches so near to each other are attempts at one thing."""
MAX_OPEN = 20
"""Searches of one person that are remembered."""
TIDY_EVERY = 10_000


@dataclass(slots=True)
class QueryCounts:
    """One query."""

    searches: int = 0
    people: set[str] = field(default_factory=set)
    followed: int = 0
    """Searches of shoppers whose events are known."""
    clicked: int = 0
    """Searches after which something found was taken."""
    seen_at: float = 0.0
    hits: int | None = None
    """The hits of its latest search without filters; None: it was never searched without."""
    by_words: bool = True

    @property
    def in_vain(self) -> bool:
        """Whether nothing has its words."""
        return self.hits is not None and (self.hits == 0 or not self.by_words)


@dataclass(slots=True)
class _Open:
    """A search that something may still be taken after."""

    searched: Searched
    items: set[int]
    clicked: bool = False


@dataclass
class LogCounts:
    """All that was counted so far."""

    searches: int = 0
    too_long: int = 0
    clicks: int = 0
    queries: dict[str, QueryCounts] = field(default_factory=dict)
    next_queries: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    """(a query in vain, the one after it by which something was found and taken) → who did so."""

    def add(self, entries: Iterable[Searched | Took]) -> None:
        """Further entries, in the order of time and of another time than those before."""
        people: dict[str, deque[_Open]] = {}
        for place, entry in enumerate(entries, 1):
            if isinstance(entry, Took):
                self._take(entry, people.get(entry.by, ()))
            elif entry.further:
                _turn_page(entry, people.get(entry.by, ()))
            else:
                self._count(entry)
                if entry.known and entry.query:
                    opened = people.setdefault(entry.by, deque(maxlen=MAX_OPEN))
                    opened.append(_Open(entry, {*entry.items}))
            if place % TIDY_EVERY == 0:
                people = {by: opened for by, opened in people.items() if _recent(opened[-1], entry.at)}

    def _count(self, entry: Searched) -> None:
        self.searches += 1
        if not entry.query:
            self.too_long += 1
            return
        row = self.queries.setdefault(entry.query, QueryCounts())
        row.searches += 1
        row.people.add(entry.by)
        row.followed += entry.known
        if not entry.filtered and entry.at >= row.seen_at:
            row.seen_at, row.hits, row.by_words = entry.at, entry.hits, entry.by_words

    def _take(self, took: Took, opened: Sequence[_Open]) -> None:
        wanted = set(took.items)
        found = next(
            (search for search in reversed(opened) if _recent(search, took.at) and wanted & search.items),
            None,
        )
        if found is None or found.clicked:
            return
        found.clicked = True
        self.clicks += 1
        self.queries[found.searched.query].clicked += 1
        for before in opened:
            if before is found:
                break
            if _led_to(before.searched, found.searched):
                self.next_queries[before.searched.query, found.searched.query].add(took.by)


def _recent(search: _Open, now: float) -> bool:
    return now - search.searched.at <= WINDOW_S


def _turn_page(entry: Searched, opened: Sequence[_Open]) -> None:
    first = next((search for search in reversed(opened) if search.searched.query == entry.query), None)
    if first is not None:
        first.items.update(entry.items)


def _led_to(before: Searched, after: Searched) -> bool:
    """Whether somebody found by the second what the first did not find."""
    in_vain = not before.filtered and (before.hits == 0 or not before.by_words)
    return in_vain and before.query != after.query and after.at - before.at <= NEXT_S
