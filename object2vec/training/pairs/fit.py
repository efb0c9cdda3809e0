"""Trains a pair model's artefact from the channels of a training job."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from object2vec.core.pairs import CHANNELS
from object2vec.model.pairs.artefact import PairManifest, Vocabularies, write_pair_artefact
from object2vec.model.pairs.network import PairNetwork, TokenBatch
from object2vec.training.cluster import Cluster
from object2vec.training.pairs.batches import with_drawn_negatives
from object2vec.training.pairs.data import Limits, PairDataError, Pairs, Sizes, read_pairs, sizes_of
from object2vec.training.pairs.hyperparameters import PairHyperparameters
from object2vec.training.pairs.loop import PairTrainer
from object2vec.training.pairs.metrics import evaluate, metric_lines
from object2vec.training.pairs.pretrained import load_pretrained, load_vocabularies

_SAMPLE = 512
_SAME = 1e-6


def fit_pairs(
    channels: Path,
    out: Path,
    checkpoints: Path,
    settings: PairHyperparameters,
    *,
    cluster: Cluster,
    say: Callable[[str], None] = print,
) -> PairManifest | None:
    """Trains on `channels`/{train,validation,test,auxiliary} and writes the artefact to `out`; None in the
    processes that do not lead. Raises PairDataError."""
    data, sizes = _read(channels, settings, cluster)
    train, measured = data["train"], _measured(data, settings)
    check_trainable(train, negatives=settings.negative_sampling_rate)
    torch.manual_seed(settings.seed)
    vocabularies = load_vocabularies(channels / "auxiliary", settings, sizes.vocab_sizes)
    network = _network(channels, settings, sizes, train, vocabularies)
    if cluster.leads:
        _introduce(network, data, say)
    network.to(cluster.device)
    prints = {name: pairs.fingerprint() for name, pairs in data.items()}
    trainer = PairTrainer(
        network,
        train,
        measured.get("validation"),
        settings,
        cluster=cluster,
        checkpoints=checkpoints,
        identity=_identity(settings, prints),
    )
    result = trainer.run()
    check_encodings(network, train, cluster.device)
    metrics = {n: evaluate(network, pairs, cluster, cluster.device) for n, pairs in measured.items()}
    if not cluster.leads:
        return None
    for line in metric_lines(cluster.host, "test", metrics.get("test", {})):
        say(line)
    say(f"{result.epochs} epochs, {result.pairs / max(result.seconds, 1e-9):,.0f} pairs/s")
    described = {"fingerprints": prints, "pairs": {name: len(pairs) for name, pairs in data.items()}}
    return write_pair_artefact(
        out,
        network,
        hyperparameters=settings.model_dump(),
        data=described | {"labels": _labels(train, network.shape.classes)},
        metrics=metrics | {"history": result.history},
        vocabularies=vocabularies,
    )


def _read(channels: Path, settings: PairHyperparameters, cluster: Cluster) -> tuple[dict[str, Pairs], Sizes]:
    limits = Limits(
        vocab_sizes=(settings.of(0, "vocab_size"), settings.of(1, "vocab_size")),
        max_seq_lens=(settings.of(0, "max_seq_len"), settings.of(1, "max_seq_len")),
        classes=None if settings.regression else settings.num_classes,
    )
    data = {n: read_pairs(channels / n, limits) for n in CHANNELS if n == "train" or (channels / n).is_dir()}
    cluster.check_same(" ".join(pairs.fingerprint() for pairs in data.values()))
    return data, sizes_of(list(data.values()), limits, tied=settings.tied_token_embedding_weight)


def _measured(data: dict[str, Pairs], settings: PairHyperparameters) -> dict[str, Pairs]:
    """The pairs that are measured after every epoch, with negatives where the training draws some."""
    rate = 0 if settings.regression else settings.negative_sampling_rate
    held_out = {name: pairs for name, pairs in data.items() if name != "train"}
    return {name: with_drawn_negatives(pairs, data["train"], rate) for name, pairs in held_out.items()}


def _network(
    channels: Path, settings: PairHyperparameters, sizes: Sizes, train: Pairs, vocabularies: Vocabularies
) -> PairNetwork:
    network = PairNetwork(settings.shape(sizes.vocab_sizes, sizes.max_seq_lens))
    drawn = settings.negative_sampling_rate * int((train.labels > 0).sum())  # label 0, at every epoch
    network.start_from(torch.from_numpy(np.append(train.labels, np.zeros(drawn, np.float32))))
    for side, encoder in enumerate((network.enc0, network.enc1)):
        if side == 0 or not settings.tied_token_embedding_weight:
            load_pretrained(encoder, side, channels / "auxiliary", settings, vocabularies[side])
    return network


def _introduce(network: PairNetwork, data: dict[str, Pairs], say: Callable[[str], None]) -> None:
    shape = network.shape
    sizes = ", ".join(f"{len(pairs):,} {name}" for name, pairs in data.items())
    numbers = sum(parameter.numel() for parameter in network.parameters())
    say(
        f"pairs: {sizes}; {shape.enc0.network} of {shape.enc0.vocab_size:,} ids and {shape.enc1.network} of"
        f" {shape.enc1.vocab_size:,}, enc_dim {shape.enc_dim}, {numbers:,} parameters"
    )
    padded = sum(pairs.padded for pairs in data.values())
    if padded:
        say(
            f"{padded:,} sequences end in id 0, which is taken for padding there: if 0 is an object of yours,"
            " number from 1"
        )


def _labels(train: Pairs, classes: int) -> dict[str, Any]:
    """The labels' mean or shares, for the gate's constant answer."""
    if not classes:
        return {"mean": float(train.labels.mean())}
    counts = np.bincount(train.labels.astype(np.int64), minlength=classes)
    return {"shares": (counts / len(train)).tolist()}


def _identity(settings: PairHyperparameters, prints: dict[str, str]) -> str:
    """The data and settings that a checkpoint belongs to, without the number of epochs, which may grow."""
    values = {name: value for name, value in settings.model_dump().items() if name != "epochs"}
    return hashlib.sha256(f"{sorted(values.items())}{sorted(prints.items())}".encode()).hexdigest()


def check_trainable(train: Pairs, *, negatives: int) -> None:
    """Raises PairDataError where all labels, or all pairs, are the same."""
    first = float(train.labels[0])
    alone = bool((train.labels == first).all())
    if alone and not (negatives and first > 0):
        raise PairDataError(
            f"every label of the train channel is {first:g}: add pairs with another label, or positive pairs"
            " (label 1) with negative_sampling_rate=3, say"
        )
    if all(_one_sequence(train, side) for side in (0, 1)):
        raise PairDataError("all pairs of the train channel are the same one: there is nothing to tell apart")


def check_encodings(network: PairNetwork, pairs: Pairs, device: torch.device) -> None:
    """Raises PairDataError where the encoders answer the same vector whatever comes in."""
    sample = pairs.take(np.arange(min(len(pairs), _SAMPLE)))
    for side in (0, 1):
        if _one_sequence(sample, side):
            continue
        with torch.no_grad():
            vectors = network.encode(side, TokenBatch.of(sample.sides[side], device)).float()
        if float((vectors - vectors[0]).abs().max()) > _SAME * max(1.0, float(vectors.abs().max())):
            return
    raise PairDataError(
        "the encoders give every object the same vector: lower learning_rate or weight_decay, or try another"
        " enc0_network"
    )


def _one_sequence(pairs: Pairs, side: int) -> bool:
    sequences = pairs.sides[side]
    length = int(sequences.lengths[0])
    if not (sequences.lengths == length).all():
        return False
    rows = sequences.tokens.reshape(len(pairs), length)
    return bool((rows == rows[0]).all())
