"""What people type into a shop's search box, with the answers that are right: 170 queries over three shops.

The sample shop (92,331 groceries), Luma (461 pieces of sportswear, from the folder that OBJECT2VEC_DATA
names) and 62 items in fifteen languages (benchmarks/data/languages.jsonl). A query of
benchmarks/data/shop_queries.tsv comes with a pattern that the right items match, in `label text metadata`.

It is answered right when the first hit fits and seven of the first ten do, or as many as the shop has; a
query that means nothing, when at most three hits and a note come. No shop has been trained: words, spelling,
fields and the seed's meaning are what is judged. The queries were written before search was changed for them.
"""

import csv
import json
import os
import re
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from benchmarks.judged import JudgedData
from benchmarks.report import ResultRow, ResultTable
from lambdas.settings import SearchSettings
from local.gateway_event import gateway_event
from local.sample_shop import CATALOG, write_sample_shop
from object2vec.core.catalog import CatalogItem
from object2vec.release.seed import publish_seed
from object2vec.storage import FolderStore, item_log

FOLDER = Path(__file__).parent / "data"
PAGE, ENOUGH, LITTLE = 10, 0.7, 3
MODES = {"search (shipped)": "hybrid", "words alone": "lexical", "meaning alone": "semantic"}


@dataclass(frozen=True, slots=True)
class ShopQuery:
    """A query, what kind of query it is, and the pattern of the items that answer it."""

    shop: str
    kind: str
    query: str
    fits: re.Pattern[str]


def load_queries() -> list[ShopQuery]:
    """All queries, in the order of the file."""
    with open(FOLDER / "shop_queries.tsv", encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [
            ShopQuery(row["shop"], row["kind"], row["query"], re.compile(row["fits"], re.IGNORECASE))
            for row in rows
        ]


def run(quick: bool) -> ResultTable:
    """Every query in every mode; without the sample shop if `quick`."""
    queries = [query for query in load_queries() if not (quick and query.shop == "groceries")]
    right: dict[str, dict[str, list[bool]]] = {system: defaultdict(list) for system in MODES}
    seconds = dict.fromkeys(MODES, 0.0)
    for shop in dict.fromkeys(query.shop for query in queries):
        items = _items(shop)
        with TemporaryDirectory() as folder:
            search = _served(items, Path(folder))
            for query in queries:
                if query.shop != shop:
                    continue
                there = sum(bool(query.fits.search(_read(item))) for item in items)
                for system, mode in MODES.items():
                    started = time.perf_counter()
                    answer = search(query.query, mode)
                    seconds[system] += time.perf_counter() - started
                    right[system][query.kind].append(_is_right(query, answer, there))
    low, high = _wilson([value for values in right["search (shipped)"].values() for value in values])
    return ResultTable(
        "shop_queries",
        "What people type into a shop's search box",
        f"share of {len(queries)} judged queries that is answered right, untrained, through /search; "
        f"all: {low:.2f} to {high:.2f} (95 %, Wilson)",
        [ResultRow(system, _shares(kinds), seconds[system]) for system, kinds in right.items()],
    )


def _items(shop: str) -> list[CatalogItem]:
    if shop == "languages":
        path = FOLDER / "languages.jsonl"
    elif shop == "sportswear":
        path = JudgedData.read().object2vec_data / "luma/catalog.jsonl"
    else:
        work = Path(__file__).parents[1] / ".cache/bench/sample-shop"
        write_sample_shop(work)
        path = work / CATALOG
    records = (orjson.loads(line) for line in path.read_bytes().splitlines())
    return [CatalogItem(record["label"], record["text"], record["metadata"]) for record in records]


def _served(items: Sequence[CatalogItem], folder: Path) -> Any:
    """`search(query, mode)`: the deployed handlers over a store with these items and the seed."""
    store = FolderStore(folder / "store")
    history = f"sqlite://{folder}/sessions.db"
    os.environ |= SearchSettings.variables(store_url=store.url, history_url=history)
    import lambdas.indexer.handler as indexer
    from lambdas.search import handler

    publish_seed(store, Path(__file__).parents[1])
    item_log.append(store, items)
    indexer.handler({}, None)
    handler._api.cache_clear()

    def search(query: str, mode: str) -> Mapping[str, Any]:
        asked = [("query", query), ("mode", mode), ("limit", str(PAGE))]
        answer = handler.handler(gateway_event("GET", "/search", query=asked), None)
        assert answer["statusCode"] == 200, answer["body"]
        found: Mapping[str, Any] = json.loads(answer["body"])
        return found

    return search


def _is_right(query: ShopQuery, answer: Mapping[str, Any], there: int) -> bool:
    hits = answer["hits"]
    if query.kind == "nonsense":
        return len(hits) <= LITTLE and bool(answer.get("notes"))
    fits = [bool(query.fits.search(_read(CatalogItem(h["id"], h["text"], h["metadata"])))) for h in hits]
    return bool(fits) and fits[0] and sum(fits) >= ENOUGH * min(PAGE, there)


def _read(item: CatalogItem) -> str:
    return " ".join([item.id, item.text, *_texts(item.metadata.values())])


def _texts(values: Iterable[object]) -> Iterable[str]:
    for value in values:
        yield from _texts(value) if isinstance(value, list) else [str(value)]


def _shares(kinds: Mapping[str, Sequence[bool]]) -> dict[str, float]:
    everything = [value for values in kinds.values() for value in values]
    shares = {kind: sum(values) / len(values) for kind, values in kinds.items()}
    return {"all": sum(everything) / len(everything)} | shares


def _wilson(values: Sequence[bool]) -> tuple[float, float]:
    """95 % of a share (Wilson 1927)."""
    n, z = len(values), 1.96
    share = sum(values) / n
    middle, spread = share + z * z / (2 * n), z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return (middle - spread) / (1 + z * z / n), (middle + spread) / (1 + z * z / n)
