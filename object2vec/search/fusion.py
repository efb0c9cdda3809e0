"""From signals to one score: a weighted sum of comparable parts.

BM25 has no upper end, so it is divided by the best match's, and so is what a shopper is likely to take, which
is small for all items of a rarely bought kind; cosines are taken as they are, negative ones as 0.
Score fusion rather than reciprocal ranks: on short product titles, where many items match equally well, ranks
among equals are noise (docs/adr/0004-search-engine.md has the measurements).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]

WEIGHTS: Mapping[str, float] = {"lexical": 0.5, "semantic": 0.5, "profile": 1.0, "preference": 0.5}
"""The profile's weight was chosen on the validation tenth of benchmarks/personalised_search.py: nDCG@10 .019
without it, .070 at 0.3, .179 at 0.6, .249 at 1, .262 at 2; beyond 1 little is gained and the query fades."""
EXACT_BONUS = 1.0
"""An item whose id or code is the query stands above whatever merely contains it."""


def normalised(scores: NDArray[Any]) -> NDArray[Any]:
    """Positive scores (BM25, likelihoods) divided by their maximum."""
    return scores / scores.max() if len(scores) else scores


def weighted(signals: Mapping[str, Scores]) -> dict[str, Scores]:
    """The parts of the final score: signals times weights, the weights of those present adding up to 1."""
    total = sum(WEIGHTS[name] for name in signals if name in WEIGHTS)
    return {
        name: scores * (WEIGHTS[name] / total if name in WEIGHTS else EXACT_BONUS)
        for name, scores in signals.items()
    }
