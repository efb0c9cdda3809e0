"""Batch transforms on this machine, with our predictor of pairs in place of AWS's own image.

https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform.html: each object under the
input's prefix is answered line by line, in an object of the same name plus `.out`.
"""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from object2vec.model.archive import unpack
from object2vec.serving.app import load_predictor
from object2vec.serving.payload import Answering
from object2vec.storage import ObjectStore

LINES_A_REQUEST = 500


class Transforms:
    """The models that a pipeline names, and transforms with them."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._models: dict[str, Mapping[str, Any]] = {}

    def create_model(self, name: str, request: Mapping[str, Any]) -> str:
        """Takes a `CreateModel` request; the model's name."""
        self._models[name] = request["PrimaryContainer"]
        return name

    def run(self, request: Mapping[str, Any]) -> None:
        """Runs a `CreateTransformJob` request."""
        source, target = request["TransformInput"], request["TransformOutput"]
        prefix = self._key(source["DataSource"]["S3DataSource"]["S3Uri"])
        predictor = self._predictor(self._models[request["ModelName"]])
        for entry in list(self._store.list(f"{prefix}/")):
            lines = self._store.get(entry.key).splitlines()
            answers = _answers(predictor, lines, source["ContentType"], target["Accept"])
            name = entry.key.removeprefix(f"{prefix}/")
            self._store.put(f"{self._key(target['S3OutputPath'])}/{name}.out", b"".join(answers))

    def _predictor(self, container: Mapping[str, Any]) -> Answering:
        with tempfile.TemporaryDirectory() as scratch:
            archive = Path(scratch) / "model.tar.gz"
            self._store.download(self._key(container["ModelDataUrl"]), archive)
            unpack(archive, Path(scratch) / "model")
            mode = container["Environment"]["INFERENCE_PREFERRED_MODE"]
            return load_predictor(Path(scratch) / "model", mode)

    def _key(self, uri: str) -> str:
        return uri.removeprefix(f"{self._store.url}/")


def _answers(predictor: Answering, lines: list[bytes], content_type: str, accept: str) -> Iterator[bytes]:
    for at in range(0, len(lines), LINES_A_REQUEST):
        reply = predictor.invoke(b"\n".join(lines[at : at + LINES_A_REQUEST]), content_type, accept)
        yield from (orjson.dumps(orjson.loads(line)) + b"\n" for line in reply.body.splitlines())
