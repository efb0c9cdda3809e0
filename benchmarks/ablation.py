"""Each task and each idea of the retrieval model on its own: switched off, or on where it ships switched off.

What is measured, and on what, is in `ablation_data`; none of it is what the other benchmarks report. Data
and trainings are cut short so that the whole table takes minutes: differences count, not heights.
"""

import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks import ablation_data
from benchmarks.report import ResultRow, ResultTable
from object2vec.training import dataset as dataset_module
from object2vec.training.evaluation.intervals import paired_interval
from object2vec.training.hyperparameters import SEQUENCE, Hyperparameters
from object2vec.training.ranking_metrics import MetricValues
from object2vec.training.tasks import candidates
from object2vec.training.trainer import use_one_thread

WHOLE = "as shipped"
FILMS, SHOP, TEXTS = "films", "shop", "texts"
BEHAVIOUR = (FILMS, SHOP)
_BASE: Mapping[str, Any] = {
    "enc_dim": 64,
    "epochs": 2,
    "category_field": "",
    "session_encoder": "pooled",
    "distillation": "off",
    "time_limit": 1e6,
}
_OF: Mapping[str, Mapping[str, Any]] = {FILMS: {"epochs": 1}, SHOP: {}, TEXTS: {"distillation": "on"}}


@dataclass(frozen=True, slots=True)
class Ablation:
    """What one ablation changes: settings, or constants of a module; measured on the data where it can
    matter."""

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    on: Sequence[str] = BEHAVIOUR
    module: ModuleType = dataset_module
    constants: Mapping[str, Any] = field(default_factory=dict)
    ids_alone: bool = False
    """Whether the items' texts and fields are taken away."""


CHANGES = (
    Ablation(WHOLE, on=(FILMS, SHOP, TEXTS)),
    Ablation(
        "similarity instead of next item, 1 long epoch",
        {"task_weight_next_item": 0.0, "task_weight_similarity": 1.0, "epochs": 1},
        (SHOP,),
    ),
    Ablation("similarity task, weight 0.1", {"task_weight_similarity": 0.1}, (SHOP,)),
    Ablation("similarity task, weight 1", {"task_weight_similarity": 1.0}),
    Ablation("attention beside the means", {"session_encoder": "attention"}),
    Ablation("items by their ids alone", ids_alone=True),
    Ablation("attention, items by their ids alone", {"session_encoder": "attention"}, ids_alone=True),
    Ablation("no text task", {"task_weight_text": 0.0}, (FILMS, SHOP, TEXTS)),
    Ablation("no distillation", {"distillation": "off"}, (TEXTS,)),
    Ablation("hard negatives, 1 a text", {"hard_negatives": 1}, (SHOP, TEXTS)),
    Ablation(
        "hard negatives, 1 a text, no distillation", {"hard_negatives": 1, "distillation": "off"}, (TEXTS,)
    ),
    Ablation("hard negatives, 1 an item to find", {"hard_items": 1}, (SHOP,)),
    Ablation("no id dropout", {"id_dropout": 0.0}),
    Ablation("latest weights, no mean", {"average_epochs": 0.0}),
    Ablation("one time scale, half-life 8", {"recency_half_lives": "8"}, (FILMS,)),
    Ablation("one time scale, half-life 100", {"recency_half_lives": "100"}, (FILMS,)),
    Ablation("five time scales", {"recency_half_lives": "1, 4, 16, 64, 256"}, (SHOP,)),
    Ablation("ratings weigh targets", {"event_value_power": 1.0}, (FILMS,)),
    Ablation("sampled softmax", on=(FILMS,), module=candidates, constants={"_FULL_SOFTMAX": 0}),
    Ablation(
        "no popularity correction",
        on=(SHOP,),
        module=candidates,
        constants={"log_inclusion": torch.zeros_like},
    ),
    Ablation(
        "what was seen is a negative",
        {"recency_half_lives": SEQUENCE},
        (FILMS,),
        constants={"people_return": lambda *_: True},
    ),
)


def run(quick: bool) -> ResultTable:
    """Measures every ablation; with `quick`, on the films only."""
    use_one_thread()
    sets = (FILMS,) if quick else (FILMS, SHOP, TEXTS)
    measures = {name: getattr(ablation_data, name)() for name in sets}
    of_ids = {name: getattr(ablation_data, name)(ids_alone=True) for name in BEHAVIOUR if name in sets}
    rows: list[ResultRow] = []
    whole: MetricValues = {}
    for change in CHANGES:
        chosen = [name for name in change.on if name in sets]
        if not chosen:
            continue
        start = time.process_time()
        values: dict[str, NDArray[np.float64]] = {}
        with _constants(change):
            for name in chosen:
                settings = {**_BASE, **_OF[name], **change.settings}
                measure = (of_ids if change.ids_alone else measures)[name]
                values |= measure(Hyperparameters().replace(**settings))
        whole = whole or values
        rows.append(ResultRow(change.name, _compared(values, whole), time.process_time() - start))
        print(rows[-1], flush=True)
    return ResultTable(
        "ablation",
        "Each task and idea on its own",
        "ndcg@10 of: films (MovieLens-100k, second latest film of every second user, 1 epoch), shop and"
        " together (sample shop, first nine tenths, every eighth household: what is bought next, what is"
        " bought together; 2 epochs), words (its texts by pseudo-queries), texts (Cranfield's documents by"
        " pseudo-queries, 10 epochs); dimension 64, pooled, one seed, distillation on the texts alone;"
        " seconds of CPU; low and high: 95 % of paired bootstraps of the difference from the first row, in"
        " which the chance of the seed is not",
        rows,
    )


def _compared(values: MetricValues, whole: MetricValues) -> dict[str, float]:
    found = {name: float(metric.mean()) for name, metric in values.items()}
    if values is whole:
        return found
    for name, metric in values.items():
        found[f"{name} low"], found[f"{name} high"] = paired_interval(metric, whole[name])
    return found


def _constants(change: Ablation) -> AbstractContextManager[object]:
    return patch.multiple(change.module, **change.constants) if change.constants else nullcontext()
