"""SASRec (Kang & McAuley 2018) as published tables have it today: learned positions, causal self-attention, a
sampled softmax over many negatives (Klenitskiy & Vasilev 2023, "Turning dross into gold loss")."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from object2vec.core.arrays import Matrix, Rows
from object2vec.training.ranking_metrics import Scorer

_BATCH = 128  # sequences


class SASRec(nn.Module):
    """Item and position vectors → blocks → states, compared with the same item vectors."""

    def __init__(self, items: int, *, dim: int, blocks: int, heads: int, dropout: float, length: int) -> None:
        super().__init__()
        self.items, self.length, self.dim = items, length, dim
        self.vectors = nn.Embedding(items + 1, dim, padding_idx=items)
        self.places = nn.Embedding(length, dim)
        layer = nn.TransformerEncoderLayer(
            dim, heads, dim, dropout, batch_first=True, norm_first=True, activation="gelu"
        )
        self.encoder = nn.TransformerEncoder(layer, blocks, nn.LayerNorm(dim), enable_nested_tensor=False)
        self.dropout = nn.Dropout(dropout)
        nn.init.normal_(self.vectors.weight, std=0.02)
        nn.init.normal_(self.places.weight, std=0.02)

    def forward(self, sessions: Tensor) -> Tensor:
        """(n, t) items, oldest first, padded at the end → (n, t, d)."""
        count = sessions.shape[1]
        states = self.vectors(sessions) * self.dim**0.5 + self.places.weight[:count]
        mask = nn.Transformer.generate_square_subsequent_mask(count)
        hidden: Tensor = self.encoder(self.dropout(states), mask=mask, is_causal=True)
        return hidden


def sasrec(
    sequences: Sequence[Rows],
    histories: Sequence[Rows],
    items: int,
    *,
    seed: int,
    epochs: int,
    dim: int = 64,
    blocks: int = 2,
    heads: int = 2,
    dropout: float = 0.5,
    length: int = 50,
    negatives: int = 1_024,
    learning_rate: float = 1e-3,
    after_epoch: Callable[[int, Scorer], None] = lambda _, __: None,
) -> Scorer:
    """Trains on the latest `length` items of sequences, oldest first, and ranks what follows histories.
    `after_epoch` is told each epoch, from 1, and how the model ranks then."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    model = SASRec(items, dim=dim, blocks=blocks, heads=heads, dropout=dropout, length=length)
    optimizer = torch.optim.Adam(model.parameters(), learning_rate, betas=(0.9, 0.98))
    kept = [sequence[-length - 1 :] for sequence in sequences if len(sequence) > 1]
    lengths = np.array([len(sequence) for sequence in kept])
    scorer = _scorer(model, histories)
    for epoch in range(1, epochs + 1):
        model.train()
        order = np.argsort(lengths + rng.random(len(kept)) * 4)  # those of a batch are about equally long
        batches = np.array_split(order, -(-len(order) // _BATCH))
        for at in rng.permutation(len(batches)).tolist():
            rows = _padded([kept[sequence] for sequence in batches[at].tolist()], items)
            target = rows[:, 1:]
            known = target < items
            states = model(rows[:, :-1])[known]
            drawn = torch.from_numpy(rng.integers(0, items, negatives))
            loss = _sampled_softmax(states, target[known], drawn, model.vectors.weight)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        after_epoch(epoch, scorer)
    return scorer


def _sampled_softmax(states: Tensor, target: Tensor, drawn: Tensor, vectors: Tensor) -> Tensor:
    positive = (states * vectors[target]).sum(dim=1, keepdim=True)
    negative = states @ vectors[drawn].T
    negative = negative.masked_fill(target[:, None] == drawn, -torch.inf)
    zeros = torch.zeros(len(target), dtype=torch.long)
    return functional.cross_entropy(torch.cat([positive, negative], dim=1), zeros)


def _padded(sequences: Sequence[Rows], padding: int) -> Tensor:
    width = max(len(sequence) for sequence in sequences)
    rows = np.full((len(sequences), width), padding)
    for row, sequence in zip(rows, sequences, strict=True):
        row[: len(sequence)] = sequence
    return torch.from_numpy(rows)


def _scorer(model: SASRec, histories: Sequence[Rows]) -> Scorer:
    def score(at: Rows) -> Matrix:
        model.eval()
        recent = [histories[user][-model.length :] for user in at.tolist()]
        last = torch.tensor([len(history) - 1 for history in recent])
        with torch.no_grad():
            states = model(_padded(recent, model.items))[torch.arange(len(recent)), last]
            scores: Matrix = (states @ model.vectors.weight[:-1].T).numpy()
        return scores

    return score
