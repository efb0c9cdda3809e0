"""The content of a benchmark's picture, as data: the role of each system, and which metrics have a panel."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from benchmarks.report import ResultTable
from object2vec.search.fusion import WEIGHTS

Role = Literal["shipped", "ours", "peer"]
Effect = Literal["better", "worse", "undecided"]

OURS: Mapping[str, Sequence[str]] = {
    "toys_next": ("object2vec + ranker", "object2vec", "object2vec, *"),
    "sample_shop": ("object2vec + ranker", "object2vec", "seed, *"),
    "short_histories": ("object2vec + ranker", "object2vec"),
    "anonymous_sessions": ("object2vec + ranker", "object2vec"),
    "bought_together": ("complements, as served", "object2vec, *"),
    "ratings": ("Object2Vec", "Object2Vec, averaged"),
    "cold_start": ("object2vec", "seed, *"),
    "throughput": ("object2vec, batch 512, 2 *", "object2vec, *"),
    "text_search": ("hybrid, score fusion*", "hybrid, *", "model, *", "seed, *"),
    "personalised_search": (
        f"preference, weight {WEIGHTS['preference']:g}",
        "preference, *",
        "profile, *",
        "popularity, *",
        "words and meaning",
    ),
    "luma_pictures": ("object2vec: *", "object2vec, *", "without *", "no pictures: *"),
    "hybrid_search_92k": ("handler: filter*", "handler: *"),
    "hybrid_search_growth": ("1,000,000 items", "* items"),
    "search_http": ("16 clients", "* clients"),
    "search_start": ("search function*",),
    "preprocess": ("*",),
}
"""Benchmark → patterns of our systems, the first of what ships; where there is none it is `object2vec`."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What one system measured."""

    value: float
    role: Role


@dataclass(frozen=True, slots=True)
class Panel:
    """One metric of several systems, in the order in which they are drawn from the top."""

    metric: str
    marks: Mapping[str, Mark]
    goal: float | None = None


@dataclass(frozen=True, slots=True)
class MetricChange:
    """What one system adds to the first one, with its interval."""

    value: float
    low: float
    high: float
    effect: Effect


def less_is_better(metric: str) -> bool:
    """Whether a smaller number is better: errors, times, memory, multiples of the floor."""
    return bool(re.search(r"(?<!per)[_ ](ms|s|mb|mb_x4)$|^(mse|ece|of_floor)$", metric))


_SIDE_BY_SIDE = 4
"""Panels of a row: titles of more would run into each other."""


def panels(table: ResultTable) -> list[list[Panel]]:
    """The panels of the metrics that have a number to reach, or of all; those of the same systems stand in
    one row, or in several of `_SIDE_BY_SIDE`, the best system by the first of them on top."""
    rows: dict[frozenset[str], list[Panel]] = {}
    systems = list(rows_of(table))
    for metric in table.bars or table.metrics():
        marks = {name: Mark(values[metric], role) for name, role, values in systems if metric in values}
        row = rows.setdefault(frozenset(marks), [])
        order = list(row[0].marks) if row else _best_first(marks, metric)
        row.append(Panel(metric, {name: marks[name] for name in order}, table.bars.get(metric)))
    return [row[at : at + _SIDE_BY_SIDE] for row in rows.values() for at in range(0, len(row), _SIDE_BY_SIDE)]


def changes(table: ResultTable) -> dict[str, dict[str, MetricChange]]:
    """Metric → system → how it differs from the first row; of the metrics with intervals."""
    found: dict[str, dict[str, MetricChange]] = {}
    whole = table.rows[0].metrics
    for metric in table.metrics():
        for row in table.rows:
            low, high = row.metrics.get(f"{metric} low"), row.metrics.get(f"{metric} high")
            if low is not None and high is not None:
                gain = MetricChange(
                    row.metrics[metric] - whole[metric], low, high, _effect(metric, low, high)
                )
                found.setdefault(metric, {})[row.system] = gain
    return found


def positions(table: ResultTable) -> list[int]:
    """The numbers of a table whose systems are called `<number> <things>`; none for other tables."""
    counts = [re.fullmatch(r"([\d,]+) \w+", row.system) for row in table.rows]
    return [int(count[1].replace(",", "")) for count in counts if count] if all(counts) else []


def curves(table: ResultTable) -> dict[str, dict[str, list[float]]]:
    """Unit → metric → values along the `positions`."""
    found: dict[str, dict[str, list[float]]] = {}
    for metric in table.metrics():
        unit = metric if metric.endswith("_per_s") else re.split("[_ ]", metric)[-1]
        found.setdefault(unit, {})[metric] = [row.metrics[metric] for row in table.rows]
    return found


def rows_of(table: ResultTable) -> Iterator[tuple[str, Role, Mapping[str, float]]]:
    """Label, role and metrics of each row; systems of the same name get their note."""
    systems = [row.system for row in table.rows]
    patterns = OURS.get(table.name, ("object2vec",))
    for row in table.rows:
        label = row.system if systems.count(row.system) == 1 else f"{row.system}, {row.note}"
        role: Role = (
            "shipped" if matches(label, patterns[:1]) else "ours" if matches(label, patterns) else "peer"
        )
        yield label, role, row.metrics


def matches(label: str, patterns: Sequence[str]) -> bool:
    """Whether one of the patterns matches."""
    return any(fnmatchcase(label, pattern) for pattern in patterns)


def _best_first(marks: Mapping[str, Mark], metric: str) -> list[str]:
    return sorted(marks, key=lambda name: marks[name].value, reverse=not less_is_better(metric))


def _effect(metric: str, low: float, high: float) -> Effect:
    if low <= 0 <= high:
        return "undecided"
    return "better" if (low > 0) != less_is_better(metric) else "worse"
