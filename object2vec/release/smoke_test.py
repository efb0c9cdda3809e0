"""The smoke test of an endpoint: does it answer with the model it was started for? One real invocation."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from object2vec.core.arrays import Vectors
from object2vec.core.encoder import Encoder
from object2vec.core.endpoints import Endpoints
from object2vec.model.builtin.encoder import BuiltinEncoder, load_encoder
from object2vec.release.manifest import Manifest
from object2vec.storage import ObjectStore

SMOKE_TEXT = "a red shirt"
SMOKE_TOKENS = (1,)
SMOKE_COSINE = 0.999


def smoke_test(store: ObjectStore, endpoints: Endpoints, manifest: Manifest) -> str:
    """The fault of the endpoint's answer; empty if it agrees with the exported encoder."""
    name = endpoints.name_for(manifest.model_version)
    encoder = released_encoder(store, manifest)
    if isinstance(encoder, BuiltinEncoder):
        answer = endpoints.embed(name, encoder.manifest.probe_tokens)
        expected = np.asarray(encoder.manifest.probe_vector, np.float32)
        return (
            ""
            if _same_direction(answer.vector, expected)
            else f"endpoint {name} is not the model of the index"
        )
    pairs = manifest.kind == "pairs"
    answer = endpoints.embed(name, SMOKE_TOKENS if pairs else SMOKE_TEXT)
    if answer.model_version != manifest.model_version:
        return f"endpoint {name} serves {answer.model_version}, not {manifest.model_version}"
    if pairs:  # it takes no texts, and search uses the release's own encoder
        finite = np.isfinite(np.asarray(answer.vector, np.float32)).all()
        return "" if finite else f"endpoint {name} answers with something that is not a number"
    if not _same_direction(answer.vector, encoder.encode_queries([SMOKE_TEXT])[0]):
        return f"endpoint {name} and the exported encoder disagree on {SMOKE_TEXT!r}"
    return ""


def _same_direction(got: Sequence[float], expected: Vectors) -> bool:
    """Whether two vectors (d,) have the same direction; False if one holds something that is not finite."""
    answer = np.asarray(got, np.float32)
    if answer.shape != expected.shape or not np.isfinite(answer).all():
        return False
    norms = float(np.linalg.norm(answer) * np.linalg.norm(expected))
    return float(answer @ expected) >= SMOKE_COSINE * norms > 0


def released_encoder(store: ObjectStore, manifest: Manifest) -> Encoder:
    """The torch-free encoder of a release."""
    with tempfile.TemporaryDirectory() as folder:
        for entry in store.list(manifest.encoder):
            store.download(entry.key, Path(folder) / entry.key.removeprefix(manifest.encoder))
        return load_encoder(Path(folder))
