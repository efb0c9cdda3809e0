"""The manifest of the version a pipeline run has built."""

from collections.abc import Mapping
from typing import Any

import orjson

from object2vec.model.artefact import MANIFEST
from object2vec.release.manifest import PREFIX, Manifest
from object2vec.store import ObjectStore


def candidate(store: ObjectStore, arguments: Mapping[str, str]) -> Manifest:
    """From the arguments of the pipeline's `Release` step. The same arguments give the same manifest.

    Raises NotFoundError if the index job's output is not there.
    """
    folder = f"{PREFIX}{arguments['version']}/"
    model = orjson.loads(store.get(f"{folder}encoder/{MANIFEST}"))
    return Manifest(
        version=arguments["version"],
        model_version=model["version"],
        kind=model["kind"],
        encoder=f"{folder}encoder/",
        index=f"{folder}index/",
        watermark=int(arguments["watermark"]),
        data_version=arguments["data_version"],
        model_artifact=arguments["model_artifact"],
        model_package=arguments["model_package"],
        metrics=_metrics(store, arguments["evaluation"]),
        created_at=arguments["created_at"],
    )


def _metrics(store: ObjectStore, evaluation_uri: str) -> dict[str, Any]:
    report = orjson.loads(store.get(evaluation_uri.removeprefix(f"{store.url}/")))
    metrics = report["metrics"]
    assert isinstance(metrics, dict)
    return metrics
