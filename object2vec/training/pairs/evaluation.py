"""Evaluates a pair model for evaluation.json: metrics on held-out pairs, the best constant answer, the gate.

The gate compares the loss of every pair: the new model must be below the best constant answer, and not above
the live model beyond chance (95 % interval of the paired difference) or by more than a margin. Held-out pairs
that are all positive get negatives, as in training; pairs of one label decide nothing.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from object2vec.model.pairs.artefact import PairManifest, read_pair_artefact
from object2vec.model.pairs.network import PairNetwork
from object2vec.model.pairs.sequences import Sequences
from object2vec.training.evaluation.intervals import Measured
from object2vec.training.evaluation.verdict import FEWEST, behind, compared, decided, paragraph
from object2vec.training.pairs.batches import with_drawn_negatives
from object2vec.training.pairs.data import Limits, Pairs, holds_pairs, read_pairs
from object2vec.training.pairs.metrics import pair_values
from object2vec.training.ranking_metrics import MetricValues

_LOSSES = ("cross_entropy", "mean_squared_error")


def evaluate_pairs(channel: Path, model: Path, live: Path | None) -> dict[str, Any]:
    """`channel` holds the held-out pairs, its sibling `train` those of training; `model` and `live` are
    artefacts of pair models. Without a live one of the same task the best constant answer alone is to be
    beaten. Raises PairDataError or ArtefactError."""
    manifest, network = read_pair_artefact(model)
    given = read_pairs(channel, Limits(classes=manifest.shape.classes or None))
    pairs = _measurable(given, channel.with_name("train"), manifest)
    values = {"model": _values(network, pairs), "constant": _constant(manifest.shape.classes, pairs)}
    if live is not None:
        other, live_network = read_pair_artefact(live)
        if other.shape.classes == manifest.shape.classes:
            values["live"] = _values(live_network, pairs)
    gate = _judge(pairs, len(pairs) - len(given), values)
    return {
        "gate": gate,
        "metrics": {s: {m: float(v.mean()) for m, v in found.items()} for s, found in values.items()},
        "intervals": {
            system: {metric: list(Measured({system: v}).interval(system)) for metric, v in found.items()}
            for system, found in values.items()
        },
        "counts": {metric: len(pairs) for metric in values["model"]},
        "protocol": {
            "pairs": len(pairs),
            "drawn_negatives": len(pairs) - len(given),
            "model": manifest.version,
            "constant": "the best single answer for these very pairs",
        },
    }


def _measurable(pairs: Pairs, train: Path, manifest: PairManifest) -> Pairs:
    """The held-out pairs; if all are positive, with drawn negatives."""
    classes = manifest.shape.classes
    rate = int(manifest.hyperparameters.get("negative_sampling_rate", 0)) if classes else 0
    if not rate or not (pairs.labels > 0).all():
        return pairs
    known = read_pairs(train, Limits(classes=classes)) if holds_pairs(train) else pairs
    return with_drawn_negatives(pairs, known, rate)


def _values(network: PairNetwork, pairs: Pairs) -> MetricValues:
    """The metrics of each pair. Ids beyond the vocabulary are left out, as at the endpoint."""
    sides = tuple(
        _known(pairs, side, encoder.vocab_size)
        for side, encoder in enumerate((network.shape.enc0, network.shape.enc1))
    )
    return pair_values(network, Pairs(pairs.labels, (sides[0], sides[1])), torch.device("cpu"))


def _known(pairs: Pairs, side: int, size: int) -> Sequences:
    sequences = pairs.sides[side]
    kept = sequences.tokens < size
    owners = np.repeat(np.arange(len(sequences)), sequences.lengths)
    lengths = np.bincount(owners[kept], minlength=len(sequences)).astype(np.int64)
    return Sequences(sequences.tokens[kept], lengths)


def _constant(classes: int, pairs: Pairs) -> MetricValues:
    """The metrics of the best constant answer: the labels' mean, or their shares."""
    if not classes:
        return {"mean_squared_error": np.asarray((pairs.labels - pairs.labels.mean()) ** 2, np.float64)}
    labels = pairs.labels.astype(np.int64)
    shares = np.bincount(labels, minlength=classes) / len(labels)
    return {
        "cross_entropy": np.asarray(-np.log(shares[labels])),
        "accuracy": np.asarray(labels == int(shares.argmax()), np.float64),
    }


def _judge(pairs: Pairs, drawn: int, values: Mapping[str, MetricValues]) -> dict[str, Any]:
    (name,) = set(_LOSSES) & values["model"].keys()
    test = Measured({system: found[name] for system, found in values.items()})
    count = f"{test.count - drawn} held-out pairs" + (f" and {drawn} that were drawn" if drawn else "")
    if test.count < FEWEST:
        why = f"there are {count}: too few to tell (at least {FEWEST} are needed)."
        return _undecided(why, is_first="live" not in values)
    if len(np.unique(pairs.labels)) == 1:
        why = (
            f"all {count} have the label {pairs.labels[0]:g}, so any constant answer is perfect and"
            " nothing can be told."
        )
        return _undecided(why, is_first="live" not in values)
    constant = test.difference("model", "constant")
    live = test.difference("model", "live") if "live" in values else None
    reasons = [] if constant.mean < 0 else ["The new model is no better than a constant answer."]
    if live is not None:
        reasons += behind("The new model", "the live model", live, lower_is_better=True)
    passed = not reasons
    low, high = test.interval("model")
    lines = [
        *reasons,
        f"{count}: {name} {constant.ours:.4f} ({low:.4f} to {high:.4f}), less is better.",
        compared("the best constant answer", constant),
        *([] if live is None else [compared("the live model", live)]),
    ]
    decision = decided(passed=passed, difference=live, lower_is_better=True)
    return _verdict(passed, decision, " ".join(lines))


def _undecided(why: str, *, is_first: bool) -> dict[str, Any]:
    """The verdict where nothing can be measured: a first model goes live, any other does not."""
    then = (
        "No live model has learned such pairs, so the new model goes live."
        if is_first
        else "The live model stays; upload pairs with several labels to uploads/pairs/test/."
    )
    return _verdict(is_first, "too few to tell", f"{why} {then}")


def _verdict(passed: bool, decision: str, reason: str) -> dict[str, Any]:
    return {
        "passed": passed,
        "decision": decision,
        "reason": paragraph(passed=passed, lines=[reason]),
    }
