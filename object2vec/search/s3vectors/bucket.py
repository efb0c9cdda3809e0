"""The vector bucket as a whole: its client, and which indexes stay in it.

Nothing of a search engine is imported here: the functions that only clean up have none in their bundles. So
removal is not part of an engine's code in engine_code.py, which imports every engine.
"""

from collections.abc import Collection
from typing import Any

from object2vec.core.environment import EngineSettings
from object2vec.search import engines

LOOKS = "-looks-"
"""In the name of an index of looks: the model version stands before it."""
_ATTEMPTS = 8


def open_client() -> Any:
    """boto3's client, which waits and tries again when S3 Vectors throttles."""
    import boto3  # the embedded engine has none to load
    from botocore.config import Config

    return boto3.client(
        "s3vectors", config=Config(retries={"mode": "standard", "max_attempts": _ATTEMPTS}, read_timeout=10)
    )


def remove_vector_indexes(settings: EngineSettings, keep: Collection[str]) -> None:
    """Deletes all vector indexes but those of these model versions. Does nothing for another engine."""
    target = engines.target(settings.of_engine())
    if target.engine is engines.S3VECTORS:
        remove_indexes(open_client(), target.settings["bucket"], keep)


def remove_indexes(client: Any, bucket: str, keep: Collection[str]) -> None:
    """Deletes the bucket's vector indexes but those of these models. May be repeated; a bucket that is gone
    is fine."""
    pages = client.get_paginator("list_indexes").paginate(vectorBucketName=bucket)
    try:
        names = [index["indexName"] for page in pages for index in page["indexes"]]
    except client.exceptions.NotFoundException:
        return
    for name in names:
        if name.partition(LOOKS)[0] not in keep:
            client.delete_index(vectorBucketName=bucket, indexName=name)
