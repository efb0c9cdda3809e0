"""What shoppers did, summed up by item: the order of an answer without any signal."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields


@dataclass(frozen=True, slots=True)
class Statistics:
    """By item id; an item that nobody touched is absent and counts as 0."""

    popularity: Mapping[str, float] = field(default_factory=dict)
    """Interactions, each counting half as much as one that is a half-life younger."""
    trending: Mapping[str, float] = field(default_factory=dict)
    """How far an item's recent interactions exceed its long run, in standard deviations."""
    first_time_buyers: Mapping[str, float] = field(default_factory=dict)
    """Users that took it for the first time, weighted as the interactions are."""
    repeat_rate: Mapping[str, float] = field(default_factory=dict)
    """How many times its users came back to it, on average."""


STATISTICS = tuple(f.name for f in fields(Statistics))
