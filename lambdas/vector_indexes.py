"""`index=s3vectors`: takes away the vector indexes that no release needs any more."""

from collections.abc import Collection

from object2vec.core.environment import EngineSettings
from object2vec.search import formats
from object2vec.search.s3vectors.bucket import open_client, remove_indexes


def remove_vector_indexes(settings: EngineSettings, keep: Collection[str]) -> None:
    """Deletes all but those of these model versions. Does nothing for another engine."""
    target = formats.target(settings.of_engine())
    if target.engine is formats.S3VECTORS:
        remove_indexes(open_client(), target.settings["bucket"], keep)
