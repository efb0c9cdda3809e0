"""The sections of the report, and the HTML that they are made of."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from object2vec.training.evaluation.gate import served
from object2vec.training.report import charts

_OPEN = 3
"""Lists after one click that are not folded away."""
CHARTED = ("ndcg@10", "session_ndcg@10", "query_ndcg@10", "text_ndcg@10", "similar_ndcg@10", "new_ndcg@10")
"""Metrics that get a chart; every other is in the table."""
FEWEST_DRAWN = 10
"""Fewest users or queries of a chart: the interval of a handful says less than it seems to."""


def section(title: str, body: str) -> str:
    """A section under a heading; nothing if there is no body."""
    return f"<section><h2>{title}</h2>{body}</section>" if body else ""


def table(caption: str, rows: str) -> str:
    """`caption` and `rows` are HTML. What is wider than the screen is scrolled, also with keys."""
    return f"<div class=wide tabindex=0><table><caption>{caption}</caption>{rows}</table></div>"


def rows_table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose first column is words and whose others are numbers."""
    titles = "".join(f"<th scope=col>{escape(title)}</th>" for title in head)
    body = "".join(
        f"<tr><th scope=row>{escape(first)}</th>"
        + "".join(f"<td class=number>{escape(cell)}</td>" for cell in others)
        + "</tr>"
        for first, *others in rows
    )
    return table(caption, f"<tr>{titles}</tr>{body}")


def pairs_table(rows: Iterable[tuple[str, Any]]) -> str:
    """Names and values."""
    cells = "".join(
        f"<tr><th scope=row>{escape(str(name))}</th><td>{escape(_shown(value))}</td></tr>"
        for name, value in rows
    )
    return table("", cells) if cells else ""


def _shown(value: object) -> str:
    if isinstance(value, bool | str):
        return str(value)
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def curve_section(history: Sequence[Mapping[str, Any]], validated: Mapping[str, int]) -> str:
    """The losses and the validation metric, epoch by epoch. `validated` is of how many shoppers or queries
    that metric is; older models do not have it."""
    if not history:
        return ""
    of = "".join(f", {who}: n = {n:,}" for who, n in validated.items() if n)
    measured = any(epoch["validation"] is not None for epoch in history)
    kept = f"the best epoch on validation are kept{of}" if measured else "the last epoch are kept"
    note = f"<p class=quiet>The weights of {kept}</p>"
    return section("Learning curve", note + "<div class=two>" + charts.curve(history) + "</div>")


def tasks_section(tasks: Sequence[Mapping[str, Any]]) -> str:
    """Weight, pairs, losses and share of each task."""
    if not tasks:
        return ""
    head = ("task", "weight", "pairs seen", "loss, first epoch", "loss, last epoch", "share of the loss")
    rows = [
        (
            charts.TASKS.get(task["name"], task["name"]),
            f"{task['weight']:g}",
            f"{task['pairs']:,}",
            f"{task['first_loss']:.3f}",
            f"{task['last_loss']:.3f}",
            f"{task['share']:.0%}",
        )
        for task in tasks
    ]
    note = (
        "<p class=quiet>One model learns all tasks in every step. The share is that of the weighted loss at"
        " the end: what still moves the weights.</p>"
    )
    return section("What each task contributes", note + rows_table("", head, rows))


def steps_section(steps: Mapping[str, Mapping[str, float]]) -> str:
    """Seconds and memory."""
    if not steps:
        return ""
    rows = [(name, f"{cost['seconds']:,.1f}", f"{cost['memory_mb']:,.0f}") for name, cost in steps.items()]
    note = (
        "<p class=quiet>Of the programs themselves, without the start of their machines. The index is built"
        " and the release made after this report.</p>"
    )
    table = rows_table("", ("step", "seconds", "most memory (MB)"), rows)
    return section("Time and memory of each step", note + table)


def is_drawn(measured: Mapping[str, Any]) -> bool:
    """Whether `n` users or queries are enough for a chart."""
    return measured["n"] is None or measured["n"] >= FEWEST_DRAWN


def previous_section(content: Mapping[str, Any]) -> str:
    """The previous releases, and this model below them, by the metrics that get a chart."""
    previous = content["earlier"]
    if not previous:
        return ""
    ours = _served_values([metric for metric in content["metrics"] if is_drawn(metric)])
    names = [name for name in CHARTED if name in ours]
    if not names:
        return ""
    rows = [
        (
            f"{release['model']}{' (live)' if release['live'] else ''}",
            str(release["created_at"])[:16].replace("T", " "),
            *(_value(release["metrics"].get(name)) for name in names),
        )
        for release in previous
    ]
    rows.append((f"{content['model']} (this one)", "now", *(_value(ours[name]) for name in names)))
    note = (
        "<p class=quiet>What each measured at its own training, on that day's held-out period: a change is"
        " of the shop as well as of the model. On one and the same period only this model and the live one"
        " are compared, above.</p>"
    )
    chart = charts.over_releases([*previous, {"model": content["model"], "metrics": ours}], names)
    head = ("model", "made", *names)
    return section("Beside the last releases", note + chart + rows_table("", head, rows))


def _served_values(metrics: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """The metrics of the system that is served: with its ranker, if it has one."""
    found = {}
    for metric in metrics:
        values = {system["name"]: system["value"] for system in metric["systems"]}
        if (name := served(values, "model")) in values:
            found[metric["name"]] = values[name]
    return found


def _value(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def settings_section(settings: Mapping[str, Any]) -> str:
    """The hyperparameters, folded away."""
    body = pairs_table(settings.items())
    return f"<section><details><summary>Settings</summary>{body}</details></section>" if body else ""


def map_section(points: Sequence[Mapping[str, Any]]) -> str:
    """The best known items in two dimensions; nothing where the report has none."""
    if not points:
        return ""
    note = (
        f"<p class=quiet>{len(points):,} items, chosen by their interactions; near each other: similar to the"
        " model, as far as two dimensions can show it. Point at one for its name.</p>"
    )
    return section("Map of the items", note + charts.item_map(points))


def neighbours_section(items: Iterable[Mapping[str, Any]]) -> str:
    """The items nearest to each of a few well-known items."""
    entries = "".join(
        f"<div><h3>{escape(item['name'])}</h3><ol class=near>"
        + "".join(f"<li>{escape(near['name'])} ({near['cosine']:.2f})</li>" for near in item["near"])
        + "</ol></div>"
        for item in items
    )
    return section("Nearest to well-known items", f"<div class=two>{entries}</div>" if entries else "")


def first_items_section(found: Mapping[str, Any]) -> str:
    """The lists that follow each of twenty first items; from `first_items` of evaluation.json, nothing where
    that is empty."""
    if not found.get("items"):
        return ""
    shares = found["strangers@10"]
    ours = next(iter(shares))
    strangers = "; ".join(f"{name} {share:.1%}" for name, share in shares.items())
    entries = [
        f"<div><h3>{escape(item['text'])}</h3><ol class=near>"
        + "".join(
            f"<li>{escape(row['text'])}{' <b>(stranger)</b>' if row['stranger'] else ''}</li>"
            for row in item["lists"][ours]
        )
        + "</ol></div>"
        for item in found["items"]
    ]
    first, others = "".join(entries[:_OPEN]), "".join(entries[_OPEN:])
    folded = f"<details><summary>{len(entries) - _OPEN} more</summary><div class=two>{others}</div></details>"
    return section(
        "After one click",
        f"<p>What the {escape(ours)}, as it is served, lists to somebody of whom one event is known."
        " A stranger is of another category, and was bought near that item less often than by chance. Share"
        f" of strangers among the first ten, over {len(entries)} first items: {escape(strangers)}.</p>"
        f"<div class=two>{first}</div>{folded if others else ''}",
    )
