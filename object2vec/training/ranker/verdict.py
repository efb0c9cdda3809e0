"""Whether a ranker is worth having: shoppers whom it did not learn from, ranked with it and without it."""

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from object2vec.core.arrays import Mask, Scores
from object2vec.core.wording import counted
from object2vec.ranker.features import FEATURES
from object2vec.training.evaluation.intervals import paired_interval
from object2vec.training.ranker.examples import Examples

_BEHIND = 1e-3  # of the cosine, so that it orders what was bought equally often


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the ranker is kept, and the NDCG@10 of the held-out shoppers that decided it."""

    kept: bool
    reason: str
    model: float | None = None
    habit: float | None = None
    """NDCG@10 of counting the shopper's own purchases; the model orders what they never had."""
    ranker: float | None = None
    model_new: float | None = None
    """Among the items a shopper never had."""
    ranker_new: float | None = None
    popular_short: float | None = None
    """The NDCG@10 of the most popular items, on the short histories."""
    ranker_short: float | None = None

    def record(self) -> dict[str, Any]:
        """The record for the metrics."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def too_few(shoppers: int) -> Verdict:
    """The verdict where there are too few shoppers to learn from."""
    return Verdict(
        False, f"{counted(shoppers, 'shopper')} came back after the training period: too few to learn from"
    )


def judged(seen: Examples, scores: NDArray[np.float32], who: Mask) -> Verdict:
    """What the shoppers `who` (s,) say of a ranker with `scores` (n,): it is kept if it is better than the
    model alone and no worse than counting."""
    similarity = _column(seen, "similarity")
    systems = similarity, _habit(seen, similarity), scores
    model, habit, ranker = (mean_ndcg(seen, values, who) for values in systems)
    model_new, ranker_new = (mean_ndcg(seen, values, who, new=True) for values in (similarity, scores))
    kept = (
        ranker >= max(model, habit) and ranker_new >= model_new and (ranker, ranker_new) != (model, model_new)
    )
    reason = (
        f"ndcg@10 of {counted(int(who.sum()), 'shopper')}: with the ranker {ranker:.4f}, without {model:.4f},"
        f" by own frequency {habit:.4f}; among new items {ranker_new:.4f}, without {model_new:.4f}"
    )
    return Verdict(kept, reason, model, habit, ranker, model_new, ranker_new)


def may_be_chance(seen: Examples, scores: NDArray[np.float32], who: Mask) -> bool:
    """Whether the shoppers `who` are too few to tell the ranker's `scores` from the model alone: the paired
    interval holds 0."""
    ours, alone = (_ndcg(seen, values, who) for values in (scores, _column(seen, "similarity")))
    if not len(ours):
        return True
    low, high = paired_interval(ours, alone)
    return low <= 0 <= high


def with_short(verdict: Verdict, tails: Examples, scores: NDArray[np.float32], who: Mask) -> Verdict:
    """The verdict with the results of ranker and popularity on the short histories, which are told and decide
    nothing here: the gate judges short histories, on the period after."""
    systems = scores, _column(tails, "popularity")
    ours, theirs = (mean_ndcg(tails, values, who) for values in systems)
    short = f"; of short histories {ours:.4f}, the most popular items {theirs:.4f}"
    return replace(verdict, reason=verdict.reason + short, popular_short=theirs, ranker_short=ours)


def mean_ndcg(seen: Examples, scores: NDArray[np.float32], who: Mask, *, new: bool = False) -> float:
    """Mean NDCG@10 of the shoppers `who` (s,) by `scores` (n,); `new`: among what they never had."""
    values = _ndcg(seen, scores, who, new=new)
    return float(values.mean()) if len(values) else 0.0


def _ndcg(seen: Examples, scores: NDArray[np.float32], who: Mask, *, new: bool = False) -> Scores:
    """NDCG@10 of each of the shoppers who took any of the items."""
    discount = 1 / np.log2(np.arange(2, 12))
    values = []
    ends = np.cumsum(seen.sizes)
    for shopper in np.flatnonzero(who):
        rows = slice(ends[shopper] - seen.sizes[shopper], ends[shopper])
        taken, ranked = seen.taken[rows], scores[rows]
        wanted = int(seen.relevant[shopper])
        if new:
            repeats = seen.repeats[rows]
            wanted -= int((taken & repeats).sum())
            taken, ranked = taken[~repeats], ranked[~repeats]
        if wanted > 0:
            hits = taken[np.argsort(-ranked, kind="stable")[:10]]
            values.append((hits * discount[: len(hits)]).sum() / discount[:wanted].sum())
    return np.array(values, np.float64)


def _habit(seen: Examples, similarity: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n,) what the shopper had often and lately, in days where times are known; the model's order behind."""
    days, events = (_column(seen, name) for name in ("own_recent_days", "own_recent_events"))
    weight = np.exp(np.where(np.isnan(days), events, days))
    return np.asarray(weight + _BEHIND * similarity, np.float32)


def _column(seen: Examples, feature: str) -> NDArray[np.float32]:
    return seen.matrix[:, FEATURES.index(feature)]
