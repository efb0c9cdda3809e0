"""The retrieval model in numpy: what it has learned, and how queries and sessions become vectors.

Three files, to be read in one sitting: this one, then items.py (items), then network.py (the same in torch,
for training). An object is a bag: a weighted sum of rows of one table. The table holds the V word rows
first and one row per known item after them: row V + i is item i. The two towers are Object2Vec's enc0 and
enc1 with pooled embeddings (Wieting et al. 2016, arXiv:1511.08198) and tied tokens:
https://docs.aws.amazon.com/sagemaker/latest/dg/object2vec.html.

    query    mean of its words @ query_head; the length of a word's vector is how much the word counts
    session  weighted means of its items @ session_head + session_bias. The newest item weighs most,
             2^(-age / half-life) with the age in items; there is one mean for each of S half-lives, from
             "the last item" to "all that is known", side by side. A model with `Attention` adds its answer,
             which depends on the order of the items
    item     its own row, its words, its reviews and its dense vector (items.py)

All vectors come out with length 1, so that a dot product is the cosine; an empty object is all zeros.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np

from object2vec.core.arrays import Matrix, Rows, TokenIds, Vectors

MAX_SESSION_ITEMS = 512  # older ones weigh next to nothing
_CHUNK_ROWS = 65_536  # rows gathered at once: 32 MB at dim 128
_ATTENTION = "attention_"  # its tables among a model's
SMALLEST_SQUARE = 1e-6  # added to a mean square


@dataclass(frozen=True, slots=True)
class Weights:
    """All learned numbers, float32. V words, I items, d the dimension; None is an identity or nothing."""

    words: Matrix  # (V, d)
    items: Matrix | None = None  # (I, d)
    query_head: Matrix | None = None  # (d, d), applied as pooled @ head
    session_head: Matrix | None = None  # (S·d, d), a block for each of S half-lives
    session_bias: Matrix | None = None  # (d,), what everybody buys, whatever the history
    attention_qkv: Matrix | None = None  # the tables of `Attention`: all of them or none
    attention_out: Matrix | None = None
    attention_distance: Matrix | None = None
    attention_wide: Matrix | None = None
    attention_narrow: Matrix | None = None
    attention_head: Matrix | None = None
    vector_head: Matrix | None = None  # (p, d), from an item's own dense vector of p numbers
    vector_bias: Matrix | None = None  # (d,), what texts have in common, for items with a vector alone
    vector_mean: Matrix | None = None  # (p,) its standardisation
    vector_scale: Matrix | None = None  # (p,)
    neighbour_words: Matrix | None = None  # (t, d) texts of known items, that new items borrow rows from
    neighbour_rows: Matrix | None = None  # (t, d)
    category_grams: Matrix | None = None  # (B, k) hashed words and pairs of words
    category_words: Matrix | None = None  # (d, C), from the shared embedding to C categories
    category_head: Matrix | None = None  # (k, C)
    category_bias: Matrix | None = None  # (C,)

    def present(self) -> dict[str, Matrix]:
        """The tables that this model has, by name."""
        tables = ((f.name, getattr(self, f.name)) for f in fields(self))
        return {name: table for name, table in tables if table is not None}

    @property
    def attention(self) -> "Attention | None":
        """The attention over a session's items; None for a model that only pools sessions."""
        return Attention.among(self.present())

    def copy(self) -> "Weights":
        """A copy that shares no memory."""
        return Weights(**{name: table.copy() for name, table in self.present().items()})


@dataclass(frozen=True, slots=True)
class Bags:
    """n bags in one flat array: bag k owns the next `lengths[k]` rows with their weights."""

    rows: TokenIds  # (total,) of the table
    weights: Matrix  # (total,)
    lengths: Rows  # (n,)

    @property
    def starts(self) -> Rows:
        """(n,) the place in `rows` where each bag begins."""
        return np.cumsum(self.lengths) - self.lengths

    def take(self, positions: Rows) -> "Bags":
        """The bags at some positions, repeats allowed."""
        lengths = self.lengths[positions]
        flat = ragged_range(self.starts[positions], lengths)
        return Bags(self.rows[flat], self.weights[flat], lengths)


def mean_bags(rows: TokenIds, lengths: Rows) -> Bags:
    """Bags whose rows all have the weight 1 / the bag's length."""
    return Bags(rows, np.repeat(1.0 / np.maximum(lengths, 1), lengths).astype(np.float32), lengths)


def weighted_concatenation(first: Bags, second: Bags, weight: float) -> Bags:
    """Joins bag k of both into one bag; the second's weights are multiplied by `weight`."""
    lengths = first.lengths + second.lengths
    starts = np.cumsum(lengths) - lengths
    at_first = ragged_range(starts, first.lengths)
    at_second = ragged_range(starts + first.lengths, second.lengths)
    rows, weights = np.empty(int(lengths.sum()), np.int32), np.empty(int(lengths.sum()), np.float32)
    rows[at_first], rows[at_second] = first.rows, second.rows
    weights[at_first], weights[at_second] = first.weights, second.weights * np.float32(weight)
    return Bags(rows, weights, lengths)


def pool(table: Matrix, bags: Bags) -> Vectors:
    """The weighted sum of each bag's rows: (n, d), zeros for an empty bag."""
    pooled = np.zeros((len(bags.lengths), table.shape[1]), np.float32)
    ends = np.cumsum(bags.lengths)
    first = 0
    while first < len(ends):
        base = int(ends[first] - bags.lengths[first])
        last = max(first + 1, int(np.searchsorted(ends, base + _CHUNK_ROWS, side="right")))
        chunk = slice(base, int(ends[last - 1]))
        filled = np.flatnonzero(bags.lengths[first:last])
        if len(filled):
            weighted = table[bags.rows[chunk]] * bags.weights[chunk, None]
            starts = ends[first:last] - bags.lengths[first:last] - base
            pooled[first + filled] = np.add.reduceat(weighted, starts[filled], axis=0)
        first = last
    return pooled


def query_vectors(weights: Weights, queries: Bags) -> Vectors:
    """(n, d) unit vectors of bags of words."""
    return unit(_projected(pool(weights.words, queries), weights.query_head))


def session_vectors(
    weights: Weights, items: Vectors, sessions: Sequence[Rows], half_lives: Sequence[float]
) -> Vectors:
    """(n, d) unit vectors of sessions, each the positions of its items in `items` (m, d), oldest first; zeros
    for a session of nothing, or of items of which nothing is known."""
    pooled = pool_sessions(items, sessions, half_lives)
    projected = _projected(pooled, weights.session_head)
    if weights.session_bias is not None:
        projected = projected + weights.session_bias
    if (attention := weights.attention) is not None:
        projected = projected + attended_sessions(attention, items, sessions)
    projected[~pooled.any(axis=1)] = 0.0
    return unit(projected)


def pool_sessions(items: Vectors, sessions: Sequence[Rows], half_lives: Sequence[float]) -> Matrix:
    """(n, S·d) weighted means of each session's items, one for each half-life, side by side; zeros for an
    empty session. Sessions are positions into `items` (m, d), oldest first."""
    pooled = np.zeros((len(sessions), len(half_lives), items.shape[1]), np.float32)
    for at, positions in enumerate(sessions):
        recent = positions[-MAX_SESSION_ITEMS:]
        if len(recent):
            pooled[at] = recency_weights(len(recent), half_lives) @ items[recent]
    return pooled.reshape(len(sessions), len(half_lives) * items.shape[1])


def attended_sessions(attention: "Attention", items: Vectors, sessions: Sequence[Rows]) -> Matrix:
    """(n, d) the answer of attention for each session; zeros for an empty one. Sessions are positions into
    `items` (m, d), oldest first."""
    answers = np.zeros((len(sessions), items.shape[1]), np.float32)
    for at, positions in enumerate(sessions):
        recent = positions[-min(attention.depends_on, MAX_SESSION_ITEMS) :]
        if len(recent):
            answers[at] = attention.answer(items[recent])
    return answers


def recency_weights(count: int, half_lives: Sequence[float]) -> Matrix:
    """Weights (S, count) of a session's items, oldest first; each row sums to 1."""
    age = np.arange(count - 1, -1, -1, dtype=np.float64)
    weights = np.exp2(-age / np.array(half_lives)[:, None])
    shares: Matrix = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares


def unit(vectors: Vectors) -> Vectors:
    """Rows scaled to length 1; zeros stay zeros."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Vectors = np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 1e-12)
    return scaled


def ragged_range(starts: Rows, lengths: Rows) -> Rows:
    """The positions of slices of different lengths, flat: starts[0], starts[0] + 1, … (lengths[0] of them),
    starts[1], …"""
    offsets = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return np.repeat(starts, lengths) + offsets


def _projected(pooled: Matrix, head: Matrix | None) -> Matrix:
    return pooled if head is None else pooled @ head


@dataclass(frozen=True, slots=True)
class Attention:
    """Attention over the latest items of a session; the learned tables, float32, of B blocks in d dimensions.

    A mean does not know who came after whom; attention does. Each item asks the items before it what they say
    about the next one, and an item's answer depends on what it is and on how many items ago it was:

        item      x; before each step below x is scaled to a root mean square of 1
        attend    x += softmax(q · k / √(d / heads) + distance[age]) v   of the latest `reach` items
        think     x += silu(x @ wide) @ narrow
        answer    x @ head                                               of the newest item

    Sources: Kang & McAuley 2018, "Self-attentive sequential recommendation" (SASRec); Raffel et al. 2020,
    "Exploring the limits of transfer learning" (a learned bias for each distance, instead of positions);
    Zhang & Sennrich 2019, "Root mean square layer normalization". It is trained with a sampled softmax over
    many negatives, as Klenitskiy & Vasilev 2023, "Turning dross into gold loss", and Petrov & Macdonald 2023,
    "gSASRec", recommend."""

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
        found = {name: tables[_ATTENTION + name] for name in names if _ATTENTION + name in tables}
        if not found:
            return None
        if len(found) < len(names):
            raise ValueError(f"of the tables of attention there are only {', '.join(found)}")
        attention = cls(**found)
        attention._check()
        return attention

    def named(self) -> dict[str, Matrix]:
        """The tables by the names that they have among a model's."""
        return {_ATTENTION + f.name: getattr(self, f.name) for f in fields(self)}

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
    mean_square = (states * states).mean(axis=1, keepdims=True, dtype=np.float32)
    size = np.sqrt(mean_square + np.float32(SMALLEST_SQUARE))
    scaled: Matrix = states / size
    return scaled
