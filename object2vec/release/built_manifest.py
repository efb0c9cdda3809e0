"""Makes the manifest of the version that a pipeline run has built.

It holds the digests of the headers, so that nobody can change a live release unnoticed: the headers of
encoder and index hold the digests of the files beside them, a ranker its own checksum, and no job may write
the manifest. Whoever loads a release checks both.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from object2vec.core.keys import RELEASES
from object2vec.model.retrieval.artefact import MANIFEST
from object2vec.release.manifest import Manifest
from object2vec.storage import NotFoundError, ObjectStore

MODEL = "model.json"
ARCHIVE = "model.tar.gz"


def built_manifest(store: ObjectStore, arguments: Mapping[str, str]) -> Manifest:
    """The manifest for the arguments of the pipeline's `Release` step. Equal arguments give equal manifests.

    Raises NotFoundError if the index job's output or the model's archive is not there.
    """
    folder = f"{RELEASES}{arguments['version']}/"
    model = _model(store, folder)
    if not any(store.list(f"{folder}index/")):
        raise NotFoundError(f"{folder}index/")
    return Manifest(
        version=arguments["version"],
        model_version=model["version"],
        kind=model["kind"],
        encoder=f"{folder}encoder/",
        index=f"{folder}index/",
        ranker=f"{folder}ranker/" if any(store.list(f"{folder}ranker/")) else None,
        watermark=int(arguments["watermark"]),
        data_version=arguments["data_version"],
        model_artifact=_kept(store, folder, arguments["model_artifact"]),
        model_package=arguments["model_package"],
        metrics=_metrics(store, arguments["evaluation"]),
        digests=_digests(store, folder),
        created_at=arguments["created_at"],
    )


def _kept(store: ObjectStore, folder: str, trained: str) -> str:
    """The URI of the trained archive, copied to where no job writes: a machine that is added to the endpoint
    later loads the very archive that was tested before the version went live."""
    key, source = f"{folder}{ARCHIVE}", trained.removeprefix(f"{store.url}/")
    if source == key:
        return trained
    if store.head(key) is None:
        store.copy(source, key)
    return f"{store.url}/{key}"


def header_digests(store: ObjectStore, prefix: str) -> dict[str, str]:
    """SHA-256 of the headers below a prefix, by key: its JSON files, which are small."""
    return _digests_of(store, [entry.key for entry in store.list(prefix) if entry.key.endswith(".json")])


def _digests(store: ObjectStore, folder: str) -> dict[str, str]:
    parts = (header_digests(store, f"{folder}{part}/") for part in ("encoder", "index"))
    return {key: digest for found in parts for key, digest in found.items()} | _ranker_digests(
        store, f"{folder}ranker/"
    )


def _ranker_digests(store: ObjectStore, prefix: str) -> dict[str, str]:
    """The digests of all files of a ranker, which has no header."""
    return _digests_of(store, [entry.key for entry in store.list(prefix)])


def _digests_of(store: ObjectStore, keys: Sequence[str]) -> dict[str, str]:
    return {key: hashlib.sha256(store.get(key)).hexdigest() for key in keys}


def _model(store: ObjectStore, folder: str) -> dict[str, Any]:
    """The model's manifest: the encoder's, except for a model that has no encoder for search."""
    try:
        record: dict[str, Any] = orjson.loads(store.get(f"{folder}{MODEL}"))
    except NotFoundError:
        record = orjson.loads(store.get(f"{folder}encoder/{MANIFEST}"))
    return record


def _metrics(store: ObjectStore, evaluation_uri: str) -> dict[str, Any]:
    report = orjson.loads(store.get(evaluation_uri.removeprefix(f"{store.url}/")))
    metrics = report["metrics"]
    assert isinstance(metrics, dict)
    return metrics | ({"ranker": report["ranker"]} if "ranker" in report else {})
