"""Search for what a household buys next, with and without its history, and with what everybody buys.

A query is the category (every other household: the product type) of a product the household bought in the
period; the one right answer is that product, among all that the query finds. What personalisation costs is
measured beside it, with the same histories: a query of every second word of a product drawn from the whole
catalogue must find that product, or another of the same text. Histories end where the period begins.

Weights are chosen a tenth earlier, with a model and a ranker of that time, and reported on the year's last
tenth: the greatest mean of the two, as if every other search were for something the household never buys.
What everybody buys counts where nothing is known of the household, and must not cost the named products.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

import numpy as np

from benchmarks.report import ResultRow, ResultTable
from benchmarks.sample_shop_data import prepared
from benchmarks.trained_models import SEED_MODEL, trained
from object2vec.core.arrays import Scores
from object2vec.model.archive import RANKER_FILE
from object2vec.model.retrieval.encoder import PooledEncoder, load_encoder
from object2vec.ranker.artefact import read_ranker
from object2vec.search import fusion
from object2vec.search.content import Content, Counted
from object2vec.search.counting.copurchase import copurchase_of
from object2vec.search.counting.profiles import profiles_of
from object2vec.search.counting.statistics import item_statistics
from object2vec.search.counting.successors import successors_of
from object2vec.search.embedded.base import build_index, load_index
from object2vec.search.index import Hit, IndexSnapshot, Request
from object2vec.search.preference import Preference
from object2vec.training.dataset import Catalogue, Dataset, read_dataset
from object2vec.training.evaluation.intervals import paired_interval
from object2vec.training.evaluation.peers import own_frequency_scorer
from object2vec.training.holdouts import Holdout, holdout
from object2vec.training.pseudo_queries import TEST, distinct_documents, held_out_queries
from object2vec.training.ranker.job import INTERACTIONS
from object2vec.training.ranking_metrics import Scorer
from object2vec.training.trainer import use_one_thread

WEIGHTS = {
    "popularity": (0.1, 0.2, 0.3, 0.4, 0.5, 0.7),
    "profile": (0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 4.0),
    "preference": (0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 4.0),
}
HOUSEHOLDS = 400
SEED = 0


@dataclass(frozen=True, slots=True)
class JudgedQuery:
    """A query with a household's history, and the items of which it must find one."""

    request: Request
    wanted: frozenset[str]


@dataclass(frozen=True, slots=True)
class Shop:
    """An index at the end of a period, what households buy next, and what others might look for."""

    snapshot: IndexSnapshot
    bought: Sequence[JudgedQuery]
    named: Sequence[JudgedQuery]
    counted: Scores
    """(bought,) nDCG@10 of the peer: of all items of the asked category or type, those that the household
    bought most and lately, then the most popular ones; of equals the one that is wanted first."""


@dataclass(frozen=True, slots=True)
class QueryScores:
    """nDCG@10 of each query (n,), of both kinds."""

    bought: Scores
    named: Scores

    @property
    def mean(self) -> float:
        """The mean of both kinds."""
        return float(self.bought.mean() + self.named.mean()) / 2


def run(quick: bool) -> ResultTable:
    """The seed model's profile and 100 households if `quick`, else model and ranker of the training job."""
    use_one_thread()
    households = 100 if quick else HOUSEHOLDS
    signals = ("popularity", "profile") if quick else ("popularity", "profile", "preference")
    with TemporaryDirectory() as scratch:
        earlier = _shop(prepared(inner=True), Path(scratch) / "earlier", households, quick)
        chosen = {signal: _chosen(earlier, signal) for signal in signals}
        return _table(_shop(prepared(), Path(scratch) / "last", households, quick), chosen)


def _chosen(shop: Shop, signal: str) -> float:
    plain = _found(shop, None)
    found = {weight: _found(shop, signal, weight) for weight in WEIGHTS[signal]}
    for weight, both in found.items():
        print(f"{signal} {weight:g}: bought {both.bought.mean():.4f}, named {both.named.mean():.4f}")
    print(f"words and meaning: bought {plain.bought.mean():.4f}, named {plain.named.mean():.4f}")
    least = plain.named.mean() if signal == "popularity" else 0.0
    return max(found, key=lambda weight: (found[weight].named.mean() >= least, found[weight].mean))


def _table(shop: Shop, chosen: Mapping[str, float]) -> ResultTable:
    start = time.monotonic()
    plain = _found(shop, None)
    rows = [
        ResultRow("words and meaning", _metrics(plain), time.monotonic() - start),
        ResultRow("own counts within what is asked", {"ndcg@10": float(shop.counted.mean())}),
    ]
    intervals = []
    for signal, best in chosen.items():
        default = fusion.WEIGHTS[signal]
        for weight in dict.fromkeys([default, best]):
            start = time.monotonic()
            found = _found(shop, signal, weight)
            notes = ["the default"] * (weight == default) + ["chosen a tenth earlier"] * (weight == best)
            seconds = time.monotonic() - start
            rows.append(ResultRow(f"{signal}, weight {weight:g}", _metrics(found), seconds, ", ".join(notes)))
            if weight == default:
                low, high = paired_interval(found.bought, plain.bought)
                intervals.append(f"{signal} {low:+.3f} to {high:+.3f}")
    return ResultTable(
        "personalised_search",
        f"Sample shop: {len(shop.bought)} households search by category or type for what they then buy",
        "one right answer a query; named: every second word of any product must find it, with the same"
        " histories; popularity: everybody's, without the history; profile: the session's cosine;"
        " preference: the ranker's likelihood. 95 % of paired"
        f" bootstraps of ndcg@10, default minus without: {', '.join(intervals)}",
        rows,
        {"ndcg@10": 0.4},
    )


def _shop(data: Path, scratch: Path, households: int, quick: bool) -> Shop:
    dataset = read_dataset(data)
    model = SEED_MODEL if quick else trained(data, SEED).folder
    encoder = load_encoder(model)
    catalogue = dataset.catalogue
    log = [data / split / INTERACTIONS for split in ("train", "validation")]
    items, statistics, index = catalogue.items(), item_statistics(log), scratch / "index"
    counted = Counted(copurchase_of(log), profiles_of(log), successors_of(log))
    build_index(encoder, Content(items, statistics, counted=counted), index)
    snapshot = load_index(index, encoder, "benchmark").snapshot
    described = np.array(["category" in metadata for metadata in catalogue.metadata])
    past = dataset.train.merged(dataset.validation)
    users = holdout(past, dataset.test, described, households, SEED)
    requests = _requests(dataset, model, snapshot, encoder, users)
    wanted = _wanted(users)
    return Shop(
        snapshot,
        _bought(dataset, encoder, requests, wanted),
        _named(dataset, encoder, requests),
        _counted(dataset, own_frequency_scorer(past.popularity(len(items)), users), wanted),
    )


def _requests(
    dataset: Dataset, model: Path, snapshot: IndexSnapshot, encoder: PooledEncoder, users: Holdout
) -> list[Request]:
    """Requests that carry only the histories."""
    forest = read_ranker(model / RANKER_FILE) if (model / RANKER_FILE).is_file() else None
    found = []
    for history, ages in zip(users.histories, users.ages, strict=True):
        ids = [dataset.catalogue.ids[item] for item in history.tolist()]
        times = (-86_400 * ages).tolist()
        known = None if forest is None else Preference(forest=forest, item_ids=ids, times=times)
        profile = snapshot.session(ids).vector(encoder)
        found.append(Request(session_vector=profile, preference=known, limit=100))
    return found


def _wanted(users: Holdout) -> list[int]:
    """One of the items that each household buys next."""
    rng = np.random.default_rng(SEED)
    return [int(rng.choice(relevant)) for relevant in users.relevant]


def _asked_for(catalogue: Catalogue, number: int, item: int) -> str:
    """The category of the item that is wanted, for every other household its type: the first part of its
    text."""
    return str(catalogue.metadata[item]["category"]) if number % 2 else catalogue.texts[item].split(" - ")[0]


def _bought(
    dataset: Dataset, encoder: PooledEncoder, requests: Sequence[Request], wanted: Sequence[int]
) -> list[JudgedQuery]:
    catalogue = dataset.catalogue
    return [
        JudgedQuery(
            _searching(request, _asked_for(catalogue, number, item), encoder),
            frozenset([catalogue.ids[item]]),
        )
        for number, (request, item) in enumerate(zip(requests, wanted, strict=True))
    ]


def _counted(dataset: Dataset, score: Scorer, wanted: Sequence[int]) -> Scores:
    catalogue = dataset.catalogue
    categories = np.array([str(metadata.get("category")) for metadata in catalogue.metadata], object)
    types = np.array([text.split(" - ")[0] for text in catalogue.texts], object)
    values = []
    for number, item in enumerate(wanted):
        asked = (categories if number % 2 else types) == _asked_for(catalogue, number, item)
        scores = np.where(asked, score(np.array([number]))[0], -np.inf)
        place = int((scores > scores[item]).sum())
        values.append(1 / np.log2(place + 2) if place < 10 else 0.0)
    return np.array(values)


def _named(dataset: Dataset, encoder: PooledEncoder, histories: Sequence[Request]) -> list[JudgedQuery]:
    catalogue = dataset.catalogue
    queries = held_out_queries(catalogue, len(histories), TEST)
    ids = np.array(catalogue.ids, object)
    _, text_of = distinct_documents(catalogue)
    return [
        JudgedQuery(_searching(request, words, encoder), frozenset(ids[text_of == wanted[0]]))
        for request, words, wanted in zip(histories, queries.queries, queries.relevant, strict=False)
    ]


def _searching(request: Request, words: str, encoder: PooledEncoder) -> Request:
    return replace(request, text=words, vector=encoder.encode_queries([words])[0])


def _found(shop: Shop, signal: str | None, weight: float = 0.0) -> QueryScores:
    """Searches with one more signal than words and meaning, at a given weight, or without one."""

    def ndcg(asked: JudgedQuery) -> float:
        request = asked.request
        if signal != "preference":
            request = replace(request, preference=None)
        if signal not in ("profile", "preference"):
            request = replace(request, session_vector=None)
        return _ndcg(shop.snapshot.search(request).hits, asked.wanted)

    with mock.patch.dict(fusion.WEIGHTS, {"popularity": 0.0} if signal is None else {signal: weight}):
        return QueryScores(*(np.array([ndcg(one) for one in part]) for part in (shop.bought, shop.named)))


def _ndcg(hits: Sequence[Hit], wanted: frozenset[str]) -> float:
    places = (place for place, hit in enumerate(hits[:10]) if hit.item.id in wanted)
    return next((1 / float(np.log2(place + 2)) for place in places), 0.0)


def _metrics(found: QueryScores) -> Mapping[str, float]:
    return {"ndcg@10": float(found.bought.mean()), "named_ndcg@10": float(found.named.mean())}
