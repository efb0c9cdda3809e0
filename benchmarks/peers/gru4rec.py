"""A compact GRU4Rec (Hidasi et al. 2016, "Session-based recommendations with recurrent neural networks").

It is trained with the full softmax over the catalogue and tied item vectors, its strong form on small
data.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from object2vec.core.arrays import Matrix, Rows
from object2vec.training.ranking_metrics import Scorer


class GRU4Rec(nn.Module):
    """Item vectors → GRU → scores of every item."""

    def __init__(self, items: int, dim: int, dropout: float) -> None:
        super().__init__()
        self.vectors = nn.Embedding(items + 1, dim, padding_idx=items)
        self.gru = nn.GRU(dim, dim, batch_first=True)
        self.out = nn.Linear(dim, dim)
        self.bias = nn.Parameter(torch.zeros(items))
        self.dropout = nn.Dropout(dropout)
        nn.init.normal_(self.vectors.weight, std=0.05)

    def forward(self, sessions: Tensor) -> Tensor:
        """(n, t) items → (n, t, d) the prediction after each item."""
        states, _ = self.gru(self.dropout(self.vectors(sessions)))
        hidden: Tensor = self.out(self.dropout(states))
        return hidden

    def scores(self, hidden: Tensor) -> Tensor:
        """(…, d) states → (…, items) scores."""
        return functional.linear(hidden, self.vectors.weight[:-1], self.bias)


def gru4rec(
    sequences: Sequence[Rows],
    histories: Sequence[Rows],
    items: int,
    *,
    seed: int,
    epochs: int = 20,
    dim: int = 64,
    dropout: float = 0.3,
    length: int = 100,
    batch: int = 32,
    learning_rate: float = 2e-3,
) -> Scorer:
    """Trains on sequences of items, oldest first, in pieces of `length`, and ranks what follows histories."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    model = GRU4Rec(items, dim, dropout)
    optimizer = torch.optim.Adam(model.parameters(), learning_rate)
    model.train()
    for _ in range(epochs):
        pieces = _pieces(sequences, length, items, rng)
        for chosen in np.array_split(rng.permutation(len(pieces)), -(-len(pieces) // batch)):
            rows = torch.from_numpy(pieces[chosen])
            target = rows[:, 1:]
            known = target < items
            hidden = model(rows[:, :-1])[known]
            loss = functional.cross_entropy(model.scores(hidden), target[known])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    return _scorer(model.eval(), histories, items, length)


def _pieces(sequences: Sequence[Rows], length: int, padding: int, rng: np.random.Generator) -> Rows:
    """(n, length + 1) pieces of the sequences, cut at a new random offset; neighbouring pieces share one
    item."""
    rows = []
    for sequence in sequences:
        starts = range(-int(rng.integers(length)), len(sequence) - 1, length)
        pieces = [sequence[max(start, 0) : start + length + 1] for start in starts]
        rows += [np.pad(p, (0, length + 1 - len(p)), constant_values=padding) for p in pieces if len(p) > 1]
    return np.stack(rows)


def _scorer(model: GRU4Rec, histories: Sequence[Rows], items: int, length: int) -> Scorer:
    def score(at: Rows) -> Matrix:
        recent = [histories[user][-length:] for user in at]
        rows = np.stack([np.pad(r, (0, length - len(r)), constant_values=items) for r in recent])
        last = torch.tensor([len(r) - 1 for r in recent])
        with torch.no_grad():
            hidden = model(torch.from_numpy(rows))[torch.arange(len(rows)), last]
            scores: Matrix = model.scores(hidden).numpy()
        return scores

    return score
