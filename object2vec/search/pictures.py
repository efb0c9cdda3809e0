"""Searches by a picture, and writes the fields about an item's own."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator

import numpy as np

from object2vec.core.arrays import Vector
from object2vec.core.catalog import CatalogItem, as_written, pictures_in
from object2vec.core.errors import BadRequestError, NoCategoriesError, UnsupportedError
from object2vec.core.pictures import WIDTHS, PictureError, PictureReader
from object2vec.ingest.pictures.attach import MAX_VIEWS, ShownItem, attached, mark
from object2vec.ingest.pictures.kept import current_encoder, shown_key
from object2vec.ingest.pictures.names import IsItem, folded, stems_of
from object2vec.ingest.pictures.table import API, Claim, PictureTable, change, item_path
from object2vec.model.retrieval.categories import Prediction
from object2vec.search.filters import AnyOf, Not
from object2vec.search.index import Request, require
from object2vec.search.loading import Live
from object2vec.search.model_answers import Categorised, category_field
from object2vec.storage import ObjectStore
from object2vec.storage.log_records import Change, Removed, change_line, digest

FIRST_CHECK_S = 5.0
"""For so long it is assumed that the shop still has no picture."""
NEIGHBOURS, SHARPNESS = 30, 20.0
"""Items that a picture's category is asked of, and how much more the nearest of them count."""

Address = Callable[[str], str]
"""Where a browser finds the object of a key."""


class Pictures:
    """The pictures of one store."""

    def __init__(
        self,
        store: ObjectStore,
        reader: PictureReader | None = None,
        address: Address | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`reader` is None where nothing reads pictures, `address` where none is shown."""
        self._store, self._given, self._address, self._clock = store, reader, address, clock
        self._version: str | None = None
        self._checked_at = -float("inf")

    def addresses(self, item: CatalogItem) -> dict[str, str]:
        """The addresses of the item's first picture: `image`, and `thumbnail`, which is smaller."""
        return next(self._all_addresses(item), {})

    def all_addresses(self, item: CatalogItem) -> list[dict[str, str]]:
        """The same of all its pictures, the first one first."""
        return list(self._all_addresses(item))

    def _all_addresses(self, item: CatalogItem) -> Iterator[dict[str, str]]:
        if self._address is None:
            return
        for name in pictures_in(item.metadata):
            small, large = (self._address(shown_key(name, width)) for width in WIDTHS)
            yield {"image": large, "thumbnail": small}

    def vector(self, content: bytes) -> Vector:
        """(p,) of a picture that somebody sent. Raises BadRequestError, UnsupportedError."""
        try:
            return self._reader.vector(content)
        except PictureError as error:
            raise BadRequestError(f"image: {error}") from error

    def lines_of(self, item: Change, at: float, is_item: IsItem) -> tuple[Change, bytes]:
        """The change with what the item's pictures say, and the lines for the log, which have both."""
        if isinstance(item, Removed):
            return item, change_line(item, at) + b"\n"
        item = CatalogItem(item.id, item.text, as_written(item.metadata))
        line = change_line(item, at) + b"\n"
        version = self._current()
        if version is None:
            return item, line
        joined = self._joined(item, version, is_item, digest(line[:-1]))
        return (joined.item, line + joined.line + b"\n") if joined.shown else (item, line)

    def take(self, item_id: str, content: bytes) -> str:
        """Makes it the item's one picture; gives the marker that says that the item has to be checked
        again. Raises BadRequestError, UnsupportedError."""
        try:
            name = self._reader.keep(content)
        except PictureError as error:
            raise BadRequestError(f"image: {error}") from error
        marker = mark(self._store, [folded(item_id)])
        change(self._store, Claim("", API, time.time()), {item_path(item_id): name})
        return marker

    def shown(self, item: CatalogItem, is_item: IsItem) -> ShownItem:
        """The item with what its pictures say now."""
        self._version = current_encoder(self._store) or ""
        return self._joined(item, self._version, is_item)

    def _joined(self, item: CatalogItem, version: str, is_item: IsItem, of: int | None = None) -> ShownItem:
        written = ShownItem.of_item(item, of)
        table = PictureTable.read(self._store, stems_of(item.id, written.metadata))
        wanted = table.of(item.id, written.metadata, is_item)[:MAX_VIEWS]
        (joined,) = attached(self._store, [(written, wanted)], version)
        return joined

    def withdraw(self, item_id: str) -> None:
        """Withdraws what the API gave an item."""
        change(self._store, Claim("", API, float("inf")), {}, [item_path(item_id)])

    @property
    def _reader(self) -> PictureReader:
        if self._given is None:
            raise UnsupportedError("this deployment reads no pictures: search by words, or by image_of")
        return self._given

    def _current(self) -> str | None:
        if self._version is None and self._clock() - self._checked_at >= FIRST_CHECK_S:
            self._version, self._checked_at = current_encoder(self._store), self._clock()
        return self._version


def look_of_item(live: Live, item: CatalogItem) -> Vector:
    """(k,) Raises BadRequestError for an item without a vector, UnsupportedError."""
    require(live.index.capabilities, Request(look=np.zeros(1, np.float32)))
    look = live.index.snapshot.look(item.id)
    if look is None:
        raise BadRequestError(f"item {item.id!r} has no picture: upload one to uploads/images/")
    return look


def look_of_picture(live: Live, vector: Vector) -> Vector:
    """(k,) Raises BadRequestError, UnsupportedError."""
    require(live.index.capabilities, Request(look=np.zeros(1, np.float32)))
    return live.index.snapshot.look_of(vector)


def categorise_picture(live: Live, look: Vector, limit: int) -> Categorised:
    """By the items that look most like it: each counts for its category, the nearer the more. Raises
    NoCategoriesError."""
    field = category_field(live)
    has_category = Not(AnyOf(field, (None,)))
    similar = live.index.snapshot.search(Request(look=look, limit=NEIGHBOURS, filters=has_category))
    shares: defaultdict[str, float] = defaultdict(float)
    for hit in similar.hits:
        shares[str(hit.item.metadata[field])] += float(
            np.exp(SHARPNESS * (hit.score - similar.hits[0].score))
        )
    if not shares:
        raise NoCategoriesError(f"no item with a picture has a `{field}`: upload pictures to uploads/images/")
    total = sum(shares.values())
    best = sorted(shares, key=lambda category: (-shares[category], category))[:limit]
    likely = [Prediction(category, shares[category] / total) for category in best]
    return Categorised(field, likely, live.manifest.model_version)
