"""Hybrid search over the whole sample shop, inside the Lambda handler, compared with the parts it is built
from.

One core: query encoding, lexical and vector search, filter, facets, ranking, JSON in and out.
"""

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.report import RESULTS, ResultRow, ResultTable
from benchmarks.speed.shop import released_shop, search_environment
from benchmarks.speed.traffic import catalogue, hybrid_bodies, percentiles, post, timed, timed_in_turn
from object2vec.core.catalog import CatalogItem
from object2vec.core.encoder import Encoder
from object2vec.model.retrieval.encoder import load_encoder
from object2vec.release import live
from object2vec.search.copying import download
from object2vec.storage import open_store

QUERIES = 300
TOP = 100
FLOOR = "bare tantivy + faiss, top 100 each"
LANCE = Path(".cache/bench/lance")

Timed = tuple[Callable[[Any], object], Sequence[Any]]


def run(quick: bool) -> ResultTable:
    """All rows on the same catalogue, vectors and queries; one thread each."""
    os.environ.update(search_environment())
    url = released_shop()
    items = catalogue(url)
    bodies = hybrid_bodies(items, QUERIES // 3 if quick else QUERIES)
    rounds = 1 if quick else 5
    encoder = released_encoder(url)
    vectors = encoder.encode_items(items)
    seconds = timed_in_turn({**_ours(bodies), FLOOR: _bare(items, vectors, encoder, bodies)}, rounds)
    rows = [ResultRow(system, percentiles(found)) for system, found in seconds.items()]
    ratio = rows[0].metrics["p50_ms"] / rows[-1].metrics["p50_ms"]
    rows[0] = ResultRow(rows[0].system, {**rows[0].metrics, "of_floor": ratio})
    rows.append(_lance(items, vectors, encoder, bodies, quick))
    _flame_graph(bodies)
    return ResultTable(
        name="hybrid_search_92k",
        title="Hybrid search, 92,331 products",
        protocol=f"one core, {len(bodies)} queries, {rounds} rounds (all but LanceDB in turn); price filter,"
        " two facets, history",
        rows=rows,
        bars={"p50_ms": 5.0, "p99_ms": 15.0, "of_floor": 2.0},
    )


def _ours(bodies: Sequence[dict[str, Any]]) -> dict[str, Timed]:
    from lambdas.search.handler import handler

    def answer(event: dict[str, Any]) -> None:
        status = handler(event, None)["statusCode"]
        if status != 200:
            raise RuntimeError(f"the handler answered {status}")

    bare: dict[str, Any] = {"filters": {}, "facets": [], "history": []}
    changes: dict[str, dict[str, Any]] = {
        "handler: filter, facets, history": {},
        "handler: text only": bare,
        "handler: BM25 alone": {**bare, "mode": "lexical"},
    }
    return {
        system: (answer, [post("/search", {**body, **changed}) for body in bodies])
        for system, changed in changes.items()
    }


def _bare(
    items: Sequence[CatalogItem],
    vectors: NDArray[np.float32],
    encoder: Encoder,
    bodies: Sequence[dict[str, Any]],
) -> Timed:
    """The floor: only tantivy's and faiss's own calls for the same top 100."""
    import faiss
    import tantivy

    faiss.omp_set_num_threads(1)
    flat = faiss.IndexFlatIP(vectors.shape[1])
    flat.add(vectors)
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("text", tokenizer_name="en_stem")
    index = tantivy.Index(builder.build())
    writer = index.writer(50_000_000, 1)
    for item in items:
        writer.add_document(tantivy.Document(text=item.text))
    writer.commit()
    index.reload()
    searcher = index.searcher()

    def both(pair: tuple[str, NDArray[np.float32]]) -> None:
        searcher.search(index.parse_query_lenient(pair[0], ["text"])[0], TOP)
        flat.search(pair[1], TOP)

    return both, [(body["query"], encoder.encode_queries([body["query"]])) for body in bodies]


def _lance(
    items: Sequence[CatalogItem],
    vectors: NDArray[np.float32],
    encoder: Encoder,
    bodies: Sequence[dict[str, Any]],
    quick: bool,
) -> ResultRow:
    """LanceDB's hybrid query with the same filter: full-text index, flat vectors, its own fusion."""
    import lancedb

    shutil.rmtree(LANCE, ignore_errors=True)
    table = lancedb.connect(LANCE).create_table(
        "items",
        [
            {"id": item.id, "text": item.text, "price": _price(item), "vector": vector}
            for item, vector in zip(items, vectors, strict=True)
        ],
    )
    table.create_fts_index("text")

    def ask(pair: tuple[str, NDArray[np.float32]]) -> None:
        query = table.search(query_type="hybrid").vector(pair[1]).text(pair[0])
        query.where("price < 10", prefilter=True).limit(20).to_list()

    asked = bodies[:20] if quick else bodies[:100]
    pairs = [(body["query"], encoder.encode_queries([body["query"]])[0]) for body in asked]
    return ResultRow("LanceDB hybrid, same filter", percentiles(timed(ask, pairs, 1)))


def _price(item: CatalogItem) -> float:
    price = item.metadata.get("price", 0.0)
    return float(price) if isinstance(price, int | float) else 0.0


def _flame_graph(bodies: Sequence[dict[str, Any]]) -> None:
    """Where the time of a search goes, summed over many: benchmarks/results/search_profile.html."""
    from pyinstrument import Profiler

    from lambdas.search.handler import handler

    events = [post("/search", body) for body in bodies]
    with Profiler(interval=0.0002) as profiler:
        for event in events:
            handler(event, None)
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "search_profile.html").write_text(profiler.output_html(), encoding="utf-8")
    (RESULTS / "search_profile.txt").write_text(profiler.output_text(unicode=True), encoding="utf-8")


def released_encoder(url: str) -> Encoder:
    """The live release's torch-free encoder."""
    store = open_store(url)
    manifest = live(store)
    if manifest is None:
        raise RuntimeError(f"{url} has no release: remove it, and run again")
    folder = Path(".cache/bench/encoder")
    shutil.rmtree(folder, ignore_errors=True)
    download(store, manifest.encoder, folder)
    return load_encoder(folder)
