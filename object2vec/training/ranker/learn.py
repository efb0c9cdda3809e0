"""Learns the ranker: gradient-boosted trees (LightGBM, Ke et al. 2017) on what shoppers took next.

The trees are learned on top of counting (user-kNN, `features.PRIOR`): after one click they know too little to
overrule it, and what they would learn from the weeks of the validation period is what sold then.
With the log loss the sum of the leaves and the prior is the logit of "takes it in the weeks to come", for
items the shopper knows as for new ones; lambdarank did no better on the known and worse on the new
(docs/adr/0007-ranker.md).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch  # noqa: F401  # brings the OpenMP library that LightGBM's wheel expects the system to have
from numpy.typing import NDArray

from object2vec.ranker.features import FEATURES, PRIOR
from object2vec.ranker.forest import MAX_LEAVES, Forest
from object2vec.training.holdouts import Holdout
from object2vec.training.ranker.examples import Examples, Shelf, examples
from object2vec.training.ranker.trees import forest_of

HELD_OUT = 0.15
"""Share of the shoppers that decide when to stop and whether the ranker is worth having."""
FEWEST_SHOPPERS = 100
"""Shoppers that are needed to learn a ranker and judge it."""
HALF_TRUSTED, MUCH_BETTER = 5.0, 1.25
"""Chosen on the sample shop's inner period (docs/lab/ranker.md)."""
_UNTIMED = 0.25  # share of the shoppers whose times are hidden where there are no short histories
_UNKNOWN_KEPT = 0.3  # share of the never-taken, never-owned candidates that are learned from
_SETTINGS: Mapping[str, Any] = {
    "objective": "binary",
    "learning_rate": 0.1,
    "num_leaves": MAX_LEAVES,
    # All shoppers live through the same weeks, and statistics can tell single items apart: held back, so that
    # less of what is learned is which items were bought then (docs/adr/0007-ranker.md).
    "feature_fraction": 0.5,
    "lambda_l2": 10.0,
    "num_threads": 1,
    "deterministic": True,
    "verbose": -1,
}
_BEHIND = 1e-3  # of the cosine, so that it orders what was bought equally often
_ROUNDS, _PATIENCE = 120, 20
_LEAF_ROWS, _LEAF_SHARE = (100, 500), 1e-3  # of a leaf at least: this share of the rows, within these bounds


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
    return Verdict(False, f"{shoppers} shoppers came back after the training period: too few to learn from")


def fit_ranker(
    shelf: Shelf, users: Holdout, seed: int = 0, *, short: Holdout | None = None, unseen: bool = False
) -> tuple[Forest | None, Verdict]:
    """Learns from shoppers whose future the model has not seen: `users` with their whole histories, and
    `short` histories without times, of the same shoppers in the same order (and of others after them), so
    that a shopper of one click is served what such shoppers take. `unseen`: what a shopper had is not
    served to them again, and nothing is learned about it. None where it is no better than the model alone."""
    short = short or users.at(np.zeros(0, np.int64))
    if max(len(users), len(short)) < FEWEST_SHOPPERS:
        return None, too_few(len(users))
    rng = np.random.default_rng(seed)
    timed = rng.random(len(users)) >= (0.0 if len(short) else _UNTIMED)
    held_out = rng.random(max(len(users), len(short))) < HELD_OUT
    full = examples(shelf, users, timed=timed, unseen=unseen)
    tails = examples(shelf, short, unseen=unseen)
    held_full, held_tails = held_out[: len(users)], held_out[: len(short)]
    seen, held_out = full.and_then(tails), np.concatenate([held_full, held_tails])
    if not seen.taken[~held_out[seen.owners()]].any():
        return None, Verdict(False, "no shopper took any of the candidates")
    forest = _trusted(_boosted(seen, held_out, rng), tails, held_tails)
    deciding = (full, held_full) if len(users) >= FEWEST_SHOPPERS else (tails, held_tails)
    verdict = judged(forest, *deciding)
    if len(short):
        verdict = _with_short(verdict, forest, tails, held_tails)
    return (forest if verdict.kept else None), verdict


def _trusted(forest: Forest, tails: Examples, held_out: NDArray[np.bool_]) -> Forest:
    """The forest with less weight where little is known of a shopper. The shoppers that decide lived through
    the weeks that were learned from, so trees that know what sold then look better than they are later; they
    keep their weight where they are much better on short histories."""
    if not len(tails.sizes):
        return forest
    careful = replace(forest, half_trusted=HALF_TRUSTED)
    bold, calm = (_ndcg(f.predict(tails.matrix), tails, held_out) for f in (forest, careful))
    return forest if bold > MUCH_BETTER * calm else careful


def _boosted(seen: Examples, held_out: NDArray[np.bool_], rng: np.random.Generator) -> Forest:
    import lightgbm

    judged = held_out[seen.owners()]
    unknown = ~(seen.repeats | seen.taken)
    learned = ~judged & (~unknown | (rng.random(len(unknown)) < _UNKNOWN_KEPT))
    weights = np.where(unknown, 1 / _UNKNOWN_KEPT, 1.0)
    prior = seen.matrix[:, FEATURES.index(PRIOR)]
    train = lightgbm.Dataset(
        _without_prior(seen.matrix[learned]),
        seen.taken[learned],
        weight=weights[learned],
        init_score=prior[learned],
        feature_name=list(FEATURES),
    )
    stop = lightgbm.Dataset(
        _without_prior(seen.matrix[judged]),
        seen.taken[judged],
        init_score=prior[judged],
        reference=train,
    )
    of_these_rows = {
        "min_data_in_leaf": int(np.clip(learned.sum() * _LEAF_SHARE, *_LEAF_ROWS)),
        "seed": int(rng.integers(2**31)),
    }
    booster = lightgbm.train(
        dict(_SETTINGS) | of_these_rows,
        train,
        _ROUNDS,
        valid_sets=[stop],
        callbacks=[lightgbm.early_stopping(_PATIENCE, verbose=False)],
    )
    return replace(forest_of(booster.dump_model(num_iteration=booster.best_iteration)), prior=PRIOR)


def _without_prior(matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    """A copy of the matrix without the prior: trees that saw it would learn to cancel it."""
    matrix[:, FEATURES.index(PRIOR)] = 0
    return matrix


def judged(forest: Forest, seen: Examples, held_out: NDArray[np.bool_]) -> Verdict:
    """The verdict: the ranker is kept if it is better than the model alone and no worse than counting."""
    similarity = seen.matrix[:, FEATURES.index("similarity")]
    asked = held_out[seen.owners()]
    learned = np.zeros(len(asked), np.float32)
    learned[asked] = forest.predict(seen.matrix[asked])
    systems = similarity, _habit(seen.matrix, similarity), learned
    model, habit, ranker = (_ndcg(scores, seen, held_out) for scores in systems)
    model_new, ranker_new = (_ndcg(scores, seen, held_out, new=True) for scores in (similarity, learned))
    kept = (
        ranker >= max(model, habit) and ranker_new >= model_new and (ranker, ranker_new) != (model, model_new)
    )
    reason = (
        f"ndcg@10 of {int(held_out.sum())} shoppers: with the ranker {ranker:.4f}, without {model:.4f},"
        f" by own frequency {habit:.4f}; among new items {ranker_new:.4f}, without {model_new:.4f}"
    )
    return Verdict(kept, reason, model, habit, ranker, model_new, ranker_new)


def _with_short(verdict: Verdict, forest: Forest, tails: Examples, held_out: NDArray[np.bool_]) -> Verdict:
    """The verdict with the results of ranker and popularity on the short histories, which are told and decide
    nothing here: the gate judges short histories, on the period after."""
    popular = tails.matrix[:, FEATURES.index("popularity")]
    ours, theirs = (_ndcg(scores, tails, held_out) for scores in (forest.predict(tails.matrix), popular))
    of_short = f"; of short histories {ours:.4f}, the most popular items {theirs:.4f}"
    return replace(verdict, reason=verdict.reason + of_short, popular_short=theirs, ranker_short=ours)


def _habit(matrix: NDArray[np.float32], similarity: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n,) what the shopper had often and lately, in days where times are known; the model's order behind."""
    days, events = (matrix[:, FEATURES.index(name)] for name in ("own_recent_days", "own_recent_events"))
    weight = np.exp(np.where(np.isnan(days), events, days))
    return np.asarray(weight + _BEHIND * similarity, np.float32)


def _ndcg(
    scores: NDArray[np.float32], seen: Examples, held_out: NDArray[np.bool_], *, new: bool = False
) -> float:
    """Mean over the shoppers who took any of the candidates."""
    discount = 1 / np.log2(np.arange(2, 12))
    values = []
    ends = np.cumsum(seen.sizes)
    for shopper in np.flatnonzero(held_out):
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
    return float(np.mean(values)) if values else 0.0
