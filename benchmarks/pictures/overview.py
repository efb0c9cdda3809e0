"""All benchmarks at a glance: small multiples of ours, the strongest peer and the number to reach."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from benchmarks.pictures import canvas
from benchmarks.pictures.headlines import Headline

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLUMNS, _TOP = 4, 1.0  # inches
_PANEL, _GAP = 0.85, 0.45


def overview(headlines: Sequence[Headline]) -> "Figure":
    """Draws a panel for each benchmark, line by line."""
    lines = -(-len(headlines) // _COLUMNS)
    height = _TOP + (_PANEL + _GAP) * lines - 0.3
    figure = canvas.figure(height, "Object2Vec beside the strongest alternative")
    width = (canvas.WIDTH + 0.05) / _COLUMNS
    for at, headline in enumerate(headlines):
        line, column = divmod(at, _COLUMNS)
        left, top = 0.1 + column * width, _TOP + line * (_PANEL + _GAP)
        _panel(canvas.axes(figure, left, top, width - 0.25, _PANEL), headline)
    colours = {"goal reached": canvas.GREEN, "goal missed": canvas.RED}
    canvas.legend(figure, {"Object2Vec": canvas.BLUE, "alternative": canvas.GREY, **colours})
    return figure


def _panel(axes: "Axes", headline: Headline) -> None:
    bars = [("Object2Vec", headline.ours), *([headline.peer] if headline.peer else [])]
    largest = max([value for _, value in bars] + [headline.goal or 0])
    axes.set(xlim=(0, largest), ylim=(2.5, 0))
    axes.set_axis_off()
    axes.set_title(headline.title, weight="bold", fontsize=8)
    for at, (label, value) in enumerate(bars):
        weight = "normal" if at else "bold"
        axes.barh(at + 0.75, value, 0.3, color=canvas.GREY if at else canvas.BLUE)
        axes.text(0, at + 0.45, label, fontsize=7, weight=weight)
        axes.text(largest, at + 0.45, canvas.number(value), fontsize=7.5, weight=weight, ha="right")
    measure = headline.measure + (", less is better" if headline.less_is_better else "")
    axes.text(0, len(bars) + 0.35, measure, fontsize=6.5, color=canvas.FAINT)
    if headline.goal is not None:
        colour = canvas.GREEN if headline.reached else canvas.RED
        for at in range(len(bars)):
            axes.vlines(headline.goal, at + 0.54, at + 0.96, color=colour, linewidth=2, clip_on=False)
        verdict = f"goal {canvas.goal(headline.goal)} {'✓' if headline.reached else '✗'}"
        axes.text(largest, len(bars) + 0.35, verdict, fontsize=7, color=colour, ha="right")
