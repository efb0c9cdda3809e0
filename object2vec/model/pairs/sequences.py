"""Token sequences of different lengths in one flat array: how pairs are read, batched and encoded."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from object2vec.core.arrays import Rows, TokenIds
from object2vec.model.retrieval.forward import ragged_range


@dataclass(frozen=True, slots=True)
class Sequences:
    """n sequences; sequence k owns the next `lengths[k]` tokens."""

    tokens: TokenIds  # (total,)
    lengths: Rows  # (n,)

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def starts(self) -> Rows:
        """(n,) the place in `tokens` where each sequence begins."""
        return np.cumsum(self.lengths) - self.lengths

    def take(self, positions: NDArray[np.int64]) -> "Sequences":
        """The sequences at some positions, repeats allowed."""
        lengths = self.lengths[positions]
        return Sequences(self.tokens[ragged_range(self.starts[positions], lengths)], lengths)


def known_tokens(sequences: Iterable[Sequence[int]], vocab_size: int, max_len: int) -> Sequences:
    """Inference input: unknown tokens and trailing padding are dropped, then each is cut to `max_len`."""
    kept = [
        [token for token in without_padding(sequence) if 0 <= token < vocab_size][:max_len]
        for sequence in sequences
    ]
    lengths = np.fromiter((len(row) for row in kept), np.int64, len(kept))
    return Sequences(np.fromiter((t for row in kept for t in row), np.int32, int(lengths.sum())), lengths)


def without_padding(tokens: Sequence[int]) -> Sequence[int]:
    """The sequence without trailing zeros, which AWS's own examples pad with; a lone 0 is an object.

    A zero in front of another token stays a token, as in AWS's `[0, 12, 10, 13]`."""
    end = len(tokens)
    while end > 1 and tokens[end - 1] == 0:
        end -= 1
    return tokens[:end]
