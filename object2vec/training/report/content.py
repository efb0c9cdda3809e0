"""The content of a model report, as JSON: from evaluation.json, the model's manifest and its item vectors."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from object2vec.core.arrays import Matrix, Rows
from object2vec.model.retrieval.artefact import ModelManifest
from object2vec.model.retrieval.forward import unit
from object2vec.training.dataset import Catalogue
from object2vec.training.evaluation.evaluation_set import HISTORY_LENGTHS
from object2vec.training.evaluation.gate import served

FORMAT = 1
_INSIDE = 0.98
"""The share of the items on the map between whose coordinates it is drawn."""
_ON_MAP = 1_200
_KNOWN, _NEIGHBOURS = 8, 5
_NAME = 80
_CATEGORIES = ("category", "department", "genre", "genres", "type", "brand")
_NAMES = ("title", "name")


def report_content(result: Mapping[str, Any], manifest: ModelManifest | None = None) -> dict[str, Any]:
    """`result` is the content of evaluation.json; `manifest` is None for models that are not ours to read."""
    protocol = result.get("protocol", {})
    return {
        "format": FORMAT,
        "model": protocol.get("model", manifest.version if manifest else ""),
        "compared_with": protocol.get("live", ""),
        "gate": result["gate"],
        "ranker": result.get("ranker"),
        "data": dict(manifest.data) if manifest else {},
        "warnings": list(result.get("data_notes", ())),
        "curve": [dict(epoch) for epoch in manifest.metrics.get("history", ())] if manifest else [],
        "validated": dict(manifest.metrics.get("validated", {})) if manifest else {},
        "settings": dict(manifest.hyperparameters) if manifest else {},
        "metrics": _by_metric(result),
        "segments": _segments(result),
        "examples": result.get("examples", {}),
        "first_items": result.get("first_items", {}),
        "protocol": protocol,
        "tasks": _tasks(manifest.metrics) if manifest else [],
        "steps": {},
        "earlier": [],
        "map": [],
        "neighbours": [],
    }


def items_content(catalogue: Catalogue, vectors: Matrix, popularity: Rows) -> dict[str, Any]:
    """The map and the neighbours, of the items with the most interactions.

    `vectors` (items, d) need not have length 1; rows of zeros are items the model knows nothing of.
    """
    vectors = unit(vectors)
    known = np.flatnonzero(np.linalg.norm(vectors, axis=1) > 0)
    known = known[np.argsort(-popularity[known], kind="stable")]
    drawn = known[:_ON_MAP]
    places = _two_dimensions(vectors[drawn])
    return {
        "map": [
            {"name": _name(catalogue, item), "category": _category(catalogue, item), "x": x, "y": y}
            for item, (x, y) in zip(drawn.tolist(), places.round(4).tolist(), strict=True)
        ],
        "neighbours": [
            {"name": _name(catalogue, item), "near": _near(catalogue, vectors, item)}
            for item in _well_known(catalogue, known.tolist())
        ],
    }


def _well_known(catalogue: Catalogue, known: Sequence[int]) -> list[int]:
    """The first items of `known`, each of a category of its own where there are enough categories."""
    leading: dict[str, int] = {}
    for item in known:
        leading.setdefault(_category(catalogue, item), item)
    chosen = list(leading.values())[:_KNOWN]
    return chosen if len(chosen) == _KNOWN else list(known[:_KNOWN])


def _tasks(metrics: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each task's part of the training: its weight, the pairs it saw, its loss at the first and at the last
    epoch, and its share of the weighted loss at the end. Older models do not have it."""
    tasks, history = metrics.get("tasks", {}), metrics.get("history", ())
    if not tasks or not history:
        return []
    first, last = history[0]["losses"], history[-1]["losses"]
    total = sum(task["weight"] * last[name] for name, task in tasks.items())
    return [
        {
            "name": name,
            "weight": task["weight"],
            "pairs": task["pairs"],
            "first_loss": first[name],
            "last_loss": last[name],
            "share": task["weight"] * last[name] / total if total else 0.0,
        }
        for name, task in tasks.items()
    ]


def _by_metric(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each metric with the systems that have it, best first."""
    metrics, intervals = result["metrics"], result.get("intervals", {})
    names = dict.fromkeys(name for values in metrics.values() for name in values)
    return [
        {
            "name": name,
            "n": result.get("counts", {}).get(name),
            "systems": sorted(
                (
                    {
                        "name": system,
                        "value": values[name],
                        "interval": intervals.get(system, {}).get(name),
                    }
                    for system, values in metrics.items()
                    if name in values
                ),
                key=lambda system: -system["value"],
            ),
        }
        for name in names
    ]


def _segments(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """NDCG@10 by how many events are known of a shopper: the served model, the live one, the popular list and
    the strongest way to count."""
    metrics, intervals = result["metrics"], result.get("intervals", {})
    systems = {
        "model": served(metrics, "model"),
        "live": served(metrics, "live"),
        "popularity": "popularity",
        "user-knn": "user-knn",
    }
    rows = []
    for known in HISTORY_LENGTHS:
        metric = f"last_{known}_ndcg@10"
        values = {
            name: {
                "value": metrics[system][metric],
                "interval": intervals.get(system, {}).get(metric),
            }
            for name, system in systems.items()
            if metric in metrics.get(system, {})
        }
        if values:
            rows.append({"known": known, "n": result.get("counts", {}).get(metric), "systems": values})
    return rows


def _two_dimensions(vectors: Matrix) -> Matrix:
    """(n, 2) of (n, d): the two directions with the most variance, each from -1 to 1. What lies farther out
    than nearly all others stands at the edge, so that it does not squeeze them."""
    if len(vectors) < 3:
        return np.zeros((len(vectors), 2), np.float32)
    centred = vectors - vectors.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    flat = centred @ axes[:2].T
    flat -= np.median(flat, axis=0)
    reach = np.quantile(np.abs(flat), _INSIDE, axis=0, method="lower")
    return np.asarray(np.clip(flat / np.maximum(reach, 1e-9), -1, 1), np.float32)


def _near(catalogue: Catalogue, vectors: Matrix, item: int) -> list[dict[str, Any]]:
    cosines = np.where(vectors.any(axis=1), vectors @ vectors[item], -np.inf)
    cosines[item] = -np.inf
    nearest = np.argsort(-cosines, kind="stable")[:_NEIGHBOURS].tolist()
    best = [at for at in nearest if np.isfinite(cosines[at])]  # a small shop has fewer
    return [{"name": _name(catalogue, at), "cosine": round(float(cosines[at]), 3)} for at in best]


def _name(catalogue: Catalogue, item: int) -> str:
    metadata = catalogue.metadata[item]
    given = next((str(metadata[name]) for name in _NAMES if metadata.get(name)), "")
    return (given or catalogue.texts[item] or f"Item {catalogue.ids[item]}")[:_NAME]


def _category(catalogue: Catalogue, item: int) -> str:
    metadata = catalogue.metadata[item]
    value = next((metadata[name] for name in _CATEGORIES if metadata.get(name)), "")
    first: object = (
        value[0] if isinstance(value, Sequence) and not isinstance(value, str) and value else value
    )
    return str(first)
