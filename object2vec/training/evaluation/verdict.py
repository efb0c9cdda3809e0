"""What all gates share: the rule for a model that is worse than the live one, and the sentences about it.

*Worse* is beyond chance (the 95 % interval of the paired difference lies on the worse side of 0), or by more
than `MARGIN` of the other's value.
"""

from collections.abc import Sequence
from typing import Literal

from object2vec.training.evaluation.intervals import Difference

FEWEST = 30
"""Fewest users, sessions, queries or pairs that decide; below, chance does."""
MARGIN = 0.02
"""Share of the other's value by which a model may be behind."""
Compared = Literal["better", "no worse", "not good enough", "worse"]


def is_clearly_worse(difference: Difference) -> bool:
    """Whether ours is worse beyond chance and by more than the margin, of values where more is better. One of
    several small segments needs both."""
    return _beyond_chance(difference, False) and _beyond_margin(difference, False)


def decided(*, passed: bool, difference: Difference | None, lower_is_better: bool = False) -> Compared:
    """The decision in a word; `difference` from the live model, None without one. Refused is *worse* only
    where that is no chance."""
    if not passed:
        lost = difference is not None and _beyond_chance(difference, lower_is_better)
        return "worse" if lost else "not good enough"
    if difference is None:
        return "better"
    return "better" if (difference.high < 0 if lower_is_better else difference.low > 0) else "no worse"


def compared(other: str, difference: Difference) -> str:
    """A sentence about the difference from another system."""
    chance = "more than chance" if difference.low > 0 or difference.high < 0 else "which may be chance"
    return (
        f"Against {other} ({difference.theirs:.4f}) that is {difference.mean:+.4f}"
        f" ({difference.low:+.4f} to {difference.high:+.4f}), {chance}."
    )


def behind(what: str, other: str, difference: Difference, *, lower_is_better: bool = False) -> list[str]:
    """A sentence that says why `what` is refused, if it is worse than the other system."""
    if _beyond_chance(difference, lower_is_better):
        return [f"{what} is worse than {other}, by more than chance."]
    if _beyond_margin(difference, lower_is_better):
        return [f"{what} is behind {other} by more than {MARGIN:.0%}: too much, even where it may be chance."]
    return []


def paragraph(*, passed: bool, lines: Sequence[str]) -> str:
    """The reason: whether the model passed, and the sentences why."""
    return f"{'passed' if passed else 'refused'}: {' '.join(lines)}"


def _beyond_chance(difference: Difference, lower_is_better: bool) -> bool:
    return difference.low > 0 if lower_is_better else difference.high < 0


def _beyond_margin(difference: Difference, lower_is_better: bool) -> bool:
    behind = difference.mean if lower_is_better else -difference.mean
    return behind > MARGIN * difference.theirs
