"""What goes into the same basket with some items: from counts, and for items that nobody counted from those
that the model holds for alike."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from object2vec.ranker.complements import Complements

ALIKE = 20
"""How many counted items stand in for one that was not counted."""
Alike = Callable[[str, int], Sequence[tuple[str, float]]]
"""An item's id and a number → that many of the counted items, those the model holds for most alike, each with
its cosine; none where the model knows nothing about it."""


@dataclass(frozen=True, slots=True)
class Companions:
    """What goes with a basket."""

    shares: Mapping[str, float] = field(default_factory=dict)
    """By item: which share of all that is bought with the basket's items it is; the best first."""
    lifts: Mapping[str, float] = field(default_factory=dict)
    """By item: how many times as often as by chance."""
    counted: Sequence[str] = ()
    """The basket's items that were counted."""
    estimated: Sequence[str] = ()
    """Those that were not, for which the model's nearest counted items stand in."""
    unknown: Sequence[str] = ()
    """Those that were not, and about which the model knows nothing either."""

    def above(self, lift: float) -> Mapping[str, float]:
        """The shares of those with at least this lift."""
        return {item_id: share for item_id, share in self.shares.items() if self.lifts[item_id] >= lift}

    @property
    def strategy(self) -> str:
        """What the list rests on."""
        return "bought-together-estimated" if self.estimated else "bought-together"

    @property
    def notes(self) -> list[str]:
        """What a person should know: which items were never counted, and where nothing was found."""
        notes = []
        if self.estimated:
            notes.append(
                f"{_named(self.estimated)}: bought too seldom to count; what goes with it is estimated"
                " from the items that the model holds for most alike"
            )
        if self.unknown:
            notes.append(f"{_named(self.unknown)}: what is bought with it was not counted yet")
        if self.counted and not self.shares:
            notes.append("nothing is bought with it often enough to tell")
        return notes


def _named(item_ids: Sequence[str]) -> str:
    shown = ", ".join(repr(item_id[:100]) for item_id in item_ids[:3])
    return shown if len(item_ids) <= 3 else f"{shown} and {len(item_ids) - 3} more"


def companions(table: Complements, basket: Sequence[str], alike: Alike) -> Companions:
    """Of the items of a basket, each once; those in the basket are no companions."""
    weights: dict[str, float] = {}
    counted, estimated, unknown = list[str](), list[str](), list[str]()
    for item_id in dict.fromkeys(basket):
        near = [(item_id, 1.0)] if item_id in table else alike(item_id, ALIKE)
        (counted if item_id in table else estimated if near else unknown).append(item_id)
        whole = sum(cosine for _, cosine in near)
        for other, cosine in near:
            weights[other] = weights.get(other, 0.0) + cosine / whole
    said = max(len(counted) + len(estimated), 1)
    found = table.pooled([(item_id, weight / said) for item_id, weight in weights.items()])
    kept = [one for one in found if one.item_id not in basket]
    shares, lifts = ({one.item_id: getattr(one, name) for one in kept} for name in ("share", "lift"))
    return Companions(shares, lifts, counted, estimated, unknown)
