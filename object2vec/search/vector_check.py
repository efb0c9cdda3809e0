"""Whether the live model can read the dense vector of an item that is put."""

from object2vec.core.catalog import CatalogItem, vector_in
from object2vec.core.encoder import WithVectors
from object2vec.core.errors import BadRequestError, StartingError
from object2vec.search.live import LiveIndex


def check_vector(item: CatalogItem, live: LiveIndex) -> None:
    """Any will do before the first release, and for a model without vectors. Raises BadRequestError."""
    vector = vector_in(item.metadata)
    if vector is None:
        return
    try:
        encoder = live.get().encoder
    except StartingError:
        return
    read = encoder.vector_length if isinstance(encoder, WithVectors) else None
    if read is not None and len(vector) != read:
        raise BadRequestError(
            f"metadata.vector has {len(vector)} numbers, the live model reads {read}: send one like the"
            " others, or upload the whole catalogue with new ones to uploads/catalog/ and train again"
        )
