"""Learns the ranker: gradient-boosted trees (LightGBM, Ke et al. 2017) on what shoppers took next.

The trees are learned on top of counting (user-kNN, `features.PRIOR`): after one click they know too little to
overrule it, and what they would learn from the weeks of the validation period is what sold then.
With the log loss the sum of the leaves and the prior is the logit of "takes it in the weeks to come", for
items the shopper knows as for new ones; lambdarank did no better on the known and worse on the new
(docs/adr/0007-ranker.md).
"""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any

import numpy as np
import torch  # noqa: F401  # brings the OpenMP library that LightGBM's wheel expects the system to have
from numpy.typing import NDArray

from object2vec.core.arrays import Mask, Rows
from object2vec.ranker.features import FEATURES, PRIOR
from object2vec.ranker.forest import MAX_LEAVES, Forest
from object2vec.training.holdouts import Holdout
from object2vec.training.progress import tracked
from object2vec.training.ranker.examples import Examples, Shelf, examples
from object2vec.training.ranker.trees import forest_of
from object2vec.training.ranker.verdict import (
    Verdict,
    judged,
    may_be_chance,
    mean_ndcg,
    too_few,
    with_short,
)

HELD_OUT = 0.15
"""Share of the shoppers that decide when to stop and whether the ranker is worth having."""
_FOLDS = 5
"""Groups of the other shoppers, who decide where those held out are too few to tell: each group is judged by
trees that were learned without it, and stopped without it (docs/lab/sessions.md)."""
FEWEST_SHOPPERS = 100
"""Shoppers that are needed to learn a ranker and judge it."""
HALF_TRUSTED, MUCH_BETTER = 5.0, 1.25
"""Chosen on the sample shop's inner period (docs/lab/ranker.md)."""
_UNTIMED = 0.25  # share of the shoppers whose times are hidden where there are no short histories
_UNKNOWN_KEPT = 0.3  # share of the never-taken, never-owned candidates that are learned from
_SETTINGS: Mapping[str, Any] = {
    "objective": "binary",
    "num_leaves": MAX_LEAVES,
    # All shoppers live through the same weeks, and statistics can tell single items apart: held back, so that
    # less of what is learned is which items were bought then (docs/adr/0007-ranker.md).
    "feature_fraction": 0.5,
    "lambda_l2": 10.0,
    "num_threads": 1,
    "deterministic": True,
    "verbose": -1,
}
_RATES, _PURCHASES = (0.03, 0.1), (10_000, 50_000)
_ROUNDS, _PATIENCE = 120, 20
_LEAF_ROWS, _LEAF_SHARE = (100, 500), 1e-3  # of a leaf at least: this share of the rows, within these bounds


def fit_ranker(
    shelf: Shelf,
    users: Holdout,
    seed: int = 0,
    *,
    short: Holdout | None = None,
    owners: Rows | None = None,
    unseen: bool = False,
) -> tuple[Forest | None, Verdict]:
    """Learns from shoppers whose future the model has not seen: `users` with their whole histories, and
    `short` histories without times, so that a shopper of one click is served what such shoppers take.
    `owners` says whose they are: the place among `users`, or a number beyond; by default those of the same
    place. Whoever is held out is held out of both. `unseen`: what a shopper had is not served to them again,
    and nothing is learned about it. None where it is no better than the model alone."""
    short = short or users.at(np.zeros(0, np.int64))
    if max(len(users), len(short)) < FEWEST_SHOPPERS:
        return None, too_few(len(users))
    rng = np.random.default_rng(seed)
    timed = rng.random(len(users)) >= (0.0 if len(short) else _UNTIMED)
    owners = np.arange(len(short)) if owners is None else owners
    held_out = rng.random(max(len(users), int(owners.max(initial=-1)) + 1)) < HELD_OUT
    full = examples(shelf, users, timed=timed, unseen=unseen)
    tails = examples(shelf, short, unseen=unseen)
    seen = full.and_then(tails)
    if not seen.taken[~_both(held_out, users, owners)[seen.owners()]].any():
        return None, Verdict(False, "no shopper took any of the candidates")

    def learned(without: Mask | None = None) -> Forest:
        stopping = _both(held_out, users, owners)
        learning = ~stopping if without is None else ~(stopping | _both(without, users, owners))
        return _trusted(_boosted(seen, learning, stopping, rng), tails, held_out[owners])

    forest = learned()
    deciding, of = (full, np.arange(len(users))) if len(users) >= FEWEST_SHOPPERS else (tails, owners)
    scores = _scored(forest, deciding, held_out[of])
    verdict = judged(deciding, scores, held_out[of])
    if may_be_chance(deciding, scores, held_out[of]):
        folds = np.random.default_rng([seed, 1]).integers(_FOLDS, size=len(held_out))
        for number in range(_FOLDS):
            fold = ~held_out & (folds == number)
            scores += _scored(learned(fold), deciding, fold[of])
        verdict = judged(deciding, scores, ~held_out[of])
    if len(short):
        verdict = with_short(verdict, tails, _scored(forest, tails, held_out[owners]), held_out[owners])
    return (forest if verdict.kept else None), verdict


def _both(group: Mask, users: Holdout, owners: Rows) -> Mask:
    """The shoppers of a group among `users`, then among the owners of short histories."""
    return np.concatenate([group[: len(users)], group[owners]])


def _scored(forest: Forest, seen: Examples, group: Mask) -> NDArray[np.float32]:
    """(n,) the forest's scores for the shoppers of a group, one after the other: what the candidates of one
    share is looked up once. 0 for the others."""
    scores, ends = np.zeros(len(seen.matrix), np.float32), np.cumsum(seen.sizes)
    for shopper in np.flatnonzero(group[: len(ends)]).tolist():
        rows = slice(ends[shopper] - seen.sizes[shopper], ends[shopper])
        scores[rows] = forest.predict(seen.matrix[rows])
    return scores


def _trusted(forest: Forest, tails: Examples, held_out: Mask) -> Forest:
    """The forest with less weight where little is known of a shopper. The shoppers that decide lived through
    the weeks that were learned from, so trees that know what sold then look better than they are later; they
    keep their weight where they are much better on short histories."""
    if not len(tails.sizes):
        return forest
    careful = replace(forest, half_trusted=HALF_TRUSTED)
    bold, calm = (mean_ndcg(tails, _scored(f, tails, held_out), held_out) for f in (forest, careful))
    return forest if bold > MUCH_BETTER * calm else careful


def _boosted(seen: Examples, learning: Mask, stopping: Mask, rng: np.random.Generator) -> Forest:
    """The trees that are learned from some shoppers (s,), until others have no use of a further one."""
    import lightgbm

    owners = seen.owners()
    stops, unknown = stopping[owners], ~(seen.repeats | seen.taken)
    learned = learning[owners] & (~unknown | (rng.random(len(unknown)) < _UNKNOWN_KEPT))
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
        _without_prior(seen.matrix[stops]),
        seen.taken[stops],
        init_score=prior[stops],
        reference=train,
    )
    of_these_rows = {
        "learning_rate": learning_rate(int(seen.taken[learned].sum())),
        "min_data_in_leaf": int(np.clip(learned.sum() * _LEAF_SHARE, *_LEAF_ROWS)),
        "seed": int(rng.integers(2**31)),
    }
    with closing(tracked(range(_ROUNDS), "ranker trees")) as rounds:
        booster = lightgbm.train(
            dict(_SETTINGS) | of_these_rows,
            train,
            _ROUNDS,
            valid_sets=[stop],
            callbacks=[lightgbm.early_stopping(_PATIENCE, verbose=False), lambda _: next(rounds, None)],
        )
    return replace(forest_of(booster.dump_model(num_iteration=booster.best_iteration)), prior=PRIOR)


def learning_rate(purchases: int) -> float:
    """The rate for a number of purchases to learn from: trees of few lose to what they start from, unless
    each adds little (docs/lab/sessions.md). Between few and many it rises with the logarithm."""
    return float(np.interp(np.log1p(purchases), np.log1p(_PURCHASES), _RATES))


def _without_prior(matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    """A copy of the matrix without the prior: trees that saw it would learn to cancel it."""
    matrix[:, FEATURES.index(PRIOR)] = 0
    return matrix
