"""The picture of one benchmark: bars, changes or curves."""

from collections.abc import Sequence
from itertools import pairwise, product
from typing import TYPE_CHECKING

from benchmarks.pictures import canvas
from benchmarks.pictures.panels import Panel, changes, curves, less_is_better, panels, positions
from benchmarks.report import ResultTable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLOURS = {"shipped": canvas.BLUE, "ours": canvas.PALE, "peer": canvas.GREY}
_EFFECTS = {"better": canvas.BLUE, "worse": canvas.RED, "undecided": canvas.FAINT}
_LINES = tuple(product(("-", "--", ":", "-."), (canvas.BLUE, canvas.RED, canvas.GREEN)))
"""Style and colour of the curves of a panel, in order."""
_LEGEND = {"shipped": "what ships", "ours": "others of ours", "peer": "peers"}
_LEGEND_IN_PANEL = 5
"""Curves: more of them, the same in each panel, are named below the panels."""
_UNITS = {"s": "seconds", "mb": "MB", "requests": "requests"}
_HEAD, _LEGEND_LINE, _GAP = 0.75, 0.2, 0.55  # inches: title and metric, legend, between two rows of panels


def chart(table: ResultTable) -> "Figure":
    """Curves along a number of things, changes where there are intervals, else bars."""
    if positions(table):
        return _curves(table)
    return _changes(table) if changes(table) else _bars(table)


def _bars(table: ResultTable) -> "Figure":
    rows = panels(table)
    heights = [0.21 * len(row[0].marks) for row in rows]
    roles = {mark.role for row in rows for panel in row for mark in panel.marks.values()}
    top = _HEAD + (_LEGEND_LINE if len(roles) > 1 else 0)
    figure = canvas.figure(top + sum(heights) + _GAP * len(rows) - 0.2, table.title)
    left = canvas.width_of(name for row in rows for name in row[0].marks)
    width = (canvas.WIDTH - left) / max(map(len, rows))
    for row, height in zip(rows, heights, strict=True):
        for at, panel in enumerate(row):
            axes = canvas.axes(figure, left + at * width, top, width - 0.2, height)
            _bar_panel(axes, panel, named=at == 0)
        top += height + _GAP
    if len(roles) > 1:
        canvas.legend(figure, {text: _COLOURS[role] for role, text in _LEGEND.items() if role in roles})
    return figure


def _bar_panel(axes: "Axes", panel: Panel, *, named: bool) -> None:
    largest = max([mark.value for mark in panel.marks.values()] + [panel.goal or 0])
    for at, mark in enumerate(panel.marks.values()):
        weight = "bold" if mark.role == "shipped" else "normal"
        axes.barh(at, mark.value, 0.68, color=_COLOURS[mark.role])
        text = axes.annotate(canvas.number(mark.value), (mark.value, at), (3, 0), textcoords="offset points")
        text.set(size=7.5, weight=weight, va="center_baseline")
        text.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 0.5})
    end = len(panel.marks) - 0.5
    if panel.goal is not None:
        axes.vlines(panel.goal, -0.5, end, color=canvas.TEXT, linewidth=1, linestyle=(0, (3, 2)))
        goal = f"goal {canvas.goal(panel.goal)}"
        axes.text(panel.goal, end + 0.15, goal, fontsize=7, va="top", ha="center")
    room = max(1.2, 0.9 + 0.06 * len(canvas.number(largest)))  # for the longest bar's number
    axes.set(xlim=(0, largest * room), ylim=(end, -0.5), xticks=[], title=_title(panel.metric))
    axes.spines["bottom"].set_visible(False)
    shipped = [name for name, mark in panel.marks.items() if mark.role == "shipped"]
    _name(axes, list(panel.marks), shipped, shown=named)


def _changes(table: ResultTable) -> "Figure":
    names = [row.system for row in table.rows[1:]]
    left, top, height = canvas.width_of(names), _HEAD + _LEGEND_LINE, 0.19 * len(names)
    title = f"{table.title}: what changes from “{table.rows[0].system}”"
    figure = canvas.figure(top + height + 0.35, title)
    found = changes(table)
    width = (canvas.WIDTH - left) / len(found)
    for at, (metric, systems) in enumerate(found.items()):
        axes = canvas.axes(figure, left + at * width, top, width - 0.15, height)
        axes.axvline(0, color=canvas.TEXT, linewidth=0.8)
        for name, change in systems.items():
            row, colour = names.index(name), _EFFECTS[change.effect]
            axes.hlines(row, change.low, change.high, color=colour, linewidth=1.6)
            axes.plot(change.value, row, "o", color=colour, markersize=4)
        axes.set(ylim=(len(names) - 0.5, -0.5), title=_title(metric))
        axes.locator_params(axis="x", nbins=3)
        axes.grid(axis="y")
        axes.spines["left"].set_visible(False)
        _name(axes, names, shown=at == 0)
    canvas.legend(figure, _EFFECTS)
    return figure


def _curves(table: ResultTable) -> "Figure":
    height, found = 1.9, curves(table)
    many = max(map(len, found.values())) > _LEGEND_IN_PANEL
    figure = canvas.figure(_HEAD + height + (1.0 if many else 0.5), table.title)
    width = (canvas.WIDTH - 0.1) / len(found)
    for at, (unit, metrics) in enumerate(found.items()):
        axes = canvas.axes(figure, 0.5 + at * width, _HEAD, width - 0.6, height)
        for (style, colour), (metric, values) in zip(_LINES, metrics.items(), strict=False):
            label = _words(metric.removesuffix(unit)).strip()
            axes.plot(positions(table), values, f"o{style}", color=colour, markersize=3.5, label=label)
        _scale(axes, positions(table), [value for values in metrics.values() for value in values])
        axes.set(title=_UNITS.get(unit, _words(unit)), xlabel=table.rows[0].system.split()[-1])
        axes.grid()
        if 1 < len(metrics) <= _LEGEND_IN_PANEL:
            axes.legend()
        elif len(metrics) > _LEGEND_IN_PANEL and at == 0:
            figure.legend(*axes.get_legend_handles_labels(), loc="lower left", ncols=5, handlelength=3)
    return figure


def _scale(axes: "Axes", x: Sequence[int], y: Sequence[float]) -> None:
    """Sizes get a logarithmic axis. Values start at zero as long as the small ones stay visible."""
    if len({later - earlier for earlier, later in pairwise(x)}) > 1:
        axes.set_xscale("log")
    shown = x if len(x) < 8 else x[::3]
    axes.set_xticks(shown, [_thousands(value) for value in shown], minor=False)
    axes.set_xticks([], minor=True)
    if max(y) > 10 * min(y):
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(lambda value, _: canvas.goal(value))
    else:
        axes.set_ylim(0, 1.2 * max(y))


def _thousands(count: int) -> str:
    return f"{count / 1e6:g} M" if count >= 1e6 else f"{count / 1e3:g} k" if count >= 1e3 else str(count)


def _name(axes: "Axes", names: Sequence[str], bold: Sequence[str] = (), *, shown: bool) -> None:
    axes.set_yticks(range(len(names)), names if shown else [""] * len(names))
    axes.tick_params(axis="y", length=0)
    for name, label in zip(names, axes.get_yticklabels(), strict=True):
        label.set_fontweight("bold" if name in bold else "normal")


def _title(metric: str) -> str:
    return _words(metric) + (", less is better" if less_is_better(metric) else "")


def _words(metric: str) -> str:
    return metric.replace("_", " ")
