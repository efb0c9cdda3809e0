"""Task "categories": predicts a metadata field of an item from its text, on the embeddings as trained.

It is trained after the other tasks and does not change the table of words, so search and recommendation stay
as they are. A tenth of the items is held out to choose the number of epochs and the temperature. Then the
heads are trained for as many epochs on all items.
"""

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from object2vec.core.arrays import Rows
from object2vec.model.retrieval.categories import gram_bags
from object2vec.model.retrieval.forward import Bags, Weights, pool, unit
from object2vec.training.dataset import Catalogue
from object2vec.training.features import ItemFeatures, distinct_codes
from object2vec.training.progress import tracked

MAX_VALUE = 200  # characters; longer is prose
BUCKETS, GRAM_DIM = 32_768, 64
FEWEST_ITEMS = 20
_BATCH, _EPOCHS, _RATE, _PATIENCE = 256, 15, 0.03, 3
_FINAL_RATE = 0.02  # share of the rate that is left at the end
_FEWEST_STEPS = 16  # of an epoch: a small catalogue takes smaller batches
_HELD_OUT = 0.1
_DROPOUT = 0.1
_BETA1, _BETA2, _EPSILON = 0.9, 0.999, 1e-8  # of Adam on the grams, as torch.optim has them


@dataclass(frozen=True, slots=True)
class CategoryExamples:
    """n distinct pairs of a text and its category; `counts` items have each."""

    texts: Rows  # (n,) into the distinct texts
    labels: Rows  # (n,) into `names`
    counts: NDArray[np.float32]  # (n,)
    names: list[str]


def examples_of(catalogue: Catalogue, features: ItemFeatures, field: str) -> CategoryExamples:
    """The examples: items with words and with a short text in `field`."""
    values = [metadata.get(field) for metadata in catalogue.metadata]
    usable = [isinstance(v, str) and 0 < len(v.strip()) <= MAX_VALUE for v in values]
    items = np.flatnonzero(np.array(usable, bool) & (features.words.lengths[features.text_of] > 0))
    labels, names = distinct_codes([str(values[item]).strip() for item in items.tolist()])
    pairs = features.text_of[items] * max(len(names), 1) + labels
    distinct, counts = np.unique(pairs, return_counts=True)
    texts, labels = np.divmod(distinct, max(len(names), 1))
    return CategoryExamples(texts, labels, counts.astype(np.float32), names)


def with_categories(
    weights: Weights, catalogue: Catalogue, features: ItemFeatures, field: str, seed: int
) -> tuple[Weights, Mapping[str, Any]]:
    """The weights with heads for `field`, and what the manifest says of them; unchanged and {} where the
    catalogue has fewer than two categories, or too few items. Says so in the log."""
    examples = examples_of(catalogue, features, field)
    if len(examples.names) < 2 or examples.counts.sum() < FEWEST_ITEMS:
        print(f"no categories: fewer than 2 values or {FEWEST_ITEMS} items with a text in field {field!r}")
        return weights, {}
    start = time.monotonic()
    learner = _Learner(weights, features, examples, np.random.default_rng(seed))
    measured = learner.train()
    print(
        f"categories: {len(examples.names)} values of {field!r}, accuracy {measured['accuracy']:.4f} on items"
        f" held out, {time.monotonic() - start:.0f} s"
    )
    return replace(weights, **learner.export()), {"field": field, "labels": examples.names, **measured}


class _Network(nn.Module):
    """Logits from the shared embedding (n, d) and the bag of hashed words and pairs. `grams` holds no
    gradient: `_GramRows` does, for the rows of one batch."""

    def __init__(self, dim: int, classes: int) -> None:
        super().__init__()
        self.grams = nn.EmbeddingBag(BUCKETS, GRAM_DIM, mode="sum").requires_grad_(requires_grad=False)
        nn.init.uniform_(self.grams.weight, -1 / GRAM_DIM, 1 / GRAM_DIM)
        self.words = nn.Parameter(torch.zeros(dim, classes))
        self.head = nn.Parameter(torch.zeros(GRAM_DIM, classes))
        self.bias = nn.Parameter(torch.zeros(classes))

    def forward(self, words: Tensor, grams: "_GramRows") -> Tensor:
        pooled = functional.dropout(grams.pooled(), _DROPOUT, self.training)
        logits: Tensor = functional.dropout(words, _DROPOUT, self.training) @ self.words
        return logits + pooled @ self.head + self.bias


class _GramRows:
    """The rows of the table that one batch of bags reads, as a leaf tensor (r, GRAM_DIM)."""

    def __init__(self, table: Tensor, bags: Bags) -> None:
        used = np.zeros(len(table), np.bool_)
        used[bags.rows] = True
        rows = np.flatnonzero(used)
        place = np.empty(len(table), np.int64)
        place[rows] = np.arange(len(rows))
        self.rows = torch.from_numpy(rows)
        self.vectors = table.index_select(0, self.rows).requires_grad_(torch.is_grad_enabled())
        self._members = torch.from_numpy(place[bags.rows])
        self._starts, self._weights = torch.from_numpy(bags.starts), torch.from_numpy(bags.weights)

    def pooled(self) -> Tensor:
        """(n, GRAM_DIM)"""
        return functional.embedding_bag(
            self._members, self.vectors, self._starts, mode="sum", per_sample_weights=self._weights
        )


class _GramAdam:
    """`torch.optim.SparseAdam` on the rows that a batch read, with the same numbers in a third of the time:
    the rows are gathered once, not looked up again in sparse tensors."""

    def __init__(self, table: Tensor) -> None:
        self._table = table
        self._first, self._second = torch.zeros_like(table), torch.zeros_like(table)
        self._steps = 0

    @torch.no_grad()
    def step(self, rows: _GramRows, rate: float) -> None:
        """Updates the rows by their gradient."""
        self._steps += 1
        if rows.vectors.grad is None or not len(rows.rows):
            return
        gradient = rows.vectors.grad
        first = self._first.index_select(0, rows.rows)
        first += (gradient - first).mul_(1 - _BETA1)
        second = self._second.index_select(0, rows.rows)
        second += gradient.square().sub_(second).mul_(1 - _BETA2)
        self._first.index_copy_(0, rows.rows, first)
        self._second.index_copy_(0, rows.rows, second)
        size = rate * math.sqrt(1 - _BETA2**self._steps) / (1 - _BETA1**self._steps)
        moved = first.div_(second.sqrt_().add_(_EPSILON)).mul_(-size).add_(rows.vectors)
        self._table.index_copy_(0, rows.rows, moved)


class _Learner:
    """One training on one catalogue."""

    def __init__(
        self, weights: Weights, features: ItemFeatures, examples: CategoryExamples, rng: np.random.Generator
    ) -> None:
        torch.manual_seed(int(rng.integers(2**31)))
        self._examples, self._rng = examples, rng
        bags = features.words
        self._words = torch.from_numpy(unit(pool(weights.words, bags)))
        self._grams = gram_bags(bags.rows, bags.lengths, BUCKETS)
        self._network = _Network(weights.words.shape[1], len(examples.names))
        self._held_out = rng.binomial(examples.counts.astype(np.int64), _HELD_OUT).astype(np.float32)
        self._train = examples.counts - self._held_out
        self._temperature = 1.0

    def train(self) -> dict[str, float]:
        """Trains until the held-out loss is best, then as many epochs on everything; returns what was
        measured before that."""
        fresh = self._state()
        best, chosen, kept = float("inf"), 0, fresh
        for epoch in self._epochs(self._train):
            loss = _weighted_loss(*self._validation()).item()
            if loss < best:
                best, chosen, kept = loss, epoch, self._state()
            if epoch - chosen >= _PATIENCE:
                break
        self._network.load_state_dict(kept)
        logits, labels, counts = self._validation()
        self._temperature = _temperature(logits, labels, counts)
        right = (logits.argmax(dim=1) == labels).float()
        self._network.load_state_dict(fresh)
        for _ in islice(self._epochs(self._examples.counts), chosen):
            pass
        return {"accuracy": float((right * counts).sum() / counts.sum())}

    def export(self) -> dict[str, NDArray[np.float32]]:
        """The tables of `Weights`, divided by the temperature."""
        state = {name: table.numpy() for name, table in self._state().items()}
        heads = {name: state[name] / self._temperature for name in ("words", "head", "bias")}
        tables = {"grams": state["grams.weight"], **heads}
        return {f"category_{name}": table.astype(np.float32) for name, table in tables.items()}

    def _epochs(self, counts: NDArray[np.float32]) -> Iterator[int]:
        """Learns from the examples' `counts` (n,), an epoch at each step; yields how many there were."""
        network = self._network
        optimizer = torch.optim.Adam([network.words, network.head, network.bias], lr=_RATE)
        gram_optimizer = _GramAdam(network.grams.weight)
        distinct = int(np.count_nonzero(counts))
        batch = max(1, min(_BATCH, distinct // _FEWEST_STEPS))
        steps = _EPOCHS * -(-distinct // batch)
        taken = 0
        for epoch in tracked(range(1, _EPOCHS + 1), "categories"):
            network.train()
            order = self._rng.permutation(np.flatnonzero(counts))
            for at in range(0, len(order), batch):
                network.zero_grad()
                chosen = order[at : at + batch]
                grams = self._gram_rows(chosen)
                loss = _weighted_loss(self._logits(chosen, grams), *self._asked(chosen, counts))
                loss.backward()  # type: ignore[no-untyped-call]
                rate = optimizer.param_groups[0]["lr"] = _RATE * max(_FINAL_RATE, 1 - taken / steps)
                optimizer.step()
                gram_optimizer.step(grams, rate)
                taken += 1
            yield epoch

    @torch.no_grad()
    def _validation(self) -> tuple[Tensor, Tensor, Tensor]:
        self._network.eval()
        counts = self._held_out if self._held_out.any() else self._train
        chosen = np.flatnonzero(counts)
        return self._logits(chosen, self._gram_rows(chosen)), *self._asked(chosen, counts)

    def _gram_rows(self, chosen: Rows) -> _GramRows:
        return _GramRows(self._network.grams.weight, self._grams.take(self._examples.texts[chosen]))

    def _logits(self, chosen: Rows, grams: _GramRows) -> Tensor:
        texts = torch.from_numpy(self._examples.texts[chosen])
        logits: Tensor = self._network(self._words.index_select(0, texts), grams)
        return logits

    def _asked(self, chosen: Rows, counts: NDArray[np.float32]) -> tuple[Tensor, Tensor]:
        """The labels of some examples, and their weights."""
        return torch.from_numpy(self._examples.labels[chosen]), torch.from_numpy(counts[chosen])

    def _state(self) -> dict[str, Tensor]:
        return {name: table.detach().clone() for name, table in self._network.state_dict().items()}


def _weighted_loss(logits: Tensor, labels: Tensor, counts: Tensor) -> Tensor:
    losses = functional.cross_entropy(logits, labels, reduction="none")
    return (losses * counts).sum() / counts.sum()


def _temperature(logits: Tensor, labels: Tensor, counts: Tensor) -> float:
    """The divisor of the logits with the least loss, from a grid: the loss is convex in its inverse."""
    grid = np.geomspace(0.2, 5.0, 65).tolist()
    losses = [_weighted_loss(logits / divisor, labels, counts).item() for divisor in grid]
    return float(grid[int(np.argmin(losses))])
