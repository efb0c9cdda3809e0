"""Luma, a small shop with pictures (461 items), read from the folder that OBJECT2VEC_DATA names, as a shop of
this system: uploaded, trained, served."""

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from benchmarks.judged import JudgedData
from object2vec.core.arrays import Matrix
from object2vec.core.catalog import COLOURS, PICTURES, VECTOR, CatalogItem, vector_in
from object2vec.core.keys import IMAGE_UPLOADS
from object2vec.ingest.pictures.attach import attach
from object2vec.ingest.pictures.encode import InProcessReader
from object2vec.ingest.pictures.owner import PictureOwner
from object2vec.ingest.preprocess import OWNERS, preprocess_upload
from object2vec.model.pictures.encoder import EfficientNetLite
from object2vec.model.retrieval.encoder import load_encoder
from object2vec.release import Manifest, go_live, save
from object2vec.release.seed import seed_folder
from object2vec.search.content import Content
from object2vec.search.embedded.base import build_index
from object2vec.search.live import LiveIndex
from object2vec.search.service import SearchService
from object2vec.storage import FolderStore, item_log
from object2vec.training.dataset import Catalogue, Dataset, Interactions, dense_vectors
from object2vec.training.fit import fit
from object2vec.training.hyperparameters import Hyperparameters

SEED_MODEL = seed_folder()
OF_PICTURES = (VECTOR, COLOURS, PICTURES)
"""The metadata that an item's pictures add."""
_NOTHING = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Product:
    """An item of the shop, and its picture's file."""

    item: CatalogItem
    picture: Path
    reported: bool
    """Whether results are reported of it; of the other half settings are chosen. Variants go together."""

    @property
    def colour(self) -> str:
        """The shop's name of the colour, in lower case; empty where it gives none."""
        return str(self.item.metadata.get("color") or "").lower()

    @property
    def group(self) -> str:
        """The part of the id that variants in other colours share."""
        return str(self.item.metadata["group"])


def load_luma() -> list[Product]:
    """The items under numbers: the shop's own ids and names of files tell the colour. Raises
    FileNotFoundError."""
    folder = JudgedData.read().object2vec_data / "luma"
    records = [orjson.loads(line) for line in (folder / "catalog.jsonl").read_bytes().splitlines()]
    groups = sorted({record["metadata"]["parent"] for record in records})
    products = []
    for number, record in enumerate(records):
        metadata = record["metadata"]
        picture = folder / metadata.pop("image")
        metadata["group"] = metadata.pop("parent")
        item = CatalogItem(f"p{number:03}", record["text"], metadata)
        products.append(Product(item, picture, groups.index(metadata["group"]) % 2 == 1))
    return products


def without(item: CatalogItem, *fields: str) -> CatalogItem:
    """The item as a shop has it that does not say these."""
    return replace(item, metadata={name: v for name, v in item.metadata.items() if name not in fields})


def pictured(folder: Path, products: Sequence[Product]) -> list[CatalogItem]:
    """The items with what their pictures say, all uploaded as a shop does."""
    store, encoder = FolderStore(folder / "uploaded"), EfficientNetLite()
    rows = b"\n".join(_line(product.item) for product in products) + b"\n"
    for key, data in (("uploads/catalog/luma.jsonl", rows), (f"{IMAGE_UPLOADS}luma.zip", _zipped(products))):
        store.put(key, data)
        report = preprocess_upload(store, key, owners={**OWNERS, IMAGE_UPLOADS: _owner(encoder)})
        if report.problem or report.rejected:
            raise RuntimeError(report.summary())
        attach(store)
    items = item_log.replay(item_log.read(store))[0]
    return [items[product.item.id] for product in products]


class LumaShop:
    """Items as they are after their uploads, in a store of their own."""

    def __init__(self, folder: Path, items: Sequence[CatalogItem]) -> None:
        self.folder, self.items, self.store = folder, items, FolderStore(folder / "store")

    def trained(self, seed: int, **settings: Any) -> Path:
        """The folder of a model that learned from the catalogue alone."""
        out = self.folder / f"model-{seed}"
        catalogue = Catalogue(
            [item.id for item in self.items],
            [item.text for item in self.items],
            [without(item, VECTOR).metadata for item in self.items],
            dense_vectors([_array(vector_in(i.metadata)) for i in self.items], [i.id for i in self.items]),
        )
        nothing = Interactions(_NOTHING, _NOTHING, _NOTHING)
        dataset = Dataset(catalogue, nothing, nothing, nothing, "luma")
        fit(dataset, SEED_MODEL, out, Hyperparameters(seed=seed, **settings))
        return out

    def served(self, model: Path = SEED_MODEL) -> SearchService:
        """The API's service over a release of these items with this model."""
        version = f"v-{model.name}"
        release = self.folder / "store/releases" / version
        encoder = load_encoder(model)
        build_index(encoder, Content(list(self.items)), release / "index")
        prefix = f"releases/{version}/"
        for path in sorted(model.iterdir()):
            if path.is_file():
                self.store.upload(path, f"{prefix}encoder/{path.name}")
        manifest = Manifest(
            version=version, model_version=encoder.version, kind="trained", data_version="luma",
            encoder=f"{prefix}encoder/", index=f"{prefix}index/", watermark=0,
            created_at="2026-01-01T00:00:00Z",
        )  # fmt: skip
        save(self.store, manifest)
        go_live(self.store, version, instead_of=None)
        reader = InProcessReader(self.store, EfficientNetLite)
        return SearchService(self.store, LiveIndex(self.store), picture_reader=reader)


def stripped(item: CatalogItem) -> CatalogItem:
    """What is left of it where nobody wrote anything: its pictures, if any."""
    kept: Mapping[str, Any] = {name: item.metadata[name] for name in OF_PICTURES if name in item.metadata}
    return CatalogItem(item.id, "", {**kept, "stripped": True})


def _owner(encoder: EfficientNetLite) -> Callable[..., PictureOwner]:
    return lambda upload: PictureOwner(upload, encoder)


def _array(vector: Sequence[float] | None) -> Matrix | None:
    return None if vector is None else np.array(vector, np.float32)


def _line(item: CatalogItem) -> bytes:
    return orjson.dumps({"label": item.id, "text": item.text, "metadata": dict(item.metadata)})


def _zipped(products: Sequence[Product]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for product in products:
            archive.writestr(f"{product.item.id}{product.picture.suffix}", product.picture.read_bytes())
    return data.getvalue()
