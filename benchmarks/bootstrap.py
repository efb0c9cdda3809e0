"""How certain a difference between two systems on the same users is."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

UserMetrics = Mapping[str, NDArray[np.float64]]
"""Each user's metrics (n,), by name."""
_SAMPLES = 5_000


def paired_interval(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> tuple[float, float]:
    """95 % interval of mean(ours - theirs) over the users (n,), by resampling users.

    Efron & Tibshirani 1993, "An introduction to the bootstrap", percentile interval.
    """
    difference = ours - theirs
    rng = np.random.default_rng(0)
    means = [difference[rng.integers(len(difference), size=len(difference))].mean() for _ in range(_SAMPLES)]
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)
