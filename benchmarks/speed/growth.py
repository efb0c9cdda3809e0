"""From a thousand to a million items: building, loading, memory and search, each in a process of its own.

Beyond the sample shop's size its products repeat under new ids, with a word more in their text.
"""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from benchmarks.report import ResultRow, ResultTable
from benchmarks.speed.shop import released_shop
from benchmarks.speed.traffic import catalogue, percentiles, queries, timed
from object2vec.core.catalog import CatalogItem
from object2vec.core.step_cost import peak_mb

SIZES = (1_000, 10_000, 100_000, 300_000, 1_000_000)


def run(quick: bool) -> ResultTable:
    """One row for each size."""
    url = released_shop()
    sizes = SIZES[:2] if quick else SIZES
    return ResultTable(
        name="hybrid_search_growth",
        title="Growth of the embedded engine",
        protocol="one core; hybrid search, price filter, one facet, 200 queries; memory of the process",
        rows=[ResultRow(f"{size:,} items", _in_process(url, size)) for size in sizes],
        bars={"p99_ms": 30.0},
    )


def _in_process(url: str, size: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory(dir=".cache") as folder:
        figures: dict[str, float] = {}
        for part in ("build", "serve"):
            command = [sys.executable, "-m", __name__, part, url, str(size), folder]
            environment = {**os.environ, "OMP_NUM_THREADS": "1"}
            done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
            figures |= json.loads(done.stdout.splitlines()[-1])
    return figures


def _items(url: str, size: int) -> list[CatalogItem]:
    shop = catalogue(url)
    repeated: list[CatalogItem] = []
    for copy in range(-(-size // len(shop))):
        mark = f"-{copy}" if copy else ""
        text = f" edition {copy}" if copy else ""
        repeated += [replace(item, id=item.id + mark, text=item.text + text) for item in shop]
    return repeated[:size]


def build(url: str, size: int, folder: Path) -> dict[str, float]:
    """Builds the base index of `size` items."""
    from benchmarks.speed.hybrid_search import released_encoder
    from object2vec.search.content import Content
    from object2vec.search.embedded.base import build_index

    encoder, items = released_encoder(url), _items(url, size)
    start = perf_counter()
    build_index(encoder, Content(items), folder / "index")
    on_disk = sum(path.stat().st_size for path in (folder / "index").rglob("*") if path.is_file())
    return {"build_s": perf_counter() - start, "disk_mb": on_disk / 1e6, "build_peak_mb": peak_mb()}


def serve(url: str, size: int, folder: Path) -> dict[str, float]:
    """Loads the base index of `size` items and searches."""
    from benchmarks.speed.hybrid_search import released_encoder
    from object2vec.search import filters
    from object2vec.search.embedded.base import load_index
    from object2vec.search.index import Request

    encoder = released_encoder(url)
    start = perf_counter()
    snapshot = load_index(folder / "index", encoder, "v1").snapshot
    load = perf_counter() - start
    cheap = filters.parse({"price": {"lt": 10}})

    def ask(text: str) -> None:
        vector = encoder.encode_queries([text])[0]
        snapshot.search(Request(text=text, vector=vector, filters=cheap, facets=("category",), limit=20))

    seconds = timed(ask, queries(_items(url, min(size, 90_000)), 200), 1)
    return {"load_s": load, "memory_mb": peak_mb(), **percentiles(seconds)}


if __name__ == "__main__":
    part, store_url, count, directory = sys.argv[1:]
    print(json.dumps({"build": build, "serve": serve}[part](store_url, int(count), Path(directory))))
