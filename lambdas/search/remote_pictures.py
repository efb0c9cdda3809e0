"""Pictures are read by a function of their own, whose packages do not fit into this one's bundle
(docs/adr/0027-pictures.md)."""

from base64 import b64encode
from typing import Any

import numpy as np
import orjson

from object2vec.core.arrays import Vector
from object2vec.core.errors import StoreUnavailableError
from object2vec.core.pictures import PictureError, PictureReader


def remote_reader(function: str) -> PictureReader | None:
    """None where no function is named."""
    return RemoteReader(function) if function else None


class RemoteReader:
    """Asks the function, and waits for the answer: a tenth of a second, and some seconds for the first."""

    def __init__(self, function: str, client: Any = None) -> None:
        self._function, self._client = function, client

    def vector(self, content: bytes) -> Vector:
        return np.array(self._asked("vector", content), np.float32)

    def keep(self, content: bytes) -> str:
        return str(self._asked("keep", content))

    def _asked(self, what: str, content: bytes) -> Any:
        if self._client is None:
            import boto3

            self._client = boto3.client("lambda")
        try:
            reply = self._client.invoke(
                FunctionName=self._function,
                Payload=orjson.dumps({"do": what, "content": b64encode(content).decode()}),
            )
            answer = orjson.loads(reply["Payload"].read())
            if "FunctionError" in reply:
                raise RuntimeError(answer.get("errorMessage", "no reason given"))
        except Exception as error:
            raise StoreUnavailableError(f"pictures cannot be read at the moment: {error}") from error
        if "refused" in answer:
            raise PictureError(answer["code"], answer["refused"])
        return answer[what]
