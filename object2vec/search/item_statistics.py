"""Sums by item of what shoppers did: the order of an answer without any signal."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields


@dataclass(frozen=True, slots=True)
class Statistics:
    """By item id; an item that nobody touched is absent and counts as 0."""

    popularity: Mapping[str, float] = field(default_factory=dict)
    """People that like it, each by what they did and how long ago, less those that are against it."""
    trending: Mapping[str, float] = field(default_factory=dict)
    """How far an item's recent interactions exceed its long run, in standard deviations."""
    first_time_buyers: Mapping[str, float] = field(default_factory=dict)
    """Users that took it for the first time, weighted as the interactions are."""
    repeat_rate: Mapping[str, float] = field(default_factory=dict)
    """How many times its users came back to it, on average."""


UNWANTED = -2.0
"""Popularity below which an item is recommended to nobody: so many more people are against it than for it."""
STATISTICS = tuple(f.name for f in fields(Statistics))
