"""Pictures of a small shop: another view finds its product, words find colours and items without a text."""

import re
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.luma_shop import LumaShop, Product, load_luma, without_colour
from benchmarks.luma_views import view_of
from benchmarks.report import ResultRow, ResultTable
from object2vec.core.arrays import Vectors
from object2vec.core.catalog import CatalogItem
from object2vec.core.pictures import Pixels
from object2vec.ingest.pictures.decode import decode
from object2vec.model.pictures.encoder import FEATURES, EfficientNetLite
from object2vec.model.retrieval.forward import unit
from object2vec.search import filters
from object2vec.search.index import Request
from object2vec.search.service import SearchService
from object2vec.search.signals import Mode
from object2vec.training.trainer import use_one_thread

DEPTH = 10
KINDS = ("hoodie", "jacket", "tank", "tee", "pant", "short", "sweatshirt", "capri", "top", "bra")
"""Words that titles of the shop end in."""
FEWEST = 3
"""Items that a pair of colour and kind needs to be asked for."""


def run(quick: bool) -> ResultTable:
    """Three seeds, one if `quick`."""
    use_one_thread()
    products, seeds = load_luma(), range(1 if quick else 3)
    with tempfile.TemporaryDirectory() as folder:
        rows = [*_views(products, Path(folder), seeds), *_colours(products, Path(folder))]
        rows += _without_text(products, Path(folder), seeds)
    return ResultTable(
        "luma_pictures",
        "A shop with pictures",
        f"luma, {len(products)} items, one picture each; view: made up by crop, flip, tilt, light, noise and"
        f" compression; colours: '<colour> <kind>' where no text and no file's name says the colour, share of"
        f" the first {DEPTH} of that colour; stripped: a fifth without text, asked for by their own titles;"
        f" {len(seeds)} seeds",
        rows,
        {"view R@10": 0.75, "colour@10": 0.5},
    )


def _views(products: Sequence[Product], folder: Path, seeds: range) -> list[ResultRow]:
    started = time.monotonic()
    service = LumaShop(folder / "views", [product.item for product in products], products).served()
    pictures = [Image.open(product.picture).convert("RGB") for product in products]
    network = _network([np.asarray(picture) for picture in pictures])
    ours, frozen = [], []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        views = [view_of(picture, rng) for picture in pictures]
        found = [_ids(service, image=view) for view in views]
        ours.append([_place(product.item.id, ids) for product, ids in zip(products, found, strict=True)])
        order = np.argsort(-(_network([decode(view) for view in views]) @ network.T), axis=1)
        frozen.append([int(np.flatnonzero(row == at)[0]) for at, row in enumerate(order)])
    return [
        ResultRow("object2vec: search with the view", _ranked(ours), time.monotonic() - started),
        ResultRow("EfficientNet-Lite0, cosine", _ranked(frozen)),
        ResultRow("chance", {"view R@1": 1 / len(products), "view R@10": DEPTH / len(products)}),
    ]


def _network(pictures: list[Pixels]) -> Vectors:
    """(n, 1280) the network's features alone, of length 1."""
    return unit(EfficientNetLite().encode(pictures)[:, :FEATURES])


def _ranked(places: list[list[int]]) -> dict[str, float]:
    found = np.array(places)
    return {"view R@1": float((found < 1).mean()), "view R@10": float((found < DEPTH).mean())}


def _colours(products: Sequence[Product], folder: Path) -> list[ResultRow]:
    items = [without_colour(product.item) for product in products]
    colour_of = {product.item.id: product.colour for product in products}
    asked = [
        (colour, kind)
        for colour in sorted({*colour_of.values()} - {""})
        for kind in KINDS
        if sum(product.colour == colour and _is(product.item, kind) for product in products) >= FEWEST
    ]
    kind_of = {product.item.id: {kind for kind in KINDS if _is(product.item, kind)} for product in products}

    def right(colour: str, ids: Iterable[str], kind: str = "") -> float:
        """Items of the colour, and kind, as a share of `DEPTH`."""
        fitting = [i for i in ids if colour_of[i] == colour and (not kind or kind in kind_of[i])]
        return len(fitting) / DEPTH

    rows = []
    for name, shown in (("object2vec, no pictures", []), ("object2vec", products)):
        service = LumaShop(folder / f"colours-{len(shown)}", items, shown).served()
        found = [(pair, _ids(service, text=" ".join(pair))) for pair in asked]
        metrics = {
            "colour@10": _mean([right(c, ids) for (c, _), ids in found]),
            "colour and kind@10": _mean([right(c, ids, k) for (c, k), ids in found]),
        }
        rows.append(ResultRow(f"{name}: colour words", metrics, note=f"({len(asked)} queries)"))
    best = {
        "colour@10": _mean([min(1.0, right(c, colour_of)) for c, _ in asked]),
        "colour and kind@10": _mean([min(1.0, right(c, colour_of, k)) for c, k in asked]),
    }
    return [*rows, ResultRow("ceiling: colour words", best)]


def _without_text(products: Sequence[Product], folder: Path, seeds: range) -> list[ResultRow]:
    found: dict[str, list[float]] = {}
    among: dict[str, list[float]] = {}
    seconds = 0.0
    for seed in seeds:
        chosen = {*np.random.default_rng(seed).permutation(len(products))[: len(products) // 5].tolist()}
        items = [
            CatalogItem(product.item.id, "", {"stripped": at in chosen})
            if at in chosen
            else replace(product.item, metadata={**product.item.metadata, "stripped": False})
            for at, product in enumerate(products)
        ]
        asked = [products[at] for at in sorted(chosen)]
        for name, shown in (("no pictures", []), ("pictures", products)):
            started = time.monotonic()
            shop = LumaShop(folder / f"stripped-{seed}-{name}", items, shown)
            service = shop.served(shop.trained(seed))
            seconds += time.monotonic() - started
            for product in asked:
                title = str(product.item.metadata["name"])
                found.setdefault(name, []).append(_hit(service, title, product.item.id, "hybrid"))
                alone = _hit(service, title, product.item.id, "semantic", stripped=True)
                among.setdefault(name, []).append(alone)
    few = len(products) // 5
    rows = [
        ResultRow(
            f"object2vec, {name}: stripped items",
            {"stripped R@10": _mean(found[name]), "among stripped R@10": _mean(among[name])},
            seconds if name == "pictures" else None,
        )
        for name in ("pictures", "no pictures")
    ]
    chance = {"stripped R@10": DEPTH / len(products), "among stripped R@10": DEPTH / few}
    return [*rows, ResultRow("chance: stripped items", chance)]


def _hit(service: SearchService, title: str, item_id: str, mode: Mode, *, stripped: bool = False) -> float:
    only = filters.parse({"stripped": True}) if stripped else filters.ALL
    answer = service.search(Request(text=title, limit=DEPTH, filters=only), mode=mode, correct=False)
    return float(any(hit["id"] == item_id for hit in answer.hits))


def _ids(service: SearchService, *, text: str = "", image: bytes | None = None) -> list[str]:
    answer = service.search(Request(text=text, limit=DEPTH), image=image, correct=False)
    return [str(hit["id"]) for hit in answer.hits]


def _is(item: CatalogItem, kind: str) -> bool:
    return re.search(rf"\b{kind}s?\b", str(item.metadata["name"]).lower()) is not None


def _place(item_id: str, ids: list[str]) -> int:
    return ids.index(item_id) if item_id in ids else DEPTH


def _mean(values: list[float]) -> float:
    return float(np.mean(values))
