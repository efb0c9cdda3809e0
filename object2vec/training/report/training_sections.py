"""Sections about the training itself: its curve, tasks, steps and settings, and the previous releases."""

from collections.abc import Mapping, Sequence
from typing import Any

from object2vec.training.evaluation.gate import served
from object2vec.training.report import charts
from object2vec.training.report.html import pairs_table, rows_table, section

CHARTED = ("ndcg@10", "session_ndcg@10", "query_ndcg@10", "text_ndcg@10", "similar_ndcg@10", "new_ndcg@10")
"""Metrics that get a chart; every other is in the table."""
_TASKS = {
    "next_item": "next item",
    "text": "text search",
    "query_log": "search log",
    "distillation": "sentence teacher",
    "similarity": "similar items",
}


def curve_section(history: Sequence[Mapping[str, Any]]) -> str:
    """The losses and the validation metric, epoch by epoch."""
    return section("Learning curve", charts.curve(history)) if history else ""


def tasks_section(tasks: Sequence[Mapping[str, Any]]) -> str:
    """Weight, pairs, losses and share of each task."""
    if not tasks:
        return ""
    head = ("task", "weight", "pairs seen", "loss, first epoch", "loss, last epoch", "share of the loss")
    rows = [
        (
            _TASKS.get(task["name"], task["name"]),
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


def previous_section(content: Mapping[str, Any]) -> str:
    """The previous releases, and this model below them, by the metrics that get a chart."""
    previous = content["earlier"]
    if not previous:
        return ""
    ours = _served_values(content["metrics"])
    names = [name for name in CHARTED if name in ours]
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
