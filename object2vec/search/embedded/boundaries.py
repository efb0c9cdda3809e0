"""Where the ranges of a numeric facet begin and end when nobody says so."""

import sys

import numpy as np
from numpy.typing import NDArray

SINGLE_NUMBERS = 12
"""A field with at most so many different numbers (stars, say) is counted number by number."""
RANGES = 8
_NICE = (1.0, 2.0, 2.5, 5.0, 10.0)


def nice_boundaries(numbers: NDArray[np.float64]) -> tuple[float, ...]:
    """Round numbers that cut these into ranges of about equal size; () for few different numbers."""
    present = numbers[np.isfinite(numbers)]
    if len(np.unique(present)) <= SINGLE_NUMBERS:
        return ()
    shares = np.arange(1, RANGES) / RANGES
    return tuple(sorted({_rounded(float(edge)) for edge in np.quantile(present, shares)}))


def _rounded(number: float) -> float:
    """The nearest of 1, 2, 2.5 and 5 times a power of ten."""
    if abs(number) < sys.float_info.min:  # too small for the arithmetic below
        return 0.0
    power = 10.0 ** np.floor(np.log10(abs(number)))
    nearest = min(_NICE, key=lambda nice: abs(nice - abs(number) / power))
    return float(f"{np.sign(number) * nearest * power:.6g}")
