"""The similarity of things that have nothing to do with each other.

Cosines of two models cannot be compared, but each has a level that items reach with a query about something
else, and another one that the nearest of them reaches with a query that means nothing. Only items above join
a search for their meaning, so that a total is not padded with whatever is nearest.
"""

from collections.abc import Sequence

import numpy as np

from object2vec.core.arrays import Vector, Vectors
from object2vec.core.catalog import CatalogItem
from object2vec.core.encoder import Encoder
from object2vec.core.endpoints import EndpointSilentError
from object2vec.search.embedded.vectors import VectorTable

QUERIES, ITEMS = 256, 2_000
WORDS = 3
QUANTILE = 0.99
LEAST_ABOVE, MOST_ABOVE = 10, 50
"""In a small catalogue so many items may be above the level by chance; a stricter level would leave hardly
any to show."""
NONSENSE_QUERIES, NONSENSE_QUANTILE = 64, 0.95
DEVIATIONS, SAMPLE = 3.5, 4_096
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_SEED = 7


def background(encoder: Encoder, items: Sequence[CatalogItem], texts: VectorTable) -> float:
    """The cosine that hardly any pair of a query and an unrelated item exceeds. In a small catalogue some
    items exceed it by chance; in one of only a few items it is 0.

    `texts` are what queries are compared with; the queries are the first words of random items.
    """
    above = max(LEAST_ABOVE, min(MOST_ABOVE, len(items) // 5))
    if len(items) <= above:
        return 0.0
    rng = np.random.default_rng(_SEED)
    asked = rng.choice(len(items), min(QUERIES, len(items)), replace=False)
    others = rng.choice(len(items), min(ITEMS, len(items)), replace=False)
    queries = _encoded(encoder, [" ".join(items[row].text.split()[:WORDS]) for row in asked])
    if queries is None:
        return 0.0
    cosines = queries @ texts.at(others).T
    quantile = min(QUANTILE, 1 - above / len(items))
    return max(0.0, float(np.quantile(cosines[asked[:, None] != others], quantile)))


def nonsense(encoder: Encoder, items: Sequence[CatalogItem], texts: VectorTable) -> float:
    """The cosine that hardly any query of random letters reaches with the item nearest to it."""
    if not items:
        return 0.0
    rng = np.random.default_rng(_SEED)
    lengths = rng.integers(5, 10, NONSENSE_QUERIES)
    queries = _encoded(encoder, ["".join(rng.choice(list(_LETTERS), length)) for length in lengths])
    if queries is None:
        return 0.0
    nearest = [
        queries @ texts.at(rows).T for rows in np.array_split(np.arange(len(items)), len(items) // 4_096 + 1)
    ]
    best = np.max([block.max(axis=1) for block in nearest], axis=0)
    return max(0.0, float(np.quantile(best, NONSENSE_QUANTILE)))


def standing_out(query: Vector, texts: VectorTable, size: int) -> float:
    """The cosine above which an item stands out for this query among the first `size`: few are so many
    standard deviations above the mean."""
    rows = np.arange(size) if size <= SAMPLE else np.linspace(0, size - 1, SAMPLE).astype(np.int64)
    cosines = texts.products(rows, query)
    return float(cosines.mean() + DEVIATIONS * cosines.std()) if size else 0.0


def _encoded(encoder: Encoder, texts: Sequence[str]) -> Vectors | None:
    """(n, dim) None where queries need an endpoint and there is none: while the index of a model of AWS's own
    image is built. Both levels are then 0, and every neighbour joins."""
    try:
        return encoder.encode_queries(texts)
    except EndpointSilentError:
        return None
