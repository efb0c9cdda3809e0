"""The gate: whether a new model may replace the live one, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Metrics = Mapping[str, Mapping[str, float]]

BEHAVIOUR, QUERIES, TEXT = "ndcg@10", "query_ndcg@10", "text_ndcg@10"
_JUDGED = ("model", "live", "popularity", "bm25", "bm25+model")


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """What the pipeline decides on."""

    passed: bool
    reason: str


def evaluation(metrics: Metrics, protocol: Mapping[str, Any]) -> dict[str, Any]:
    """The content of evaluation.json: the verdict, the metrics of each system, and how they were measured."""
    whole = dict(metrics) | {name: {} for name in _JUDGED if name not in metrics}
    verdict = judge(whole)
    return {
        "gate": {"passed": verdict.passed, "reason": verdict.reason},
        "metrics": whole,
        "protocol": dict(protocol),
    }


def judge(metrics: Metrics) -> GateVerdict:
    """Decides from the metrics of the systems model, live, popularity, bm25 and bm25+model.

    With held-out interactions: NDCG@10 above popularity and above the live model. Without: retrieval of texts
    by the held-out part of the search log, by pseudo-queries where there is none, above the live model, and
    fused with BM25 not below BM25 alone. With neither nothing can speak against the model that was trained on
    the newest data, so it passes and the reason says so.
    """
    if BEHAVIOUR in metrics["model"]:
        return _all(
            "next-item ndcg@10",
            _above("model", metrics["model"][BEHAVIOUR], "popularity", metrics["popularity"][BEHAVIOUR]),
            _above("model", metrics["model"][BEHAVIOUR], "live model", metrics["live"][BEHAVIOUR]),
        )
    for metric, what in ((QUERIES, "held-out queries' ndcg@10"), (TEXT, "text retrieval ndcg@10")):
        if metric not in metrics["model"]:
            continue
        fused, alone = metrics["bm25+model"][metric], metrics["bm25"][metric]
        return _all(
            f"no held-out interactions; {what}",
            _above("model", metrics["model"][metric], "live model", metrics["live"][metric]),
            (
                fused >= alone,
                f"bm25+model {fused:.4f} {'not below' if fused >= alone else 'below'} bm25 {alone:.4f}",
            ),
        )
    return GateVerdict(
        True,
        "passed unmeasured: no user bought anything after the training period and no text has three words to"
        " make a query from, so there is nothing to compare on",
    )


def _above(name: str, value: float, other: str, bar: float) -> tuple[bool, str]:
    passed = value > bar
    return passed, f"{name} {value:.4f} {'above' if passed else 'not above'} {other} {bar:.4f}"


def _all(what: str, *checks: tuple[bool, str]) -> GateVerdict:
    passed = all(check for check, _ in checks)
    return GateVerdict(
        passed, f"{'passed' if passed else 'refused'}: {what}: {', '.join(text for _, text in checks)}"
    )
