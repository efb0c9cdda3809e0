"""evaluation.json of a pair model: metrics on held-out pairs, a constant answer beside it, the gate."""

from pathlib import Path
from typing import Any

import numpy as np
import torch

from object2vec.model.pairs.artefact import PairManifest, read_pair_artefact
from object2vec.model.pairs.network import PairNetwork
from object2vec.model.pairs.sequences import Sequences
from object2vec.training.pairs.cluster import Cluster
from object2vec.training.pairs.data import Limits, Pairs, read_pairs
from object2vec.training.pairs.metrics import evaluate, loss_of

Metrics = dict[str, float]


def evaluate_pairs(channel: Path, model: Path, live: Path | None) -> dict[str, Any]:
    """`channel` holds the held-out pairs, `model` and `live` are artefacts of pair models; without a live one
    of the same task a constant answer alone is to be beaten. Raises PairDataError or ArtefactError."""
    manifest, network = read_pair_artefact(model)
    pairs = read_pairs(channel, Limits(classes=manifest.shape.classes or None))
    metrics = {"model": _metrics(network, pairs), "constant": _constant(manifest, pairs)}
    if live is not None:
        other, live_network = read_pair_artefact(live)
        if other.shape.classes == manifest.shape.classes:
            metrics["live"] = _metrics(live_network, pairs)
    passed, reason = _judge(metrics)
    return {
        "gate": {"passed": passed, "reason": reason},
        "metrics": metrics,
        "protocol": {"pairs": len(pairs), "model": manifest.version},
    }


def _metrics(network: PairNetwork, pairs: Pairs) -> Metrics:
    """Ids beyond the vocabulary, which training has not seen, are left out as at the endpoint."""
    sides = tuple(
        _known(pairs, side, encoder.vocab_size)
        for side, encoder in enumerate((network.shape.enc0, network.shape.enc1))
    )
    known = Pairs(pairs.labels, (sides[0], sides[1]))
    return evaluate(network, known, Cluster(), torch.device("cpu"))


def _known(pairs: Pairs, side: int, size: int) -> Sequences:
    sequences = pairs.sides[side]
    kept = sequences.tokens < size
    owners = np.repeat(np.arange(len(sequences)), sequences.lengths)
    lengths = np.bincount(owners[kept], minlength=len(sequences)).astype(np.int64)
    return Sequences(sequences.tokens[kept], lengths)


def _constant(manifest: PairManifest, pairs: Pairs) -> Metrics:
    """What the training labels alone would answer: their mean, or their frequencies."""
    labels = manifest.data["labels"]
    if not manifest.shape.classes:
        return {"mean_squared_error": float(np.mean((pairs.labels - labels["mean"]) ** 2))}
    shares = np.array(labels["shares"])
    right = shares[pairs.labels.astype(np.int64)]
    most = int(shares.argmax())
    return {
        "cross_entropy": float(-np.log(np.maximum(right, 1e-12)).mean()),
        "accuracy": float((pairs.labels == most).mean()),
    }


def _judge(metrics: dict[str, Metrics]) -> tuple[bool, str]:
    (name,) = {"cross_entropy", "mean_squared_error"} & metrics["model"].keys()
    mine = loss_of(metrics["model"])
    others = {system: loss_of(values) for system, values in metrics.items() if system != "model"}
    passed = all(mine < other for other in others.values())
    compared = ", ".join(f"{system} {value:.4f}" for system, value in others.items())
    return passed, f"{'passed' if passed else 'refused'}: {name} {mine:.4f}; to stay below: {compared}"
