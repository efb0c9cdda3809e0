"""S3 events of `uploads/images/`, through EventBridge and SQS: pictures are encoded, and items get the
vectors and words of theirs. A file owns the pictures it brought, as a catalogue file owns its rows."""

from base64 import b64decode
from collections.abc import Mapping
from functools import cache, partial

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.preprocess.handler import take
from lambdas.settings import PicturesSettings
from object2vec.core.keys import IMAGE_UPLOADS
from object2vec.core.pictures import PictureError
from object2vec.ingest.owner import MakeOwner
from object2vec.ingest.pictures.encode import InProcessReader
from object2vec.ingest.pictures.owner import PictureOwner
from object2vec.model.pictures.encoder import EfficientNetLite
from object2vec.storage import ObjectStore, open_store


def handler(event: dict[str, object], context: LambdaContext) -> PartialItemFailureResponse:
    """Answers with the messages to deliver again: those on which the store failed. Raises if all did."""
    return take(_store(), event, context, owners())


def look(event: Mapping[str, str], context: LambdaContext) -> dict[str, object]:  # noqa: ARG001
    """Answers the search function about a picture that somebody sent: with its `vector`, or by keeping it."""
    content = b64decode(event["content"])
    try:
        if event["do"] == "keep":
            return {"keep": _reader().keep(content)}
        return {"vector": _reader().vector(content).tolist()}
    except PictureError as error:
        return {"code": error.code, "refused": str(error)}


@cache
def _reader() -> InProcessReader:
    return InProcessReader(_store(), EfficientNetLite)


@cache
def owners() -> Mapping[str, MakeOwner]:
    """The reader of pictures. The network is loaded with the first picture."""
    return {IMAGE_UPLOADS: partial(PictureOwner, encoder=EfficientNetLite())}


@cache
def _store() -> ObjectStore:
    return open_store(PicturesSettings.read().store_url)
