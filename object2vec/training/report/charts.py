"""The report's charts as SVG: texts stay texts, and every point of the map names its item."""

import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

_COLOURS = ("#0b6b52", "#c2571a", "#3b62b5", "#a12a6b", "#7a6a12", "#4b8f2f", "#7b4bb5", "#1f8a9e")
_OTHERS = "#8a929c"
TASKS = {
    "next_item": "next item",
    "text": "text search",
    "query_log": "search log",
    "distillation": "sentence teacher",
    "similarity": "similar items",
    "picture": "pictures and texts",
}
"""Names of the tasks that a training learns."""
_WIDTH = 4.4
"""Inches: a chart is as wide as a telephone, so that its texts can be read there without scrolling."""
_OURS = ("model", "model+ranker", "bm25+model", "complements")
_STYLE: dict[Any, Any] = {  # matplotlib types the names one by one
    "svg.fonttype": "none",  # text of the document, not outlines
    "svg.hashsalt": "object2vec",  # the same report twice is the same file
    "font.family": "sans-serif",
    "axes.spines.top": False,
    "axes.spines.right": False,
}
_LINES = 'stroke-linejoin="round" stroke-linecap="butt"'
"""What matplotlib's style sheet says of all lines."""


def curve(history: Sequence[Mapping[str, Any]]) -> str:
    """The smoothed loss of every task, and the validation metric that the weights were chosen by."""
    epochs = [entry["epoch"] for entry in history]
    tasks = {TASKS.get(task, task): [e["losses"][task] for e in history] for task in history[0]["losses"]}
    return _lines("Loss", epochs, tasks) + _lines(
        "NDCG on validation", epochs, {"": [e["validation"] for e in history]}
    )


def _lines(title: str, epochs: Sequence[int], lines: Mapping[str, Sequence[float | None]]) -> str:
    with rc_context(_STYLE):
        figure = Figure(figsize=(_WIDTH, 3), layout="constrained")
        axes = figure.subplots()
        for colour, (name, values) in zip(_COLOURS, lines.items(), strict=False):
            axes.plot(epochs, [*map(_number, values)], marker="o", color=colour, label=name)
        if len(lines) > 1:
            axes.legend(frameon=False)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set(title=title, xlabel="epoch")
        return _svg(figure, title)


def _number(value: float | None) -> float:
    """What is missing is a gap."""
    return float("nan") if value is None else value


def compared(metric: Mapping[str, Any]) -> str:
    """A metric of every system, with its 95 % interval; ours stand out."""
    systems = metric["systems"][::-1]
    with rc_context(_STYLE):
        figure = Figure(figsize=(_WIDTH, 0.7 + 0.28 * len(systems)), layout="constrained")
        axes = figure.subplots()
        for place, system in enumerate(systems):
            low, high = system["interval"] or (system["value"], system["value"])
            colour = _COLOURS[0] if system["name"] in _OURS else _OTHERS
            axes.plot([low, high], [place, place], color=colour, linewidth=3, alpha=0.45)
            axes.plot([system["value"]], [place], "o", color=colour)
        axes.set_yticks(range(len(systems)), [system["name"] for system in systems])
        axes.grid(axis="x", alpha=0.25)
        axes.set(xlabel=metric["name"])
        return _svg(figure, f"{metric['name']} by system")


def segments(rows: Sequence[Mapping[str, Any]]) -> str:
    """NDCG@10 with its 95 % interval, by how many events are known of a shopper."""
    names = {
        "model": "new model",
        "live": "live model",
        "popularity": "popular items",
        "user-knn": "user-knn",
    }
    colours = (_COLOURS[0], _COLOURS[1], _OTHERS, _COLOURS[2])
    with rc_context(_STYLE):
        figure = Figure(figsize=(_WIDTH, 3), layout="constrained")
        axes = figure.subplots()
        for bar, (colour, (name, title)) in enumerate(zip(colours, names.items(), strict=True)):
            points = [
                (place + 0.04 * (bar - 1.5), row["systems"][name])
                for place, row in enumerate(rows)
                if name in row["systems"]
            ]
            if not points:
                continue
            at = [place for place, _ in points]
            axes.plot(at, [system["value"] for _, system in points], marker="o", color=colour, label=title)
            for place, system in points:
                if system["interval"]:
                    axes.plot([place, place], system["interval"], color=colour, linewidth=3, alpha=0.45)
        counts = [f"\nn = {row['n']:,}" if row["n"] else "" for row in rows]
        axes.set_xticks(
            range(len(rows)), [f"last {row['known']}{count}" for row, count in zip(rows, counts, strict=True)]
        )
        axes.set(xlabel="events known of the shopper", ylabel="NDCG@10", ylim=(0, None))
        axes.legend(frameon=False)
        return _svg(figure, "NDCG@10 by known events")


def over_releases(releases: Sequence[Mapping[str, Any]], names: Sequence[str]) -> str:
    """Each metric over the releases, the newest last; a release that lacks one leaves a gap."""
    with rc_context(_STYLE):
        figure = Figure(figsize=(_WIDTH, 3), layout="constrained")
        axes = figure.subplots()
        for colour, name in zip(_COLOURS, names, strict=False):
            values = [release["metrics"].get(name) for release in releases]
            shown = [_number(value) for value in values]
            axes.plot(range(len(releases)), shown, marker="o", color=colour, label=name)
        labels = [str(release["model"]).rpartition("-")[2][:7] for release in releases]
        axes.set_xticks(range(len(releases)), labels)
        axes.set(xlabel="model, newest last", ylim=(0, None))
        axes.legend(frameon=False)
        return _svg(figure, "Metrics over the releases")


def item_map(points: Sequence[Mapping[str, Any]]) -> str:
    """The items, coloured by the commonest categories; drawn here, as matplotlib gives no point a title."""
    frequent = [name for name, _ in Counter(p["category"] for p in points if p["category"]).most_common(8)]
    colours = dict(zip(frequent, _COLOURS, strict=False))
    circles = "".join(
        f'<circle cx="{400 + 380 * point["x"]:.1f}" cy="{260 - 240 * point["y"]:.1f}" r="4"'
        f' fill="{colours.get(point["category"], _OTHERS)}" fill-opacity=".7">'
        f"<title>{escape(point['name'])} ({escape(point['category'] or 'no category')})</title></circle>"
        for point in points
    )
    others = [("others", _OTHERS)] if any(point["category"] not in colours for point in points) else []
    legend = "".join(
        f'<li><svg width="12" height="12" aria-hidden="true"><circle cx="6" cy="6" r="5" fill="{colour}"/>'
        f"</svg> {escape(name)}</li>"
        for name, colour in [*colours.items(), *others]
    )
    return (
        f'<svg viewBox="0 0 800 520" role="img" aria-label="Map of the items">{circles}</svg>'
        f'<ul class="legend">{legend}</ul>'
    )


def _svg(figure: Figure, title: str) -> str:
    """The figure as SVG inside HTML: without the XML prologue, with ids that no other chart has, and without
    styles, which the page's policy forbids: what they say is said in attributes."""
    out = io.StringIO()
    figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
    svg = out.getvalue()
    svg = svg[svg.index("<svg") :]
    prefix = re.sub(r"\W+", "-", title)
    svg = re.sub(r'(id="|href="#|url\(#)', rf"\g<1>{prefix}-", svg)
    svg = re.sub(r"<style.*?</style>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'style="([^"]*)"', _as_attributes, svg)
    named = svg.replace("<svg ", f'<svg role="img" aria-label="{escape(title)}" {_LINES} ', 1)
    return f'<div class="chart">{named}</div>'


def _as_attributes(style: "re.Match[str]") -> str:
    """`fill: none; stroke-width: 3` as `fill="none" stroke-width="3"`.
    https://www.w3.org/TR/SVG2/styling.html#PresentationAttributes"""
    pairs = (part.split(":", 1) for part in style[1].split(";") if part.strip())
    return " ".join(f'{name.strip()}="{value.strip()}"' for name, value in pairs)
