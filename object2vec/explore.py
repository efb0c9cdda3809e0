"""A release in a notebook: its vectors, its answers and a picture of them, in a few lines.

from object2vec.explore import Release

release = Release.load(".work/local")
release.embed_texts(["waterproof tent"])      # (1, dim)
release.search("tent", limit=3)               # the hits that the API would give
release.plot()
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from object2vec.core.arrays import Matrix, Vectors
from object2vec.core.catalog import CatalogItem
from object2vec.core.encoder import Encoder
from object2vec.core.errors import UnknownItemError
from object2vec.core.pictures import PictureReader
from object2vec.search.answers import Answer
from object2vec.search.index import Request
from object2vec.search.live import LiveIndex
from object2vec.search.loading import Live
from object2vec.search.service import SearchService
from object2vec.storage import ObjectStore, item_log, open_store
from object2vec.storage.item_log import replay

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DRAWN = 1_000
_CATEGORIES = 8
_OTHERS = "#8a929c"

PictureFile = str | Path | bytes
"""A file of a picture, or its bytes."""


class Release:
    """The live release of a store, as the API answers from it. Reads; changes nothing."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._index = LiveIndex(store)
        self._service = SearchService(store, self._index, picture_reader=self._pictures)

    @classmethod
    def load(cls, where: str | Path) -> "Release":
        """`where` is the folder that `serve` worked in (`--work`), or `s3://` and a deployed stack's bucket.

        Raises FileNotFoundError for a folder without a store, StartingError where nothing is live yet."""
        if str(where).startswith("s3://"):
            release = cls(open_store(str(where)))
        else:
            folder = Path(where).absolute() / "store"
            if not folder.is_dir():
                raise FileNotFoundError(
                    f"{folder} is not there: name the --work folder of `object2vec serve`"
                )
            release = cls(open_store(folder.as_uri()))
        _ = release._live
        return release

    @property
    def version(self) -> str:
        """The version of the live model."""
        return self._live.manifest.model_version

    @property
    def metrics(self) -> Mapping[str, Any]:
        """The metrics of the evaluation before the release, by system."""
        return self._live.manifest.metrics

    @cached_property
    def items(self) -> Mapping[str, CatalogItem]:
        """The catalogue, by id."""
        return replay(item_log.read(self._store))[0]

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """(n, dim) unit vectors of queries; zeros for a text of unknown words alone."""
        return self._encoder.encode_queries(texts)

    def embed_items(self, items: Sequence[str | CatalogItem]) -> Vectors:
        """(n, dim) vectors of items: ids of the catalogue, or items that it does not have. They can be
        compared with those of texts. Raises UnknownItemError."""
        return self._encoder.encode_items([self._item(item) for item in items])

    def embed_pictures(self, pictures: Sequence[PictureFile]) -> Vectors:
        """(n, k) vectors of pictures, which can be compared only with each other. Raises PictureError."""
        return np.stack([self._pictures.vector(_bytes(picture)) for picture in pictures])

    def search(
        self, query: str = "", *, picture: PictureFile | None = None, limit: int = 10
    ) -> list[dict[str, Any]]:
        """The hits for words, for a picture, or for both."""
        image = None if picture is None else _bytes(picture)
        return self._service.search(Request(text=query, limit=limit), image=image).hits

    def similar(self, item_id: str, *, limit: int = 10) -> list[dict[str, Any]]:
        """Items similar to an item. Raises UnknownItemError."""
        return self._service.similar(item_id, Request(limit=limit)).hits

    def recommend(self, history: Sequence[str], *, limit: int = 10) -> Answer:
        """Recommendations for a session of item ids, oldest first."""
        return self._service.recommend(Request(limit=limit), history=history)

    def plot(self, field: str = "category", *, most: int = DRAWN) -> "Figure":
        """The items in the two directions in which their vectors differ most, coloured by a field."""
        from matplotlib.figure import Figure

        items = list(self.items.values())[:: max(1, len(self.items) // most)][:most]
        places = _two_dimensions(self.embed_items(items))
        values = [str(item.metadata.get(field, "")) for item in items]
        frequent = [value for value, _ in Counter(values).most_common(_CATEGORIES) if value]
        figure = Figure(figsize=(9, 6), layout="constrained")
        axes = figure.subplots()
        for value in [*frequent, ""]:
            chosen = [v == value if value else v not in frequent for v in values]
            if any(chosen):
                x, y = places[chosen].T
                label, colour = value or "others", None if value else _OTHERS
                axes.scatter(x, y, s=12, alpha=0.7, label=label, color=colour)
        axes.legend(frameon=False, fontsize="small")
        axes.set(title=f"{len(items):,} items of {self.version}", xticks=[], yticks=[])
        return figure

    @property
    def _live(self) -> Live:
        return self._index.get()

    @property
    def _encoder(self) -> Encoder:
        return self._live.encoder

    def _item(self, item: str | CatalogItem) -> CatalogItem:
        if isinstance(item, CatalogItem):
            return item
        found = self._live.index.snapshot.get(item)
        if found is None:
            raise UnknownItemError(item)
        return found

    @cached_property
    def _pictures(self) -> PictureReader:
        from object2vec.ingest.pictures.encode import InProcessReader
        from object2vec.model.pictures.encoder import EfficientNetLite

        return InProcessReader(self._store, EfficientNetLite)


def _bytes(picture: PictureFile) -> bytes:
    return picture if isinstance(picture, bytes) else Path(picture).read_bytes()


def _two_dimensions(vectors: Matrix) -> Matrix:
    """(n, 2) of (n, d): the two directions with the most variance."""
    centred = vectors - vectors.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    return np.asarray(centred @ axes[:2].T, np.float32)
