"""Luma, a small shop with pictures (461 items), read from the folder that OBJECT2VEC_DATA names, as a shop of
this system: uploaded, trained, served."""

import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

import numpy as np
import orjson

from benchmarks.judged import JudgedData
from object2vec.core.arrays import Matrix
from object2vec.core.catalog import CatalogItem, vector_in
from object2vec.ingest.pictures.archive import PREFIX
from object2vec.ingest.pictures.attach import attach
from object2vec.ingest.pictures.encode import InProcessReader
from object2vec.ingest.pictures.owner import PictureOwner
from object2vec.ingest.preprocess import OWNERS, preprocess_upload
from object2vec.model.pictures.encoder import EfficientNetLite
from object2vec.model.retrieval.encoder import load_encoder
from object2vec.release import Manifest, go_live, save
from object2vec.search.embedded.base import Statistics, build_index
from object2vec.search.live import LiveIndex
from object2vec.search.service import SearchService
from object2vec.storage import FolderStore, item_log
from object2vec.training.dataset import Catalogue, Dataset, Interactions, dense_vectors
from object2vec.training.fit import fit
from object2vec.training.hyperparameters import Hyperparameters

SEED_MODEL = Path(str(resources.files("object2vec.seed")))
_NOTHING = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Product:
    """An item of the shop, and its picture's file."""

    item: CatalogItem
    picture: Path

    @property
    def colour(self) -> str:
        """As the shop calls it, in lower case; empty where it does not."""
        return str(self.item.metadata.get("color") or "").lower()


def load_luma() -> list[Product]:
    """The items under numbers: the shop's own ids and names of files tell the colour. Raises
    FileNotFoundError."""
    folder = JudgedData.read().object2vec_data / "luma"
    products = []
    for number, line in enumerate((folder / "catalog.jsonl").read_bytes().splitlines()):
        record = orjson.loads(line)
        picture = folder / record["metadata"].pop("image")
        record["metadata"]["group"] = record["metadata"].pop("parent")
        products.append(Product(CatalogItem(f"p{number:03}", record["text"], record["metadata"]), picture))
    return products


def without_colour(item: CatalogItem) -> CatalogItem:
    """The item as a shop has it that names no colours."""
    return replace(item, metadata={name: value for name, value in item.metadata.items() if name != "color"})


class LumaShop:
    """Items and pictures in a store of its own, all uploaded as a shop does."""

    def __init__(self, folder: Path, items: Sequence[CatalogItem], products: Sequence[Product]) -> None:
        self.folder, self.store = folder, FolderStore(folder / "store")
        self._encoder = EfficientNetLite()
        self._upload("uploads/catalog/luma.jsonl", b"\n".join(map(_line, items)) + b"\n")
        if products:
            self._upload(f"{PREFIX}luma.zip", _zipped(products))
        self.items, self.end = item_log.replay(item_log.read(self.store))

    def trained(self, seed: int) -> Path:
        """The folder of a model that learned from the catalogue alone."""
        out = self.folder / f"model-{seed}"
        items = list(self.items.values())
        catalogue = Catalogue(
            [item.id for item in items],
            [item.text for item in items],
            [{n: v for n, v in item.metadata.items() if n != "vector"} for item in items],
            dense_vectors([_array(vector_in(item.metadata)) for item in items], [i.id for i in items]),
        )
        nothing = Interactions(_NOTHING, _NOTHING, _NOTHING)
        dataset = Dataset(catalogue, nothing, nothing, nothing, "luma")
        fit(dataset, SEED_MODEL, out, Hyperparameters(seed=seed))
        return out

    def served(self, model: Path = SEED_MODEL) -> SearchService:
        """The API's service over a release of these items with this model."""
        version = f"v-{model.name}"
        release = self.folder / "store/releases" / version
        encoder = load_encoder(model)
        build_index(encoder, list(self.items.values()), Statistics(), release / "index", self.end)
        prefix = f"releases/{version}/"
        for path in sorted(model.iterdir()):
            if path.is_file():
                self.store.upload(path, f"{prefix}encoder/{path.name}")
        manifest = Manifest(
            version=version, model_version=encoder.version, kind="trained", data_version="luma",
            encoder=f"{prefix}encoder/", index=f"{prefix}index/", watermark=self.end,
            created_at="2026-01-01T00:00:00Z",
        )  # fmt: skip
        save(self.store, manifest)
        go_live(self.store, version, instead_of=None)
        reader = InProcessReader(self.store, lambda: self._encoder)
        return SearchService(self.store, LiveIndex(self.store), picture_reader=reader)

    def _upload(self, key: str, data: bytes) -> None:
        self.store.put(key, data)
        owners = {**OWNERS, PREFIX: _owner(self._encoder)}
        report = preprocess_upload(self.store, key, owners=owners)
        if report.problem or report.rejected:
            raise RuntimeError(report.summary())
        attach(self.store)


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
