"""Finds data from which nothing can be learned, before and after training."""

import numpy as np
import torch

from object2vec.model.pairs.network import PairNetwork, TokenBatch
from object2vec.training.pairs.data import PairDataError, Pairs

_SAMPLE = 512
_SAME = 1e-6


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
