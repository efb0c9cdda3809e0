"""The gain of each task over the others at full training: whether one model should learn several tasks.

Default settings on the sample shop's first nine tenths, three seeds; each row leaves one task out, or adds
the one that ships switched off. Categories are trained after the others, on their words (ADR 14): they take
what the others learned and give nothing back, so there is no row without them.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks import ablation_data
from benchmarks.report import ResultRow, ResultTable
from object2vec.training.evaluation.intervals import paired_interval
from object2vec.training.hyperparameters import Hyperparameters
from object2vec.training.ranking_metrics import MetricValues
from object2vec.training.trainer import use_one_thread

WHOLE = "as shipped: next item, texts, sentence teacher"
CHANGES: Mapping[str, Mapping[str, Any]] = {
    WHOLE: {},
    "without next item": {"task_weight_next_item": 0.0},
    "without texts": {"task_weight_text": 0.0},
    "without sentence teacher": {"distillation": "off"},
    "next item alone": {"task_weight_text": 0.0, "distillation": "off"},
    "with similarity, weight 0.1": {"task_weight_similarity": 0.1},
}
_QUICK = (WHOLE, "without next item")


def run(quick: bool) -> ResultTable:
    """Three seeds on all households; one seed, two rows and an eighth of the households if `quick`."""
    use_one_thread()
    measure = ablation_data.shop(every=ablation_data.EVERY if quick else 1)
    seeds = range(1 if quick else 3)
    runs: dict[str, list[MetricValues]] = {}
    rows = []
    for name, changed in CHANGES.items():
        if quick and name not in _QUICK:
            continue
        start = time.process_time()
        short = {"epochs": 1, "distillation": "off"} if quick else {}
        settings = Hyperparameters().replace(**{**changed, **short})
        runs[name] = [measure(settings.replace(seed=seed)) for seed in seeds]
        seconds = (time.process_time() - start) / len(seeds)
        rows.append(ResultRow(name, compared(runs[name], runs[WHOLE]), seconds))
        print(rows[-1], flush=True)
    return ResultTable(
        "tasks",
        "What each task adds to the others",
        "sample shop, first nine tenths of the year, the last tenth of that to be found; ndcg@10 of: shop"
        " (what households buy next, by the model alone), together (what is bought near an item, by the"
        " model's cosine), words (its texts by pseudo-queries); default settings, mean of"
        f" {len(seeds)} seed{'s' * (len(seeds) > 1)}; low and high: 95 % of paired bootstraps of the"
        f" difference from the first row; the seeds of a row differ by up to {between_seeds(runs)}",
        rows,
    )


def compared(runs: Sequence[MetricValues], whole: Sequence[MetricValues]) -> dict[str, float]:
    """Means of each metric over the seeds, and the interval of the difference from `whole`."""
    found: dict[str, float] = {}
    for metric in runs[0]:
        ours, theirs = (np.mean([run[metric] for run in of], axis=0) for of in (runs, whole))
        found[metric] = float(ours.mean())
        if runs is not whole:
            found[f"{metric} low"], found[f"{metric} high"] = paired_interval(ours, theirs)
    return found


def between_seeds(runs: Mapping[str, Sequence[MetricValues]]) -> str:
    """The greatest difference between two seeds of a row, by metric: what chance does."""
    greatest: dict[str, float] = {}
    for seeds in runs.values():
        for metric in seeds[0]:
            spread = float(np.ptp([seed[metric].mean() for seed in seeds]))
            greatest[metric] = max(greatest.get(metric, 0.0), spread)
    return ", ".join(f"{value:.4f} ({metric})" for metric, value in greatest.items())
