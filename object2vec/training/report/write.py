"""Writes report.html and report.json beside evaluation.json."""

import resource
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from object2vec.model.kinds import KIND as PAIRS
from object2vec.model.kinds import kind_of
from object2vec.model.retrieval.artefact import read_artefact
from object2vec.model.retrieval.items import item_sums
from object2vec.training.dataset import read_dataset
from object2vec.training.evaluation.systems import features_of
from object2vec.training.report.content import items_content, report_content
from object2vec.training.report.page import report_html

HTML, JSON = "report.html", "report.json"


def write_report(out: Path, source: Path, result: Mapping[str, Any], model: Path | None) -> None:
    """`source` is the dataset, `model` the artefact's folder; None for AWS's own image, whose vectors are not
    ours to draw. Models of pairs have no catalogue, so their report is metrics alone."""
    result = {**result, "memory_mb": _peak_mb()}
    if model is None or kind_of(model) == PAIRS:
        content = report_content(result)
    else:
        artefact, dataset = read_artefact(model), read_dataset(source)
        catalogue = dataset.catalogue
        vectors = item_sums(artefact.weights, features_of(dataset, artefact))
        popularity = dataset.train.popularity(len(catalogue))
        content = report_content(result, artefact.manifest) | items_content(
            catalogue, np.asarray(vectors, np.float32), popularity
        )
    (out / JSON).write_bytes(orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY))
    (out / HTML).write_text(report_html(content), encoding="utf-8")


def _peak_mb() -> float:
    """Of this process: Linux counts kilobytes, macOS bytes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(most) / (2**20 if sys.platform == "darwin" else 2**10)
