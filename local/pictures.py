"""`pictures FILE`: a catalogue with a vector of each item's pictures, to be uploaded in its place."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
from rich.progress import track

from local.console import console
from object2vec.core.catalog import CatalogItem
from object2vec.core.wording import counted
from object2vec.ingest.preprocess import preprocess_upload
from object2vec.model.pictures.encoder import EfficientNetLite
from object2vec.model.pictures.items import PictureCounts, PictureFolder, with_picture_vectors
from object2vec.storage import FolderStore, item_log

_SHOWN = 5


def pictures(catalog: Path, images: Path, out: Path) -> int:
    """Writes `out`, JSON Lines of every item of the catalogue file. Exit status: 0 where some item has got a
    vector, 2 where none has."""
    for given, there in ((catalog, catalog.is_file()), (images, images.is_dir())):
        if not there:
            console.print(f"[red]{given} is not there[/]")
            return 2
    folder, counts = PictureFolder(images), PictureCounts()
    with TemporaryDirectory() as scratch:
        items = _items(FolderStore(Path(scratch)), catalog)
        if not items:
            console.print(f"[red]No item could be read: see `check {catalog}`[/]")
            return 2
        part = out.with_name(out.name + ".part")
        with part.open("wb") as file:
            made = with_picture_vectors(items, folder, EfficientNetLite(), counts)
            for item in track(made, "Encoding pictures", total=len(items), console=console):
                file.write(orjson.dumps(_record(item), option=orjson.OPT_APPEND_NEWLINE))
        part.replace(out)
    _show(counts, folder, out)
    return 0 if counts.with_pictures else 2


def _items(store: FolderStore, catalog: Path) -> list[CatalogItem]:
    key = f"uploads/catalog/{catalog.name}"
    store.upload(catalog, key)
    console.print(preprocess_upload(store, key).summary(), markup=False)
    return list(item_log.replay(item_log.read(store))[0].values())


def _record(item: CatalogItem) -> dict[str, object]:
    return {"label": item.id, "text": item.text, "metadata": dict(item.metadata)}


def _show(counts: PictureCounts, folder: PictureFolder, out: Path) -> None:
    console.print(
        f"{counts.with_pictures:,} of {counted(counts.items, 'item')} got a vector of the pictures: {out}"
    )
    for line in _problems(counts, sorted(folder.paths - counts.used)):
        console.print(f"  {line}", markup=False)


def _problems(counts: PictureCounts, unused: list[str]) -> Iterator[str]:
    for what, found in (("not used", counts.refused), ("not found", counts.missing)):
        for name, why in list(found.items())[:_SHOWN]:
            yield f"{what}: {name}: {why}"
        if len(found) > _SHOWN:
            yield f"{what}: {len(found) - _SHOWN:,} more"
    if unused:
        more = ", …" if len(unused) > _SHOWN else ""
        belong = counted(len(unused), "picture belongs", "pictures belong")
        yield f"{belong} to no item: {', '.join(unused[:_SHOWN])}{more}"
