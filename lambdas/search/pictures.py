"""Pictures as the search function needs them: read by a function of their own, whose packages do not fit into
this one's bundle (docs/adr/0027-pictures.md), and shown at an address that a browser can open."""

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import numpy as np
import orjson

from lambdas.settings import SearchSettings
from object2vec.core.arrays import Vector
from object2vec.core.errors import StoreUnavailableError
from object2vec.core.keys import SHOWN_PICTURES
from object2vec.core.pictures import PictureError, PictureReader

SIGNED_S = 3_600
"""As long as a page with hits may be open. Signing needs no request."""


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
            from botocore.config import Config

            patience = Config(connect_timeout=2, read_timeout=12, retries={"total_max_attempts": 2})
            self._client = boto3.client("lambda", config=patience)
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


def picture_address(settings: SearchSettings) -> Callable[[str], str] | None:
    """The address of a stored picture: signed, for an hour, or a public one. None: none are shown."""
    if settings.images == "none":
        return None
    if settings.images == "public":
        return lambda key: settings.images_url + key.removeprefix(SHOWN_PICTURES)
    import boto3
    from botocore.config import Config

    bucket = settings.store_url.removeprefix("s3://")
    regional = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
    client = boto3.client("s3", config=regional)  # else signed for the host of all regions, which redirects
    return lambda key: str(
        client.generate_presigned_url("get_object", {"Bucket": bucket, "Key": key}, ExpiresIn=SIGNED_S)
    )
