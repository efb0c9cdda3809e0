"""Results of an evaluation: every metric with its mean, its 95 % interval and the number of users."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from object2vec.core.arrays import Scores
from object2vec.training.evaluation.gate import USERS
from object2vec.training.evaluation.intervals import Measured
from object2vec.training.holdouts import Holdout
from object2vec.training.ranking_metrics import Scorer, View, best_in_views, user_metrics

_DECIDING = "ndcg@10"


class Results:
    """One value for every user or query, by test, metric and system."""

    def __init__(self) -> None:
        self._values: dict[str, dict[str, dict[str, Scores]]] = {}
        self._means: dict[str, dict[str, float]] = {}

    def add(self, test: str, system: str, values: Mapping[str, Scores]) -> None:
        """Adds a system's values in a test: one for each user, by metric."""
        for metric, numbers in values.items():
            self._values.setdefault(test, {}).setdefault(metric, {})[system] = numbers

    def add_mean(self, system: str, metric: str, value: float) -> None:
        """Adds a number that has no users, a coverage say."""
        self._means.setdefault(system, {})[metric] = value

    def repeat(self, system: str, name: str) -> None:
        """Gives the results of a system, alone and with words, to an equal system of another name."""
        for by_system in (systems for metrics in self._values.values() for systems in metrics.values()):
            for prefix in ("", "bm25+"):
                if prefix + system in by_system:
                    by_system[prefix + name] = by_system[prefix + system]
        self._means[name] = dict(self._means.get(system, {}))

    def measured(self, test: str) -> Measured | None:
        """The metric of a test that the gate compares; None where the test has no users."""
        values = self._values.get(test, {}).get(_DECIDING, {})
        return Measured(values) if values and len(next(iter(values.values()))) else None

    def record(self) -> dict[str, Any]:
        """`metrics` by system, with `intervals` of the same form and `counts` by metric."""
        metrics: dict[str, dict[str, float]] = {}
        intervals: dict[str, dict[str, list[float]]] = {}
        counts: dict[str, int] = {}
        for test, by_metric in self._values.items():
            prefix = "" if test == USERS else f"{test}_"
            for metric, values in by_metric.items():
                measured = Measured(values)
                if not measured.count:
                    continue
                counts[prefix + metric] = measured.count
                for system, numbers in values.items():
                    low, high = measured.interval(system)
                    metrics.setdefault(system, {})[prefix + metric] = float(numbers.mean())
                    intervals.setdefault(system, {})[prefix + metric] = [round(low, 5), round(high, 5)]
        for system, means in self._means.items():
            metrics.setdefault(system, {}).update(means)
        return {"metrics": metrics, "intervals": intervals, "counts": counts}


@dataclass(frozen=True, slots=True)
class UserTest:
    """A test over users: lists are compared with what they took next, in one or several views."""

    name: str
    users: Holdout
    views: Sequence[View]

    def add(self, results: Results, system: str, scorer: Scorer) -> None:
        """Measures a system's lists and adds the results."""
        users = self.users
        tops = best_in_views(len(users), scorer, self.views, users.histories)
        for view, top in zip(self.views, tops, strict=True):
            relevant, asked = list(users.relevant), np.arange(len(users))
            if view.prefix == "new":  # of what they took, the items that are new to them
                pairs = zip(users.relevant, users.histories, strict=True)
                relevant = [np.setdiff1d(wanted, history) for wanted, history in pairs]
                asked = np.flatnonzero([len(wanted) > 0 for wanted in relevant])
                if not len(asked):  # everybody took again what they had
                    continue
            name = self.name if not view.prefix else view.prefix
            values = user_metrics([relevant[at] for at in asked.tolist()], top[asked])
            results.add(name, system, values)
            coverage = len(np.unique(top[:, :10])) / max(int(view.allowed.sum()), 1)
            prefix = "" if name == USERS else f"{name}_"
            results.add_mean(system, f"{prefix}coverage@10", float(coverage))
