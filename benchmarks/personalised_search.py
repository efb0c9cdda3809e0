"""Search for what a household buys next, with and without its history.

A query is the category (every other household: the product type) of a product the household bought in the
period; the one right answer is that product, among all that the query finds. Histories end where the period
begins. The weight of the profile is chosen on the validation tenth and reported on the last one of the year.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

import numpy as np
from numpy.typing import NDArray

from benchmarks.bootstrap import paired_interval
from benchmarks.report import Row, Table
from benchmarks.sample_shop import SEED_MODEL
from benchmarks.sample_shop_data import prepared
from object2vec.catalog import CatalogItem
from object2vec.model.encoder import PooledEncoder, load_encoder
from object2vec.search import fusion
from object2vec.search.embedded.base import build_index, load_index
from object2vec.search.index import Hit, Request, Snapshot
from object2vec.search.popularity import Statistics
from object2vec.training.dataset import Dataset, Interactions, read_dataset
from object2vec.training.evaluation.ranking import holdout
from object2vec.training.fit import fit
from object2vec.training.hyperparameters import Hyperparameters
from object2vec.training.threads import use_one_thread

WEIGHTS = (0.0, 0.3, 0.6, 1.0, 2.0, 4.0)
HOUSEHOLDS = 400
SEED = 0
Ranks = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Asked:
    """A query, what the household had before, and what it bought."""

    request: Request
    bought: str


def run(quick: bool) -> Table:
    """The seed model and 100 households if `quick`, else the model as the training job makes it."""
    use_one_thread()
    dataset = read_dataset(prepared())
    with TemporaryDirectory() as scratch:
        folder = SEED_MODEL if quick else _trained(Path(scratch) / "model")
        encoder = load_encoder(folder)
        snapshot = _index(dataset, encoder, Path(scratch) / "index")
        households = 100 if quick else HOUSEHOLDS
        tuned = _asked(dataset, dataset.train, dataset.validation, encoder, households)
        chosen = max(WEIGHTS, key=lambda weight: _ndcg(_ranks(snapshot, tuned, weight)).mean())
        past = dataset.train.together(dataset.validation)
        return _table(snapshot, _asked(dataset, past, dataset.test, encoder, households), chosen)


def _table(snapshot: Snapshot, asked: Sequence[Asked], chosen: float) -> Table:
    rows, measured = [], {}
    for weight in dict.fromkeys([0.0, fusion.WEIGHTS["profile"], chosen]):
        start = time.monotonic()
        ranks = measured[weight] = _ranks(snapshot, asked, weight)
        notes = ["not personalised"] * (weight == 0) + ["the default"] * (weight == fusion.WEIGHTS["profile"])
        notes += ["best on validation"] * (weight == chosen)
        seconds = time.monotonic() - start
        rows.append(Row(f"profile weight {weight:g}", _metrics(ranks), seconds, ", ".join(notes)))
    low, high = paired_interval(_ndcg(measured[fusion.WEIGHTS["profile"]]), _ndcg(measured[0.0]))
    return Table(
        "personalised_search",
        f"Sample shop: {len(asked)} households search by category or type for what they then buy",
        "one right answer a query; 95 % of paired bootstraps of ndcg@10, default minus not personalised:"
        f" {low:+.3f} to {high:+.3f}; weight chosen on the tenth before from {WEIGHTS}",
        rows,
    )


def _trained(folder: Path) -> Path:
    fit(read_dataset(prepared(), ("train", "validation")), SEED_MODEL, folder, Hyperparameters(seed=SEED))
    return folder


def _index(dataset: Dataset, encoder: PooledEncoder, folder: Path) -> Snapshot:
    catalogue = dataset.catalogue
    rows = zip(catalogue.ids, catalogue.texts, catalogue.metadata, strict=True)
    items = [CatalogItem(item_id, text, metadata) for item_id, text, metadata in rows]
    counts = dataset.train.popularity(len(catalogue))
    build_index(encoder, items, Statistics(dict(zip(catalogue.ids, counts.tolist(), strict=True))), folder)
    return load_index(folder, encoder, "benchmark").snapshot


def _asked(
    dataset: Dataset, past: Interactions, future: Interactions, encoder: PooledEncoder, households: int
) -> list[Asked]:
    catalogue = dataset.catalogue
    described = np.array(["category" in metadata for metadata in catalogue.metadata])
    users = holdout(past, future, described, households, SEED)
    rng = np.random.default_rng(SEED)
    asked = []
    for number, (history, relevant) in enumerate(zip(users.histories, users.relevant, strict=True)):
        item = int(rng.choice(relevant))
        words = catalogue.metadata[item]["category"] if number % 2 else catalogue.texts[item].split(" - ")[0]
        session = [CatalogItem(catalogue.ids[i], catalogue.texts[i]) for i in history[-200:].tolist()]
        request = Request(
            text=words,
            vector=encoder.encode_queries([words])[0],
            profile=encoder.encode_sessions([session])[0],
            limit=100,
        )
        asked.append(Asked(request, catalogue.ids[item]))
    return asked


def _ranks(snapshot: Snapshot, asked: Sequence[Asked], weight: float) -> Ranks:
    """(queries,) the place of what was bought, from 1; infinite beyond the first hundred."""
    with mock.patch.dict(fusion.WEIGHTS, {"profile": weight}):
        return np.array([_place(snapshot.search(one.request).hits, one.bought) for one in asked])


def _place(hits: Sequence[Hit], bought: str) -> float:
    ids = [hit.item.id for hit in hits]
    return ids.index(bought) + 1.0 if bought in ids else np.inf


def _ndcg(ranks: Ranks) -> NDArray[np.float64]:
    return np.where(ranks <= 10, 1 / np.log2(ranks + 1), 0.0)


def _metrics(ranks: Ranks) -> Mapping[str, float]:
    return {
        "ndcg@10": float(_ndcg(ranks).mean()),
        "hr@10": float((ranks <= 10).mean()),
        "mrr@100": float((1 / ranks).mean()),
    }
