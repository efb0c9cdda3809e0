"""Finds the pictures of each item, and makes the item's dense vector of them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from object2vec.core.catalog import VECTOR, CatalogItem
from object2vec.core.pictures import PictureEncoder, PictureError, Pixels
from object2vec.ingest.pictures.decode import decode, is_picture
from object2vec.ingest.pictures.names import IsItem, Paths, folded, named

_DIGITS = 3


@dataclass(slots=True)
class PictureCounts:
    """Number of items that got a vector, and the reasons why pictures were not used."""

    items: int = 0
    with_pictures: int = 0
    used: set[str] = field(default_factory=set)
    """Paths of pictures that some item shows."""
    refused: dict[str, str] = field(default_factory=dict)
    """Why pictures were not used, by path."""
    missing: dict[str, str] = field(default_factory=dict)
    """The first picture that an item names and that is not there, by item."""


class PictureFolder:
    """The pictures below a folder, found by path, by file name, or by an item's id."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        paths = sorted(
            path.relative_to(folder).as_posix()
            for path in folder.rglob("*")
            if path.is_file() and is_picture(path.name)
        )
        self.paths = frozenset(paths)
        self._paths = Paths(paths)

    def read(self, path: str) -> bytes:
        """The file's bytes."""
        return (self._folder / path).read_bytes()

    def of(self, item: CatalogItem, is_item: IsItem) -> Sequence[str]:
        """Paths of the item's pictures: those that `metadata.image` and `images` name, by a path below the
        folder, with or without the folder's own name, or by a bare file name; else those named as its id, or
        as a view of it."""
        return [*self._paths.of(item.id, item.metadata, is_item)]


def with_picture_vectors(
    items: Iterable[CatalogItem], folder: PictureFolder, encoder: PictureEncoder, counts: PictureCounts
) -> Iterator[CatalogItem]:
    """Every item; one with pictures gets `metadata.vector`, the mean over them. A picture that cannot be read
    is left out and counted. A vector that the shop gave stays."""
    items = list(items)
    ids = {folded(item.id) for item in items}
    for item in items:
        counts.items += 1
        paths = folder.of(item, lambda name: folded(name) in ids)
        if not paths and (first := next(named(item.metadata), None)) is not None:
            counts.missing[item.id] = first
        counts.used.update(paths)
        views = [] if VECTOR in item.metadata else list(_views(paths, folder, counts))
        if not views:
            yield item
            continue
        counts.with_pictures += 1
        mean = encoder.encode(views).mean(axis=0, dtype=np.float64)
        yield replace(item, metadata={**item.metadata, VECTOR: [round(float(x), _DIGITS) for x in mean]})


def _views(paths: Sequence[str], folder: PictureFolder, counts: PictureCounts) -> Iterator[Pixels]:
    for path in paths:
        try:
            yield decode(folder.read(path))
        except PictureError as error:
            counts.refused[path] = str(error)
