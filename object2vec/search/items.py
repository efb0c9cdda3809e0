"""The catalogue's items one at a time: read from the live index, written at the end of the item log."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from object2vec.core.catalog import CatalogItem, as_written, pictures_in
from object2vec.core.errors import StoreUnavailableError, UnknownItemError
from object2vec.ingest.catalog.changes import parse_change
from object2vec.search.live import LiveIndex
from object2vec.search.model_answers import check_vector
from object2vec.search.pictures import Pictures
from object2vec.storage import ConflictError, ObjectStore
from object2vec.storage.item_log import LogEnd, Removed, Segment

_ATTEMPTS = 20
"""So often a picture's write is tried again while others write to the log at the same time."""


class CatalogueItems:
    """Items of the live release. A write is in the next answer of this process."""

    def __init__(self, store: ObjectStore, live: LiveIndex, pictures: Pictures) -> None:
        self._store, self._live, self._pictures = store, live, pictures

    def get(self, item_id: str) -> CatalogItem:
        """As it was uploaded. Raises UnknownItemError."""
        item = self.stored(item_id)
        return replace(item, metadata=as_written(item.metadata))

    def pictures_of(self, item_id: str) -> list[dict[str, str]]:
        """Addresses of each of the item's pictures, by name; none where it has none, or none is shown."""
        return self._pictures.all_addresses(self.stored(item_id))

    def stored(self, item_id: str) -> CatalogItem:
        """As the engine holds it. Raises UnknownItemError."""
        item = self._live.get().index.snapshot.get(item_id)
        if item is None:
            raise UnknownItemError(item_id)
        return item

    def put(self, item_id: str, text: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
        """Upserts; this process's next answer knows the item. By the rules of catalogue uploads: raises
        RowError, and BadRequestError for a vector that the live model cannot read."""
        item = parse_change({"label": item_id, "text": text, "metadata": dict(metadata)})
        assert isinstance(item, CatalogItem)
        item = replace(item, metadata=as_written(item.metadata))
        check_vector(item, self._live)
        segment = self._append(item)
        return {"id": item.id, "text": text, "metadata": dict(item.metadata), "segment": segment}

    def put_picture(self, item_id: str, image: bytes) -> dict[str, Any]:
        """Makes it the item's one picture, whatever was uploaded before; this process's next answer knows it.
        Raises UnknownItemError, BadRequestError, UnsupportedError, StoreUnavailableError."""
        self._live.catch_up()
        self.stored(item_id)
        marker = self._pictures.take(item_id, image)
        for _ in range(_ATTEMPTS):
            watermark = self._live.get().index.snapshot.watermark
            shown = self._pictures.shown(self.stored(item_id), self._is_item)
            try:
                LogEnd(self._store).append_as(watermark + 1, shown.line + b"\n")
            except ConflictError:
                self._live.catch_up()
                continue
            self._live.wrote(Segment(watermark + 1, [shown.item]))
            self._store.delete(marker)
            return {"id": item_id, "image": shown.shown[0], "segment": watermark + 1}
        raise StoreUnavailableError("many others write at the same time: send it again")

    def delete(self, item_id: str) -> dict[str, Any]:
        """Removes. Raises UnknownItemError."""
        self._live.catch_up()
        if pictures_in(self.stored(item_id).metadata):
            self._pictures.withdraw(item_id)
        return {"id": item_id, "deleted": True, "segment": self._append(Removed(item_id))}

    def _is_item(self, item_id: str) -> bool:
        return self._live.get().index.snapshot.get(item_id) is not None

    def _append(self, change: CatalogItem | Removed) -> int:
        """Appends a change, and makes it this process's own; returns its segment."""
        shown: CatalogItem | Removed = change

        def lines(at: float) -> bytes:
            nonlocal shown
            shown, made = self._pictures.lines_of(change, at, self._is_item)
            return made

        log = LogEnd(self._store)
        log.append(lines)
        self._live.wrote(Segment(log.number, [shown]))
        return log.number
