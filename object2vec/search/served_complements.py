"""Finds what goes into the same basket with some items, from counts; where there are few or none, also from
counted items that the model finds similar.

    share = own · share(j | i) + (1 - own) · mean of share(j | k) over similar items k

`own` is c_i / (c_i + λ), and the mean weighs each k by its cosine and by c_k / (c_k + λ), how well it is
known itself (object2vec/ranker/complements.py).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from object2vec.ranker.complements import Complements

SIMILAR_ITEMS = 50
"""How many similar items are used for one that is bought seldom or never, at most."""
ONE_IN, LEAST_SIMILAR = 20, 3
"""In a small shop one in so many of the counted items, at least three: fifty would be most of the shop."""
WELL_KNOWN = 0.9
"""An item whose own counts weigh this much needs no similar ones."""
MOST_HELPED = 10
"""For so many items of a basket similar ones are used; the rest of a large basket has counts enough."""
SimilarCounted = Callable[[str, int], Sequence[tuple[str, float]]]
"""From an item's id and a number n to the n counted items most similar to it, each with its cosine; none if
the model knows nothing about the item."""


@dataclass(frozen=True, slots=True)
class ServedComplements:
    """The items that go with a basket."""

    shares: Mapping[str, float] = field(default_factory=dict)
    """By item: which share of all that is bought with the basket's items it is; the best first."""
    lifts: Mapping[str, float] = field(default_factory=dict)
    """By item: how many times as often as by chance."""
    counted: Sequence[str] = ()
    """The basket's items that were counted."""
    helped: Sequence[str] = ()
    """Items bought so seldom that most of the answer comes from similar items."""
    estimated: Sequence[str] = ()
    """Items not bought with anything so far: all of the answer comes from similar items."""
    unknown: Sequence[str] = ()
    """Items that were not counted, and about which the model knows nothing either."""

    def above(self, lift: float) -> Mapping[str, float]:
        """The shares of those with at least this lift."""
        return {item_id: share for item_id, share in self.shares.items() if self.lifts[item_id] >= lift}

    @property
    def strategy(self) -> str:
        """The name of what the list rests on."""
        return "bought-together-estimated" if self.estimated else "bought-together"

    @property
    def notes(self) -> list[str]:
        """Notes for a person: which items were never counted, and where nothing was found."""
        notes = []
        if self.estimated:
            notes.append(
                f"{_named(self.estimated)}: not bought with anything so far; what goes with it is estimated"
                " from the items that the model finds most similar"
            )
        if self.helped:
            notes.append(
                f"{_named(self.helped)}: bought seldom; similar items help to tell what goes with it"
            )
        if self.unknown:
            notes.append(f"{_named(self.unknown)}: what is bought with it was not counted yet")
        if self.counted and not self.shares:
            notes.append("nothing is bought with it often enough to tell")
        return notes


def _known_well(table: Complements, similar: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    """The items with their cosines, weighed by how well each is counted itself: one that is bought seldom
    weighs little."""
    weights = ((item_id, cosine * table.sureness(item_id)) for item_id, cosine in similar)
    return [(item_id, weight) for item_id, weight in weights if weight > 0]


def _named(item_ids: Sequence[str]) -> str:
    shown = ", ".join(repr(item_id[:100]) for item_id in item_ids[:3])
    return shown if len(item_ids) <= 3 else f"{shown} and {len(item_ids) - 3} more"


def serve_complements(
    table: Complements, basket: Sequence[str], similar: SimilarCounted
) -> ServedComplements:
    """Adds up the complements of the items of a basket, each once. Left out are the items in the basket, and
    the similar items that stood in for one that was not counted: these are similar items, not complements."""
    weights: dict[str, float] = {}
    without = {*basket}
    counted, helped, estimated, unknown = list[str](), list[str](), list[str](), list[str]()
    with_similar = 0
    most = min(SIMILAR_ITEMS, max(LEAST_SIMILAR, len(table.item_ids) // ONE_IN))
    for item_id in dict.fromkeys(basket):
        own = table.sureness(item_id)
        near: list[tuple[str, float]] = []
        if own < WELL_KNOWN and with_similar < MOST_HELPED:
            near = _known_well(table, similar(item_id, most))
            with_similar += 1
        if item_id in table and (own > 0 or not near):
            counted.append(item_id)
            helped += [item_id] * (own < 0.5 and bool(near))
            weights[item_id] = weights.get(item_id, 0.0) + (own if near else 1.0)
        elif near:
            estimated.append(item_id)
            without |= {other for other, _ in near}
        else:
            unknown.append(item_id)
        whole = sum(weight for _, weight in near)
        for other, weight in near:
            weights[other] = weights.get(other, 0.0) + (1 - own) * weight / whole
    answering = max(len(counted) + len(estimated), 1)
    found = table.pooled({item_id: weight / answering for item_id, weight in weights.items()}, without)
    shares, lifts = (
        {complement.item_id: getattr(complement, name) for complement in found} for name in ("share", "lift")
    )
    return ServedComplements(shares, lifts, counted, helped, estimated, unknown)
