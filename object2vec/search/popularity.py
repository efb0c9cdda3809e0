"""What shoppers did, summed up by item: the order of an answer without any signal."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Statistics:
    """By item id; an item that nobody touched is absent and counts as 0."""

    popularity: Mapping[str, float] = field(default_factory=dict)
    """Interactions, each counting half as much as one that is a half-life younger."""
    trending: Mapping[str, float] = field(default_factory=dict)
    """How far an item's recent interactions exceed its long run, in standard deviations."""
