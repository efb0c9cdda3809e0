"""forward.py and items.py in torch, for training: two towers over one shared table of word and item rows.

A step touches a few thousand of the table's rows. They are gathered into one small leaf tensor; autograd, the
softmax and the optimiser work on that alone, and the cost of a step does not depend on the table's size.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from object2vec.core.arrays import Mask, Matrix, Rows
from object2vec.model.retrieval.forward import SMALLEST_SQUARE, Attention, Bags, Weights, mean_bags
from object2vec.model.retrieval.items import CompiledItems, Standardisation


class LocalRows:
    """The rows that one step needs, as a leaf tensor (r, d), and where each table row went in it."""

    def __init__(
        self,
        table: Tensor,
        place: Tensor,
        needed: Sequence[Tensor],
        vector_head: Tensor | None = None,
        vector_bias: Tensor | None = None,
    ) -> None:
        used = np.zeros(len(table), bool)
        for rows in needed:
            used[rows.numpy()] = True
        self.rows = torch.from_numpy(np.flatnonzero(used)).to(table.device)  # (r,) table rows
        self.vector_head, self.vector_bias = vector_head, vector_bias
        self.vectors = table.index_select(0, self.rows).requires_grad_(torch.is_grad_enabled())  # (r, d)
        self._place = place.index_copy_(0, self.rows, torch.arange(len(self.rows), device=table.device))

    def place(self, rows: Tensor) -> Tensor:
        """Positions in `vectors` of table rows that were asked for, on the table's device."""
        return self._place.index_select(0, rows.to(self._place.device))

    def take(self, rows: Tensor) -> Tensor:
        """The vectors of table rows: (n,) → (n, d)."""
        return functional.embedding(self.place(rows), self.vectors)

    def project(self, vectors: Tensor, wordless: Tensor) -> Tensor:
        """Standardised dense vectors of items: (n, p) → (n, d); `wordless` (n, 1) is 1 where an item has no
        words besides, else 0."""
        assert self.vector_head is not None
        projected = vectors @ self.vector_head
        return projected if self.vector_bias is None else projected + wordless * self.vector_bias


class TwoTowerNetwork(nn.Module):
    """Words (V rows) and items (I rows) in one table, a linear head each for queries and sessions."""

    table: Tensor
    place: Tensor

    def __init__(self, weights: Weights, half_lives: int = 1, dropout: float = 0.0) -> None:
        """`dropout` is that of attention, where the weights have its tables."""
        super().__init__()
        dim = weights.words.shape[1]
        items = np.zeros((0, dim), np.float32) if weights.items is None else weights.items
        self.word_count = len(weights.words)
        self.register_buffer("table", torch.from_numpy(np.concatenate([weights.words, items])))
        self.register_buffer("place", torch.zeros(len(self.table), dtype=torch.long), persistent=False)
        self.query_head = nn.Parameter(_mean(weights.query_head, dim, 1))
        self.session_head = nn.Parameter(_mean(weights.session_head, dim, half_lives))  # (S·d, d)
        bias = weights.session_bias
        self.session_bias = nn.Parameter(torch.zeros(dim) if bias is None else torch.from_numpy(bias.copy()))
        attention = weights.attention
        self.attention = None if attention is None else AttentionNetwork(attention, dropout)
        head = weights.vector_head
        self.vector_head = None if head is None else nn.Parameter(torch.from_numpy(head.copy()))  # (p, d)
        bias = weights.vector_bias
        self.vector_bias = None if bias is None else nn.Parameter(torch.from_numpy(bias.copy()))  # (d,)
        self._standardisation = Standardisation.in_weights(weights)

    def gather(self, needed: Sequence[Tensor]) -> LocalRows:
        """The rows of one step; valid until the next call."""
        return LocalRows(self.table, self.place, needed, self.vector_head, self.vector_bias)

    def query_vectors(self, pooled: Tensor) -> Tensor:
        """(n, d) pooled words → unit vectors."""
        return functional.normalize(pooled @ self.query_head, dim=1)

    def session_vectors(self, pooled: Tensor, answers: Tensor | None = None) -> Tensor:
        """(n, S·d) pooled items, one mean a half-life, and (n, d) of attention → unit vectors (n, d)."""
        projected = pooled @ self.session_head + self.session_bias
        return functional.normalize(projected if answers is None else projected + answers, dim=1)

    def export(self) -> Weights:
        """All learned numbers for `write_artefact`."""
        table = self.table.cpu().numpy()
        return Weights(
            words=table[: self.word_count],
            items=table[self.word_count :] if len(table) > self.word_count else None,
            query_head=_array(self.query_head),
            session_head=_array(self.session_head),
            session_bias=_array(self.session_bias),
            **({} if self.attention is None else self.attention.export()),
            **self._vector_tables(),
        )

    def _vector_tables(self) -> dict[str, Matrix]:
        if self.vector_head is None or self._standardisation is None:
            return {}
        standard, head = self._standardisation, _array(self.vector_head)
        bias = {} if self.vector_bias is None else {"vector_bias": _array(self.vector_bias)}
        return {"vector_head": head, **bias, "vector_mean": standard.mean, "vector_scale": standard.scale}


@dataclass(frozen=True, slots=True)
class ItemPlan:
    """The inputs of a step that computes the vectors of m items."""

    words: Bags  # of the distinct contents among them
    content_of: Tensor  # (m,) into `words`
    rows: Tensor  # (m,) own table rows; 0 where the item has none or it is dropped
    kept: Tensor  # (m, 1) 1.0 where the own row counts, else 0.0
    described: Tensor | None = None  # (k,) which of the m have a dense vector
    dense: Tensor | None = None  # (k, p) these vectors, standardised
    wordless: Tensor | None = None  # (k, 1) 1.0 where an item has nothing besides, else 0.0

    def needed(self) -> list[Tensor]:
        """The table rows to gather."""
        return [torch.from_numpy(self.words.rows.astype(np.int64)), self.rows]

    def vectors(self, local: LocalRows) -> Tensor:
        """(m, d), not normalised."""
        content = functional.embedding(self.content_of, pool_rows(local, self.words))
        sums = content + local.take(self.rows) * self.kept
        if self.described is None or self.dense is None or self.wordless is None:
            return sums
        return sums.index_add(0, self.described, local.project(self.dense, self.wordless).to(sums.dtype))


def plan_items(compiled: CompiledItems, items: Rows, dropped: Mask | None = None) -> ItemPlan:
    """`dropped` (m,): items that must do without their own row, as a new item would (id dropout). An item
    with neither words nor a dense vector always keeps its row."""
    contents, content_of = np.unique(compiled.content_of[items], return_inverse=True)
    rows = compiled.row_of[items]
    kept: Mask = rows >= 0
    if dropped is not None:
        kept &= ~(dropped & compiled.described(items))
    return ItemPlan(
        compiled.content.take(contents),
        torch.from_numpy(content_of),
        torch.from_numpy(np.where(kept, rows, 0)),
        torch.from_numpy(kept.astype(np.float32)[:, None]),
        *_vectors_among(compiled, items),
    )


def plan_vectors(compiled: CompiledItems, items: Rows) -> ItemPlan:
    """A plan for items (m,) by their dense vectors alone, as if they had neither words nor a row."""
    assert compiled.vectors is not None
    count = len(items)
    return ItemPlan(
        mean_bags(np.zeros(0, np.int32), np.zeros(1, np.int64)),
        torch.zeros(count, dtype=torch.long),
        torch.zeros(count, dtype=torch.long),
        torch.zeros((count, 1)),
        torch.arange(count),
        torch.from_numpy(compiled.vectors.matrix[compiled.vectors.of[items]]),
        torch.ones((count, 1)),
    )


def _vectors_among(
    compiled: CompiledItems, items: Rows
) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
    if compiled.vectors is None:
        return None, None, None
    places = compiled.vectors.of[items]
    described = np.flatnonzero(places >= 0)
    wordless = compiled.wordless[items[described]].astype(np.float32)[:, None]
    dense = compiled.vectors.matrix[places[described]]
    return torch.from_numpy(described), torch.from_numpy(dense), torch.from_numpy(wordless)


def pool_rows(local: LocalRows, bags: Bags) -> Tensor:
    """Weighted sums of table rows: (n, d)."""
    rows = local.place(torch.from_numpy(bags.rows.astype(np.int64)))
    weights, starts = (torch.from_numpy(part).to(rows.device) for part in (bags.weights, bags.starts))
    return pool_vectors(local.vectors, rows, weights, starts)


def pool_vectors(vectors: Tensor, members: Tensor, weights: Tensor, starts: Tensor) -> Tensor:
    """Weighted sums of `vectors` (m, d): bag k sums members[starts[k] : starts[k + 1]] → (n, d)."""
    if not len(members):
        return vectors.new_zeros((len(starts), vectors.shape[1]))
    return functional.embedding_bag(members, vectors, starts, mode="sum", per_sample_weights=weights)


def _array(table: Tensor) -> Matrix:
    array: Matrix = table.detach().cpu().numpy()
    return array


def _mean(head: Matrix | None, dim: int, blocks: int) -> Tensor:
    """(blocks·d, d), a head that starts as the mean of its blocks."""
    return torch.eye(dim).repeat(blocks, 1) / blocks if head is None else torch.from_numpy(head.copy())


class AttentionNetwork(nn.Module):
    """`Attention` in torch: every item of a window asks the items before it. `dropout` is the share of
    numbers left out of each step's input and output while training (Srivastava et al. 2014)."""

    def __init__(self, tables: Attention, dropout: float = 0.0) -> None:
        super().__init__()
        self.tables = nn.ParameterDict(
            {name: nn.Parameter(torch.from_numpy(table.copy())) for name, table in tables.named().items()}
        )
        self.heads, self.reach = tables.distance.shape[1:]
        self.depends_on = tables.depends_on
        self._blocks, self._dropout = tables.blocks, dropout

    def forward(self, items: Tensor) -> Tensor:
        """(u, t, d) items of windows, oldest first → (u, t, d) what each adds to the vector of the session
        that ends with it. What comes after an item, padding too, does not change its answer."""
        states = self._dropped(_scaled(items))
        bias = self._bias(items.shape[1])
        for block in range(self._blocks):
            states = states + self._dropped(self._attended(block, states, bias[block]))
            inner = _scaled(states) @ self._table("wide")[block]
            states = states + self._dropped(functional.silu(inner) @ self._table("narrow")[block])
        answers: Tensor = _scaled(states) @ self._table("head")
        return answers

    def export(self) -> dict[str, Matrix]:
        """The tables by name, for `Weights`."""
        return {name: _array(table) for name, table in self.tables.items()}

    def _attended(self, block: int, states: Tensor, bias: Tensor) -> Tensor:
        windows, count, dim = states.shape
        joint = _scaled(states) @ self._table("qkv")[block]
        queries, keys, values = joint.view(windows, count, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        logits = queries @ keys.transpose(2, 3) / math.sqrt(dim // self.heads) + bias
        answers = (self._dropped(logits.softmax(dim=3)) @ values).transpose(1, 2)
        attended: Tensor = answers.reshape(windows, count, dim) @ self._table("out")[block]
        return attended

    def _bias(self, count: int) -> Tensor:
        """(B, heads, count, count) by the distance of an item from the asking one; -inf for what it must not
        see."""
        distance = self._table("distance")
        places = torch.arange(count, device=distance.device)
        ages = places[:, None] - places
        hidden = (ages < 0) | (ages >= self.reach)
        return distance[:, :, ages.clamp(0, self.reach - 1)].masked_fill(hidden, -torch.inf)

    def _table(self, name: str) -> Tensor:
        table: Tensor = self.tables[f"attention_{name}"]
        return table

    def _dropped(self, states: Tensor) -> Tensor:
        return functional.dropout(states, self._dropout, self.training)


def _scaled(states: Tensor) -> Tensor:
    return states * torch.rsqrt(states.square().mean(dim=-1, keepdim=True) + SMALLEST_SQUARE)
