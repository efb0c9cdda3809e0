"""Which pictures belong to which item, and the item's vector of them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

import numpy as np

from object2vec.core.catalog import VECTOR, CatalogItem
from object2vec.model.pictures.decode import PictureError, Pixels, decode, is_picture
from object2vec.model.pictures.encoder import PictureEncoder

_FIELDS = ("image", "images")
_DIGITS = 3


@dataclass(slots=True)
class PictureCounts:
    """What became of the items and the pictures."""

    items: int = 0
    with_pictures: int = 0
    used: set[str] = field(default_factory=set)
    """Paths of pictures that some item shows."""
    refused: dict[str, str] = field(default_factory=dict)
    """By path, why a picture was not used."""
    missing: dict[str, str] = field(default_factory=dict)
    """By item, the first picture that it names and that is not there."""


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
        self._by_name: dict[str, list[str]] = {}
        self._by_stem: dict[str, list[str]] = {}
        for path in paths:
            self._by_name.setdefault(PurePosixPath(path).name, []).append(path)
            self._by_stem.setdefault(PurePosixPath(path).stem, []).append(path)

    def read(self, path: str) -> bytes:
        """The file's bytes."""
        return (self._folder / path).read_bytes()

    def of(self, item: CatalogItem) -> Sequence[str]:
        """Paths of the item's pictures: those that `metadata.image` and `images` name, by a path below the
        folder, with or without the folder's own name, or by a bare file name; else those named as its id."""
        found = [path for name in _names(item) for path in self._named(name)]
        return list(dict.fromkeys(found)) or self._by_stem.get(item.id, [])

    def _named(self, name: str) -> Sequence[str]:
        path = PurePosixPath(name.lstrip("/"))
        parts = path.parts
        for start in range(len(parts)):  # `uploads/images/a/b.jpg` is a/b.jpg below the folder
            below = "/".join(parts[start:])
            if below in self.paths:
                return [below]
        alike = self._by_name.get(path.name, [])
        return alike if len(alike) == 1 else []


def with_picture_vectors(
    items: Iterable[CatalogItem], folder: PictureFolder, encoder: PictureEncoder, counts: PictureCounts
) -> Iterator[CatalogItem]:
    """Every item; one with pictures gets `metadata.vector`, the mean over its views. A picture that cannot be
    read costs the picture, not the item. A vector that the shop gave stays."""
    for item in items:
        counts.items += 1
        paths = folder.of(item)
        if not paths and (named := next(iter(_names(item)), None)) is not None:
            counts.missing[item.id] = named
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


def _names(item: CatalogItem) -> Iterator[str]:
    """What the item's fields name as pictures; an address on the web is none of these files."""
    for field_name in _FIELDS:
        value = item.metadata.get(field_name)
        for name in value if isinstance(value, list) else [value]:
            if isinstance(name, str) and name and "://" not in name:
                yield name
