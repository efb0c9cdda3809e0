"""Attention over the latest items of a session, in numpy. Its output is added to the pooled session vector.

A mean does not know who came after whom; attention does. Each item asks the items before it what they say
about the next one, and an item's answer depends on what it is and on how many items ago it was:

    item      x; before each step below x is scaled to a root mean square of 1
    attend    x += softmax(q · k / √(d / heads) + distance[age]) v   of the latest `reach` items
    think     x += silu(x @ wide) @ narrow
    answer    x @ head                                               of the newest item

Sources: Kang & McAuley 2018, "Self-attentive sequential recommendation" (SASRec); Raffel et al. 2020,
"Exploring the limits of transfer learning" (a learned bias for each distance, instead of positions); Zhang &
Sennrich 2019, "Root mean square layer normalization". It is trained with a sampled softmax over many
negatives, as Klenitskiy & Vasilev 2023, "Turning dross into gold loss", and Petrov & Macdonald 2023,
"gSASRec", recommend. In torch, for training: attention_network.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

from object2vec.core.arrays import Matrix, Vectors

_PREFIX = "attention_"
_SMALLEST = 1e-6  # added to a mean square


@dataclass(frozen=True, slots=True)
class Attention:
    """The learned tables, float32, of B blocks in d dimensions."""

    qkv: Matrix  # (B, d, 3d) queries, keys, values
    out: Matrix  # (B, d, d) from the heads' answers
    distance: Matrix  # (B, heads, reach) by age in items, 0 for the item itself
    wide: Matrix  # (B, d, 2d)
    narrow: Matrix  # (B, 2d, d)
    head: Matrix  # (d, d)

    @classmethod
    def among(cls, tables: Mapping[str, Matrix]) -> "Attention | None":
        """The attention among a model's tables by name; None for a model without attention. Raises ValueError
        for tables that do not belong together."""
        names = [f.name for f in fields(cls)]
        found = {name: tables[_PREFIX + name] for name in names if _PREFIX + name in tables}
        if not found:
            return None
        if len(found) < len(names):
            raise ValueError(f"of the tables of attention there are only {', '.join(found)}")
        attention = cls(**found)
        attention._check()
        return attention

    def named(self) -> dict[str, Matrix]:
        """The tables by the names that they have among a model's."""
        return {_PREFIX + f.name: getattr(self, f.name) for f in fields(self)}

    @property
    def dim(self) -> int:
        """d."""
        return len(self.head)

    @property
    def blocks(self) -> int:
        """B."""
        return len(self.qkv)

    @property
    def reach(self) -> int:
        """Number of latest items that an item sees, itself among them."""
        return int(self.distance.shape[2])

    @property
    def depends_on(self) -> int:
        """Number of a session's latest items that its vector depends on: every block looks further back."""
        return self.blocks * (self.reach - 1) + 1

    def answer(self, items: Vectors) -> Matrix:
        """(d,) what the newest of the items (t, d), oldest first, t ≥ 1, adds to the session's vector."""
        states = _scaled(items[-self.depends_on :])
        for block in range(self.blocks):
            last = block == self.blocks - 1  # where only the newest item's state counts
            states = self._thought(block, self._attended(block, states, 1 if last else len(states)))
        answer: Matrix = _scaled(states[-1:])[0] @ self.head
        return answer

    def _attended(self, block: int, states: Matrix, asking: int) -> Matrix:
        """The latest `asking` states, with what they learned from those before: (asking, d)."""
        count, heads = len(states), self.distance.shape[1]
        width = self.dim // heads
        scaled = _scaled(states)
        queries = scaled[-asking:] @ self.qkv[block, :, : self.dim]
        keys, values = np.split(scaled @ self.qkv[block, :, self.dim :], 2, axis=1)
        by_head = [m.reshape(-1, heads, width).transpose(1, 0, 2) for m in (queries, keys, values)]
        ages = np.arange(count - asking, count)[:, None] - np.arange(count)  # (asking, count)
        seen = (ages >= 0) & (ages < self.reach)
        bias = np.where(seen, self.distance[block][:, np.clip(ages, 0, self.reach - 1)], -np.inf)
        logits = by_head[0] @ by_head[1].transpose(0, 2, 1) / np.float32(np.sqrt(width)) + bias
        shares = np.exp(logits - logits.max(axis=2, keepdims=True))
        shares /= shares.sum(axis=2, keepdims=True)
        answers = (shares @ by_head[2]).transpose(1, 0, 2).reshape(asking, self.dim)
        attended: Matrix = states[-asking:] + answers @ self.out[block]
        return attended

    def _thought(self, block: int, states: Matrix) -> Matrix:
        inner = _scaled(states) @ self.wide[block]
        thought: Matrix = states + inner / (1 + np.exp(-inner)) @ self.narrow[block]
        return thought

    def _check(self) -> None:
        blocks, dim = len(self.qkv), len(self.head)
        expected = {
            "qkv": (blocks, dim, 3 * dim),
            "out": (blocks, dim, dim),
            "distance": (blocks, *self.distance.shape[1:]),
            "wide": (blocks, dim, 2 * dim),
            "narrow": (blocks, 2 * dim, dim),
            "head": (dim, dim),
        }
        wrong = [name for name, shape in expected.items() if getattr(self, name).shape != shape]
        if wrong or self.distance.ndim != 3 or dim % self.distance.shape[1]:
            raise ValueError(f"the tables of attention have shapes that do not fit ({', '.join(wrong)})")


def _scaled(states: Matrix) -> Matrix:
    """Rows with a root mean square of 1."""
    size = np.sqrt((states * states).mean(axis=1, keepdims=True, dtype=np.float32) + np.float32(_SMALLEST))
    scaled: Matrix = states / size
    return scaled
