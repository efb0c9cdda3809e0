"""Writes report.html and report.json beside evaluation.json."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from object2vec.core.step_cost import StepCost
from object2vec.model.retrieval.artefact import Artefact
from object2vec.model.retrieval.items import item_sums
from object2vec.training.dataset import Dataset
from object2vec.training.evaluation.systems import features_of
from object2vec.training.report.content import items_content, report_content
from object2vec.training.report.page import report_html

HTML, JSON = "report.html", "report.json"


def write_report(
    out: Path,
    result: Mapping[str, Any],
    artefact: Artefact | None = None,
    dataset: Dataset | None = None,
    *,
    costs: Mapping[str, StepCost | None] | None = None,
    previous: Sequence[Mapping[str, Any]] = (),
) -> None:
    """`artefact` and the `dataset` it was evaluated on draw its items; without them (models of pairs have no
    catalogue, the vectors of AWS's own image are not ours to draw) the report is metrics alone. `costs` are
    those of the steps so far by their names, `previous` the records of `previous_releases`."""
    if artefact is None or dataset is None:
        content = report_content(result)
    else:
        catalogue = dataset.catalogue
        vectors = item_sums(artefact.weights, features_of(dataset, artefact))
        popularity = dataset.train.popularity(len(catalogue))
        content = report_content(result, artefact.manifest) | items_content(catalogue, vectors, popularity)
    content |= {
        "steps": {name: asdict(cost) for name, cost in (costs or {}).items() if cost is not None},
        "earlier": [dict(release) for release in previous],
    }
    (out / JSON).write_bytes(orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY))
    (out / HTML).write_text(report_html(content), encoding="utf-8")
