"""The picture of a profile: what share of the processor's time each operation took itself."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from benchmarks.pictures import canvas

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_HEAD, _LINE = 0.55, 0.21  # inches


def operations_chart(title: str, shares: Mapping[str, float]) -> "Figure":
    """Bars of the shares, given the largest first."""
    height = _LINE * len(shares)
    figure = canvas.figure(_HEAD + height + 0.1, title)
    left = canvas.width_of(shares)
    axes = canvas.axes(figure, left, _HEAD, canvas.WIDTH - left - 0.6, height)
    places = range(len(shares))
    bars = axes.barh(places, list(shares.values()), color=canvas.BLUE, height=0.7)
    axes.bar_label(bars, [f"{share:.0%}" for share in shares.values()], padding=3, fontsize=7.5)
    axes.set_yticks(places, list(shares))
    axes.invert_yaxis()
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(left=False)
    return figure
