"""`index=s3vectors`: takes away the vector indexes that no release needs any more."""

import os
from collections.abc import Collection

from object2vec.search.s3vectors.bucket import open_client, remove_indexes


def remove_vector_indexes(keep: Collection[str]) -> None:
    """Deletes all but those of these model versions. Does nothing without env VECTOR_BUCKET."""
    if bucket := os.environ.get("VECTOR_BUCKET"):
        remove_indexes(open_client(), bucket, keep)
