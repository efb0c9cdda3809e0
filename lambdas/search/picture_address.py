"""Where a browser finds a picture: in the bucket by a signed address that ends, or behind an open one."""

from collections.abc import Callable

from lambdas.settings import SearchSettings
from object2vec.ingest.pictures.kept import SHOWN

SIGNED_S = 3_600
"""As long as a page with hits may be open. Signing needs no request."""


def picture_address(settings: SearchSettings) -> Callable[[str], str] | None:
    """None where pictures are not shown."""
    if settings.images == "none":
        return None
    if settings.images == "public":
        return lambda key: settings.images_url + key.removeprefix(SHOWN)
    import boto3
    from botocore.config import Config

    bucket = settings.store_url.removeprefix("s3://")
    client = boto3.client("s3", config=Config(signature_version="s3v4"))
    return lambda key: str(
        client.generate_presigned_url("get_object", {"Bucket": bucket, "Key": key}, ExpiresIn=SIGNED_S)
    )
