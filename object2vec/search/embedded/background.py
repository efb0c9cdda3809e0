"""How similar things are that have nothing to do with each other.

Cosines of two models cannot be compared, but each has a level that items reach with a query about something
else. Only items above it join a search for their meaning, so that a total is not padded with whatever is
nearest.
"""

from collections.abc import Sequence

import numpy as np

from object2vec.core.catalog import CatalogItem
from object2vec.core.encoder import Encoder
from object2vec.search.embedded.vectors import VectorTable

QUERIES, ITEMS = 256, 2_000
WORDS = 3
QUANTILE = 0.99
_SEED = 7


def background(encoder: Encoder, items: Sequence[CatalogItem], texts: VectorTable) -> float:
    """The cosine that hardly any pair of a query and a random item exceeds; 0 for a small catalogue.

    `texts` are what queries are compared with; the queries are the first words of random items.
    """
    if len(items) < QUERIES:
        return 0.0
    rng = np.random.default_rng(_SEED)
    asked = rng.choice(len(items), QUERIES, replace=False)
    queries = encoder.encode_queries([" ".join(items[row].text.split()[:WORDS]) for row in asked])
    others = texts.at(rng.choice(len(items), min(ITEMS, len(items)), replace=False))
    return max(0.0, float(np.quantile(queries @ others.T, QUANTILE)))
