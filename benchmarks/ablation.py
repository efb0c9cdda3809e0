"""Each idea of the retrieval model switched off, on targets that are not the reported ones.

MovieLens-100k with the second latest film of everyone as the target; metrics as in `movielens_next`.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import numpy as np
import torch

from benchmarks.bootstrap import paired_interval
from benchmarks.movielens_data import load_movielens
from benchmarks.movielens_next import UserMetrics, holdout, leave_out, measure, ours
from benchmarks.report import Row, Table
from object2vec.training import candidates
from object2vec.training import dataset as dataset_module
from object2vec.training.hyperparameters import Hyperparameters
from object2vec.training.threads import use_one_thread

_SETTINGS = Hyperparameters()

WHOLE = "as shipped"
CHANGES: dict[str, dict[str, Any]] = {
    WHOLE: {},
    "one time scale, half-life 8": {"recency_half_lives": "8"},
    "one time scale, half-life 100": {"recency_half_lives": "100"},
    "three time scales": {"recency_half_lives": "1, 16, 256"},
    "no text task": {"task_weight_text": 0.0},
    "no id dropout": {"id_dropout": 0.0},
    "ratings weigh targets": {"event_value_power": 1.0},
}


def run(quick: bool) -> Table:
    """One seed and two epochs if `quick`, else three seeds."""
    use_one_thread()
    seeds = range(1 if quick else 3)
    settings = replace(_SETTINGS, epochs=2) if quick else _SETTINGS
    rows: list[Row] = []
    whole: UserMetrics = {}
    for name, change in CHANGES.items():
        metrics, seconds = _measured(replace(settings, **change), seeds)
        whole = whole or metrics
        rows.append(Row(name, _compared(metrics, whole), seconds))
    for name, module, constants in (
        ("sampled softmax", candidates, {"_FULL_SOFTMAX": 0}),
        (
            "sampled softmax, no popularity correction",
            candidates,
            {"_FULL_SOFTMAX": 0, "log_inclusion": torch.zeros_like},
        ),
        ("what was seen is a negative", dataset_module, {"_RETURNS": -1.0}),
    ):
        with _constants(module, constants):
            metrics, seconds = _measured(settings, seeds)
        rows.append(Row(name, _compared(metrics, whole), seconds))
    return Table(
        "ablation",
        "Each idea switched off",
        f"MovieLens-100k, second latest film; mean of {len(seeds)} seeds, seconds a seed; low and high:"
        " 95 % of paired bootstraps of ndcg@10 minus the shipped model's",
        rows,
    )


def _measured(settings: Hyperparameters, seeds: range) -> tuple[UserMetrics, float]:
    data = load_movielens()
    dataset = leave_out(data, inner=True)
    users = holdout(dataset)
    start = time.monotonic()
    runs = [
        measure(ours(dataset, users, replace(settings, seed=seed)), users, data.item_count) for seed in seeds
    ]
    means = {metric: np.mean([r[metric] for r in runs], axis=0) for metric in runs[0]}
    return means, (time.monotonic() - start) / len(runs)


def _compared(metrics: UserMetrics, whole: UserMetrics) -> dict[str, float]:
    low, high = paired_interval(metrics["ndcg@10"], whole["ndcg@10"])
    means = {name: float(metrics[name].mean()) for name in ("ndcg@10", "hr@10")}
    return means | ({} if metrics is whole else {"low": low, "high": high})


@contextmanager
def _constants(module: Any, constants: dict[str, Any]) -> Iterator[None]:
    with patch.multiple(module, **constants):
        yield
