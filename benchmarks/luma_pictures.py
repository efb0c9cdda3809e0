"""Pictures of a small shop: another view finds its product, words find colours and items without a text.

Half of the products, with all their variants, are for choosing settings: how strong views are, how much
colours count, the weight of the picture task. Results are of the other half, searched for among all items.
"""

import re
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.luma_shop import OF_PICTURES, LumaShop, Product, load_luma, pictured, stripped, without
from benchmarks.luma_views import view_of
from benchmarks.report import ResultRow, ResultTable
from object2vec.core.arrays import Rows, Vectors
from object2vec.core.catalog import VECTOR, CatalogItem
from object2vec.ingest.pictures.decode import decode
from object2vec.model.pictures.encoder import FEATURES, EfficientNetLite
from object2vec.model.retrieval.forward import unit
from object2vec.search import filters
from object2vec.search.embedded.looks import Looks
from object2vec.search.index import Request
from object2vec.search.service import SearchService
from object2vec.search.signals import Mode
from object2vec.training.trainer import use_one_thread

DEPTH = 10
KINDS = ("hoodie", "jacket", "tank", "tee", "pant", "short", "sweatshirt", "capri", "top", "bra")
"""Words that titles of the shop end in."""
FEWEST = 3
"""Items that a pair of colour and kind needs to be asked for."""
ABLATION: Mapping[str, Mapping[str, float]] = {
    "object2vec": {},
    "without the picture task": {"task_weight_picture": 0.0},
    "no pictures": {},
}


@dataclass(frozen=True, slots=True)
class _Luma:
    """The data that every measurement needs."""

    products: Sequence[Product]
    items: Sequence[CatalogItem]
    """The products, with the vectors of their pictures."""
    folder: Path
    seeds: range


Strip = Callable[[Sequence[Product], np.random.Generator], set[int]]


def run(quick: bool) -> ResultTable:
    """Three seeds, one if `quick`."""
    use_one_thread()
    products, seeds = load_luma(), range(1 if quick else 3)
    with tempfile.TemporaryDirectory() as folder:
        luma = _Luma(products, pictured(Path(folder), products), Path(folder), seeds)
        rows = [*_views(luma), *_colours(luma)]
        for name, strip in (("a fifth of the items", _some_items), ("all variants", _some_products)):
            rows += _without_text(luma, name, strip)
    reported = sum(product.reported for product in products)
    return ResultTable(
        "luma_pictures",
        "A shop with pictures",
        f"luma, {len(products)} items, one picture each, results of {reported} of them; view: a part of the"
        " picture, mirrored, turned, tilted, on another ground, in another light, blurred, noisy, small and"
        f" compressed; variant: the picture of another colour of the product; colours: '<colour> <kind>'"
        f" where no text and no file's name says the colour, share of the first {DEPTH} of it; stripped:"
        " without text and metadata, asked for by their own titles, in the whole search and among what"
        f" is stripped alone; {len(seeds)} seeds",
        rows,
        {"view R@10": 0.75, "colour@10": 0.5},
    )


def _views(luma: _Luma) -> list[ResultRow]:
    started = time.monotonic()
    products, items = luma.products, luma.items
    service = LumaShop(luma.folder / "views", items).served()
    asked = np.flatnonzero([product.reported for product in products])
    vectors = np.array([item.metadata[VECTOR] for item in items], np.float32)
    spaces = {"no colours": vectors[:, :FEATURES], "colours alone": vectors[:, FEATURES:]}
    found: dict[str, list[Rows]] = {}
    for seed in luma.seeds:
        rng = np.random.default_rng(seed)
        views = [view_of(Image.open(products[at].picture).convert("RGB"), rng) for at in asked.tolist()]
        ids = [_ids(service, image=view) for view in views]
        own = [products[at].item.id for at in asked.tolist()]
        ours = np.array([_place(item_id, some) for item_id, some in zip(own, ids, strict=True)])
        found.setdefault("object2vec: search with the view", []).append(ours)
        encoded = EfficientNetLite().encode([decode(view) for view in views])
        for name, space in spaces.items():
            part = encoded[:, :FEATURES] if name == "no colours" else encoded[:, FEATURES:]
            found.setdefault(f"object2vec, {name}", []).append(_looked(items, space, part, asked))
        cosines = unit(encoded[:, :FEATURES]) @ unit(spaces["no colours"]).T
        found.setdefault("EfficientNet-Lite0, cosine", []).append(_ranks(cosines, asked))
    seconds = time.monotonic() - started
    variants = _variants(products, service, vectors)
    rows = []
    for name, places_of in found.items():
        places = np.concatenate(places_of)
        metrics = {"view R@1": float((places < 1).mean()), "view R@10": float((places < DEPTH).mean())}
        if name in variants:
            metrics["variant R@10"] = variants[name]
        rows.append(ResultRow(name, metrics, seconds if name in variants else None))
    return [*rows, ResultRow("chance", {"view R@1": 1 / len(items), "view R@10": DEPTH / len(items)})]


def _looked(items: Sequence[CatalogItem], space: Vectors, views: Vectors, asked: Rows) -> Rows:
    """(q,) the places of the asked items by their looks, with vectors of a part of the numbers."""
    given = [CatalogItem(item.id, "", {VECTOR: row.tolist()}) for item, row in zip(items, space, strict=True)]
    looks = Looks.build(given)
    return _ranks(np.array([looks.of(view) for view in views]) @ looks.matrix.T, asked)


def _ranks(cosines: Vectors, asked: Rows) -> Rows:
    """(q,) how many items are nearer to each view than its own."""
    own = cosines[np.arange(len(asked)), asked]
    ranks: Rows = (cosines > own[:, None]).sum(axis=1)
    return ranks


def _variants(products: Sequence[Product], service: SearchService, vectors: Vectors) -> dict[str, float]:
    """The share of products with variants whose picture finds another colour of it among ten: photographs
    that the shop took."""
    groups = np.array([product.group for product in products])
    network = unit(vectors[:, :FEATURES])
    ours, frozen = [], []
    for at, product in enumerate(products):
        others = {products[i].item.id for i in np.flatnonzero(groups == product.group).tolist()} - {
            product.item.id
        }
        if not product.reported or not others:
            continue
        answer = service.search(Request(limit=DEPTH), image_of=product.item.id)
        ours.append(any(hit["id"] in others for hit in answer.hits))
        cosines = network @ network[at]
        cosines[at] = -1
        near = np.argsort(-cosines)[:DEPTH]
        frozen.append(bool((groups[near] == product.group).any()))
    return {
        "object2vec: search with the view": float(np.mean(ours)),
        "EfficientNet-Lite0, cosine": float(np.mean(frozen)),
    }


def _colours(luma: _Luma) -> list[ResultRow]:
    colour_of = {product.item.id: product.colour for product in luma.products}
    kind_of = {p.item.id: {kind for kind in KINDS if _is(p.item, kind)} for p in luma.products}
    asked = [
        (colour, kind)
        for colour in sorted({*colour_of.values()} - {""})
        for kind in KINDS
        if sum(c == colour and kind in kind_of[i] for i, c in colour_of.items()) >= FEWEST
    ]

    def right(colour: str, ids: Iterable[str], kind: str = "") -> float:
        """Items of the colour, and kind, as a share of `DEPTH`."""
        fitting = [i for i in ids if colour_of[i] == colour and (not kind or kind in kind_of[i])]
        return len(fitting) / DEPTH

    rows = []
    for name, hidden in (("object2vec", ("color",)), ("object2vec, no pictures", ("color", *OF_PICTURES))):
        service = LumaShop(luma.folder / name, [without(item, *hidden) for item in luma.items]).served()
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


def _some_items(products: Sequence[Product], rng: np.random.Generator) -> set[int]:
    return {*rng.permutation(len(products))[: len(products) // 5].tolist()}


def _some_products(products: Sequence[Product], rng: np.random.Generator) -> set[int]:
    groups = sorted({product.group for product in products})
    chosen = {groups[at] for at in rng.permutation(len(groups))[: len(groups) // 5].tolist()}
    return {at for at, product in enumerate(products) if product.group in chosen}


def _without_text(luma: _Luma, which: str, strip: Strip) -> list[ResultRow]:
    products = luma.products
    found: dict[str, list[tuple[float, float, float]]] = {}
    seconds = dict.fromkeys(ABLATION, 0.0)
    share: list[float] = []
    for seed in luma.seeds:
        chosen = strip(products, np.random.default_rng(seed))
        share.append(DEPTH / len(chosen))
        asked = [products[at] for at in sorted(chosen) if products[at].reported]
        left = [
            stripped(item) if at in chosen else replace(item, metadata={**item.metadata, "stripped": False})
            for at, item in enumerate(luma.items)
        ]
        for name, settings in ABLATION.items():
            started = time.monotonic()
            seen = [without(item, *OF_PICTURES) for item in left] if name == "no pictures" else left
            shop = LumaShop(luma.folder / which / f"{seed}-{name}", seen)
            service = shop.served(shop.trained(seed, **settings))
            seconds[name] += time.monotonic() - started
            found.setdefault(name, []).extend(_found(service, product) for product in asked)
    names = ("stripped R@10", "by meaning R@10", "among stripped R@10")
    rows = [
        ResultRow(
            f"{name}: {which}",
            dict(zip(names, map(float, np.mean(found[name], axis=0)), strict=True)),
            seconds[name],
            note=f"({len(found[name])} queries)",
        )
        for name in ABLATION
    ]
    chance = DEPTH / len(products)
    return [
        *rows,
        ResultRow(f"chance: {which}", dict(zip(names, (chance, chance, _mean(share)), strict=True))),
    ]


def _found(service: SearchService, product: Product) -> tuple[float, float, float]:
    """Whether its own title finds it: in the whole search, by meaning alone, and among what is stripped."""
    title, own = str(product.item.metadata["name"]), product.item.id
    return (
        _hit(service, title, own, "hybrid"),
        _hit(service, title, own, "semantic"),
        _hit(service, title, own, "semantic", among_stripped=True),
    )


def _hit(
    service: SearchService, title: str, item_id: str, mode: Mode, *, among_stripped: bool = False
) -> float:
    only = filters.parse({"stripped": True}) if among_stripped else filters.ALL
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
