"""Evaluation on the test period: the model as it is served, the live model, the seed and counting.

Each task has its own metrics: next item (ndcg@10 …), the same by how many events are known of a shopper
(last_3_…), sessions of unknown users (session_…), similarity (similar_…), search (query_… of the search log,
text_… of queries made from texts), categories (category_accuracy, on items that training held out).
Every number comes with the count of users or queries and its 95 % interval; the gate (gate.py) decides on
paired intervals. One system is in memory at a time.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

import numpy as np

from object2vec.core.arrays import Matrix, Rows
from object2vec.core.progress import tell
from object2vec.ranker.complements_fit import fit_complements
from object2vec.training.dataset import Dataset, Interactions
from object2vec.training.evaluation import gate
from object2vec.training.evaluation.bm25 import bm25_scorer
from object2vec.training.evaluation.evaluation_set import HISTORY_LENGTHS, EvaluationSet, evaluation_set
from object2vec.training.evaluation.first_items import first_items, shown
from object2vec.training.evaluation.gate import Evidence, judge
from object2vec.training.evaluation.intervals import Measured
from object2vec.training.evaluation.peers import Counting
from object2vec.training.evaluation.results import Results, UserTest
from object2vec.training.evaluation.similar_items import (
    BoughtTogether,
    bought_together,
    counting_scorers,
    listed_metrics,
    purchase_log,
    served_complements,
    similar_metrics,
)
from object2vec.training.evaluation.systems import Load, System
from object2vec.training.evaluation.text_retrieval import TextRetrieval
from object2vec.training.holdouts import MIN_PURCHASES
from object2vec.training.ranking_metrics import Scorer, View

_PAIRS = 1_000
_FEWEST_QUERIES = 20  # queries of the search log; fewer are too few to tell
_EXAMPLES = 8
BETTER, WORSE = "answered better with the model", "answered worse with the model"
NEITHER = "answered by neither"
"""The kinds of examples."""
_PROTOCOL: Mapping[str, Any] = {
    "next_item": f"test period, all items with at least {MIN_PURCHASES} earlier purchases, bought ones"
    " included unless hardly anyone buys a thing twice; all_items_*: every item of the catalogue; new_*:"
    " items the user never had; recall = hits / min(20, relevant)",
    "last_N": "the next basket of users of whom only the last N events are known, without times; what is"
    " counted, by us and by the others, is counted without these users",
    "session": "users of the test period without any earlier event, cut at a random place: the next basket",
    "similar": "test period: an event asks with its item for what its user bought near it, of the same items;"
    " recall@10 = hits / min(10, relevant); bought-together: counts of the time before, complements: the"
    " list that GET /items/{id}/bought-together gives",
    "query": f"the search log of the test period finds the texts it led to,"
    f" from {_FEWEST_QUERIES} queries on",
    "categories": "items that training held out, as it measured them",
    "text": "words of a sentence that was taken out of a text must find it among all; of a short text every"
    " second word, in the singular",
    "intervals": "95 %, by drawing users (queries) with replacement",
}


def evaluate(
    dataset: Dataset,
    systems: Mapping[str, Load],
    *,
    live_is_seed: bool,
    about: Mapping[str, Any],
    same: Mapping[str, str] = MappingProxyType({}),
    ranked: int = 0,
) -> dict[str, Any]:
    """The content of evaluation.json. `systems` are model, seed and, where there is one, live; one at a time
    is in memory. `same` maps the name of a system to the name of an equal one, which is measured once.
    `about` is added to the protocol; `ranked` is how many of the systems have a ranker."""
    run = _Run(dataset)
    run.expect(len(systems.keys() - same.keys()), ranked)
    for name, load in systems.items():
        if name in same:
            run.repeat(same[name], name)
        else:
            with _told(name):
                run.measure(name, load())
    with _told("counting"):
        run.measure_counting()
    verdict = judge(_evidence(dataset, run.results, live_is_seed=live_is_seed))
    record = run.results.record()
    metrics = record["metrics"]
    metrics.setdefault("live", dict(metrics.get("seed", {})))  # a first run compares with the seed
    for name in ("model", "popularity", "bm25", "bm25+model"):
        metrics.setdefault(name, {})
    passed = {"passed": verdict.passed, "decision": verdict.decision, "reason": verdict.reason}
    return {
        "gate": passed,
        **record,
        "examples": run.examples(),
        "first_items": run.first_items(),
        "protocol": {**_PROTOCOL, **run.sizes(), **about},
    }


@contextmanager
def _told(name: str) -> Iterator[None]:
    """A context that prints a line when a system is measured: what a log shows of the minutes in between."""
    started = time.monotonic()
    yield
    print(f"evaluated {name} in {time.monotonic() - started:.0f} s", flush=True)


RANKED = 20
"""A list that the ranker orders takes as long as about so many by vectors or counts."""
_COUNTED = 10
"""What only counts takes, with what it counts first, as long as about so many lists for each user."""


class _Run:
    """All tests of one dataset, and the results of the systems."""

    def __init__(self, dataset: Dataset) -> None:
        self.results = Results()
        self._dataset, self._held_out = dataset, evaluation_set(dataset)
        self._tests = list(_user_tests(self._held_out, len(dataset.catalogue)))
        self._first = first_items(dataset.catalogue, purchase_log(self._held_out.known_events))
        self._first_lists: dict[str, Rows] = {}
        self._lists, self._lists_done = 1, 0.0
        self._pairs: BoughtTogether = bought_together(dataset.test, self._held_out.allowed, _PAIRS)
        searches = {gate.TEXT: self._held_out.queries}
        if len(self._held_out.logged.queries) >= _FEWEST_QUERIES:
            searches[gate.QUERIES] = self._held_out.logged
        self._searches = {
            name: TextRetrieval(dataset.catalogue, queries)
            for name, queries in searches.items()
            if queries.queries
        }

    def measure(self, name: str, system: System) -> None:
        """Measures one model: alone, together with words, and with its ranker."""
        for test in self._tests:
            test.add(self.results, name, self._told(system.next_items(test.users), 1))
            ranked = system.ranked(test.users)
            if ranked is not None:
                test.add(self.results, f"{name}+ranker", self._told(ranked, RANKED))
        self._list_after_first_items(name, system)
        if len(self._pairs):
            similar = system.similar(self._pairs)
            values = similar_metrics(self._pairs, similar, self._held_out.allowed)
            self.results.add("similar", name, values)
            if name == "model":
                ids = self._dataset.catalogue.ids
                table = fit_complements(purchase_log(self._held_out.known_events), ids)
                lists = served_complements(table, self._pairs, ids, similar)
                self.results.add("similar", "complements", listed_metrics(self._pairs, lists))
        for search, retrieval in self._searches.items():
            alone, with_words = retrieval.model(*system.search(retrieval.queries))
            self.results.add(search, name, alone)
            self.results.add(search, f"bm25+{name}", with_words)
        if system.category_accuracy is not None:
            self.results.add_mean(name, "category_accuracy", system.category_accuracy)

    def expect(self, systems: int, ranked: int) -> None:
        """Says how many models will be measured, and how many of them have a ranker."""
        users = sum(len(test.users) for test in self._tests)
        self._lists = max(1, users * (systems + RANKED * ranked + _COUNTED))

    def _told(self, scorer: Scorer, weight: int) -> Scorer:
        """The scorer, which counts the lists that are made with it."""

        def score(at: Rows) -> Matrix:
            found = scorer(at)
            self._lists_done += weight * len(at)
            tell(self._lists_done / self._lists)
            return found

        return score

    def repeat(self, system: str, name: str) -> None:
        """Gives the results of a measured system to an equal one of another name."""
        self.results.repeat(system, name)
        if system in self._first_lists:
            self._first_lists[name] = self._first_lists[system]

    def measure_counting(self) -> None:
        """Measures the baselines that need no training: words alone, and counting."""
        test, results = self._held_out, self.results
        for search, retrieval in self._searches.items():
            results.add(search, "bm25", retrieval.words())
        self._count(test.known_events, [t for t in self._tests if t.users.counted])
        unknown = [t for t in self._tests if not t.users.counted]
        if unknown:
            self._count(test.known_events.without_users(test.newcomers), unknown)
        for user_test in self._tests:
            if user_test.name == gate.USERS:
                user_test.add(results, "bm25", bm25_scorer(self._dataset.catalogue, user_test.users))
        if len(self._pairs):
            for name, similar in counting_scorers(test.known_events, self._pairs, test.popularity).items():
                results.add("similar", name, similar_metrics(self._pairs, similar, test.allowed))

    def _count(self, log: Interactions, tests: Sequence[UserTest]) -> None:
        """Asks the counts of a log."""
        counting = Counting(log, log.popularity(len(self._dataset.catalogue)))
        for test in tests:
            for name, scorer in counting.scorers(test.users).items():
                test.add(self.results, name, self._told(scorer(), 1))

    def first_items(self) -> dict[str, Any]:
        """The list after each of twenty first items, and the share of strangers in it."""
        return shown(self._first, self._first_lists, self._dataset.catalogue) if self._first_lists else {}

    def _list_after_first_items(self, name: str, system: System) -> None:
        if len(self._first.items):
            asked = self._first.asked()
            served = system.ranked(asked) or system.next_items(asked)
            self._first_lists[name] = self._first.lists(served, self._held_out.allowed)

    def examples(self) -> dict[str, Any]:
        """Queries that words and model together answer better than words alone, those that they answer worse,
        and those that neither answers; most different first. Without those that there are none of."""
        found: dict[str, Any] = {}
        for search, retrieval in self._searches.items():
            measured = self.results.measured(search)
            if measured is None:
                continue
            ours, words = measured.values["bm25+model"], measured.values["bm25"]
            queries = retrieval.queries.queries
            order = np.argsort(ours - words, kind="stable")
            sides = {
                BETTER: order[::-1][(ours > words)[order[::-1]]],
                WORSE: order[(ours < words)[order]],
                NEITHER: np.flatnonzero((ours == 0) & (words == 0)),
            }
            found[search] = {
                side: [
                    {"query": queries[at], "model": float(ours[at]), "words": float(words[at])}
                    for at in places[:_EXAMPLES].tolist()
                ]
                for side, places in sides.items()
                if len(places)
            }
        return found

    def sizes(self) -> dict[str, int]:
        """The numbers of users, queries and items that were asked."""
        return {
            "users": len(self._held_out.users),
            "ranked_items": int(self._held_out.allowed.sum()),
            "pairs": len(self._pairs),
            "queries": len(self._held_out.queries.queries),
            "logged_queries": len(self._held_out.logged.queries),
        }


def _user_tests(test: EvaluationSet, items: int) -> Iterator[UserTest]:
    """The tests over users. If people do not come back to items, lists leave out what a user had."""
    unseen = not test.known_events.people_return()
    ranked = View("", test.allowed, unseen)
    if len(test.users):
        views = [ranked, View("all_items", np.ones(items, np.bool_), unseen)]
        new = () if unseen else (View("new", test.allowed, True),)
        yield UserTest(gate.USERS, test.users, [*views, *new])
    for known, users in test.last.items():
        if len(users):
            yield UserTest(f"last_{known}", users, [ranked])
    if len(test.sessions):
        yield UserTest(gate.SESSIONS, test.sessions, [ranked])


def _evidence(dataset: Dataset, results: Results, *, live_is_seed: bool) -> Evidence:
    names = (gate.USERS, gate.SESSIONS, gate.QUERIES, gate.TEXT)
    tests = {name: _with_live(test) for name in names if (test := results.measured(name)) is not None}
    segments = {
        known: _with_live(test)
        for known in HISTORY_LENGTHS
        if (test := results.measured(f"last_{known}")) is not None
    }
    periods: Sequence[Any] = [part.users for part in (dataset.train, dataset.validation, dataset.test)]
    shoppers = int((np.unique(np.concatenate(periods), return_counts=True)[1] > 1).sum())
    return Evidence(tests, segments, shoppers, live_is_seed)


def _with_live(test: Measured) -> Measured:
    """The results of a test; if nothing is live, those of the seed stand for the live model."""
    stands_in = {"live": "seed", "bm25+live": "bm25+seed"}
    missing = {
        live: test.values[seed]
        for live, seed in stands_in.items()
        if live not in test.values and seed in test.values
    }
    return Measured(dict(test.values) | missing)
