"""Hold-outs, peers and queries of the evaluation, on toy data with a known right answer."""

import re
import tracemalloc

import numpy as np
import pytest

from object2vec.model.retrieval import forward
from object2vec.model.retrieval.artefact import read_artefact
from object2vec.training import features, ranking_metrics
from object2vec.training.dataset import Catalogue, Dataset, Interactions
from object2vec.training.evaluation.evaluate import evaluate
from object2vec.training.evaluation.peers import Counting
from object2vec.training.evaluation.systems import systems_of
from object2vec.training.holdouts import Holdout, holdout, last_events, newcomers, sessions
from object2vec.training.pseudo_queries import TEST, VALIDATION, held_out_queries, pseudo_query
from object2vec.training.ranking_metrics import batch_size

ANY = np.ones(10, np.bool_)


def events(*rows):
    """(user, item, time) rows, sorted as the dataset has them."""
    columns = np.array(sorted(rows, key=lambda row: (row[0], row[2], row[1])), np.int64).reshape(-1, 3).T
    return Interactions(columns[0], columns[1], columns[2])


def test_of_the_last_events_the_next_basket_is_to_be_found():
    past = events((1, 0, 1), (1, 1, 2), (1, 2, 3), (2, 3, 1))
    future = events((1, 4, 9), (1, 5, 9), (1, 6, 12), (3, 7, 9))
    found = last_events(past, future, ANY, 2, 10)
    assert [h.tolist() for h in found.histories] == [[1, 2]]
    assert [wanted.tolist() for wanted in found.relevant] == [[4, 5]]
    assert not found.timed
    assert not found.counted
    everything = holdout(past, future, ANY)
    assert [wanted.tolist() for wanted in everything.relevant] == [[4, 5, 6]]


def test_newcomers_are_some_of_those_who_come_back():
    past = events(*((user, 0, 1) for user in range(40)))
    future = events(*((user, 1, 9) for user in range(20, 60)))
    found = newcomers(past.users, future.users, 100).tolist()
    assert len(found) == 5
    assert set(found) < set(range(20, 40))
    assert len(newcomers(past.users, future.users, 3)) == 3
    assert newcomers(past.users, future.users, 100).tolist() == found
    assert len(newcomers(past.users, events().users, 5)) == 0


def test_a_newcomer_is_not_found_among_the_neighbours():
    """Whoever asks with a thing that nobody else has would find themselves, with all that they bought."""
    rows = [(user, item, item) for user in range(40) for item in (8, 9)]
    rows += [(40 + user, item, item) for user in range(40) for item in (user % 8, 7)]
    rows += [(100 + user, 10 + 2 * user + n, n) for user in range(8) for n in (1, 0)]  # their own two things
    past = events(*rows)
    future = events(*((100 + user, 10 + 2 * user, 99) for user in range(8)))
    unknown = newcomers(past.users, future.users, 100)
    asked = last_events(past.of_users(unknown), future, np.ones(30, np.bool_), 1, 100)

    def ranks(log):
        scores = Counting(log, log.popularity(30)).scorers(asked)["user-knn"]()(np.arange(len(asked)))
        return [
            int((-row).argsort(kind="stable").tolist().index(w[0]))
            for row, w in zip(scores, asked.relevant, strict=True)
        ]

    assert max(ranks(past)) <= 1
    assert min(ranks(past.without_users(unknown))) > 5


def test_sessions_are_users_whom_nobody_knew():
    past = events((1, 0, 1), (1, 1, 2))
    future = events((1, 2, 9), (2, 3, 9), (2, 4, 10), (2, 5, 11), (3, 6, 9), (4, 7, 9), (4, 8, 9))
    found = sessions(past, future, ANY, 10)
    by_first = {int(history[0]): (h.tolist(), w.tolist()) for h, w, history in zip(
        found.histories, found.relevant, found.histories, strict=True)}  # fmt: skip
    assert set(by_first) == {3, 7}  # user 1 is known, user 3 has a single event
    history, wanted = by_first[3]
    assert history in ([3], [3, 4])
    assert wanted == [4 if history == [3] else 5]
    assert by_first[7] == ([7], [8])  # one basket: a part of it finds the rest
    assert len(sessions(past, future, ANY, 1)) == 1
    assert len(sessions(past, events(), ANY, 5)) == 0


@pytest.fixture
def counting():
    """Users 0 to 9 take 0 then 1 then 2; users 10 to 19 take 5, 6 and 7 in any order; 9 is popular."""
    rows = [(user, item, item) for user in range(10) for item in (0, 1, 2)]
    rows += [(user, 5 + (user + n) % 3, n) for user in range(10, 20) for n in range(3)]
    rows += [(user, 9, 0) for user in range(20, 60)]
    past = events(*rows)
    return Counting(past, past.popularity(10))


@pytest.mark.parametrize("name", ["item-knn", "co-occurrence", "user-knn", "ease"])
def test_counting_finds_what_goes_together(counting, name):
    asked = Holdout([np.array([0, 1]), np.array([6])], [np.zeros(2), np.zeros(1)], [], timed=False)
    scores = counting.scorers(asked)[name]()(np.arange(2)).copy()
    scores[0, [0, 1]] = scores[1, 6] = -np.inf
    assert scores[0].argmax() == 2
    assert scores[1].argmax() in (5, 7)


def test_counting_falls_back_on_popularity_for_who_is_unknown(counting):
    nobody = Holdout([np.empty(0, np.int64)], [np.empty(0)], [], timed=False)
    for name, scorer in counting.scorers(nobody).items():
        assert scorer()(np.arange(1))[0].argmax() == 9, name


def test_own_frequency_counts_recent_purchases_more(counting):
    asked = Holdout([np.array([3, 4])], [np.array([180.0, 0.0])], [])
    assert counting.scorers(asked)["own-frequency"]()(np.arange(1))[0].argmax() == 4


def test_a_batch_of_scores_is_bounded():
    assert batch_size(10) == 128
    assert batch_size(1_000_000) * 1_000_000 * 4 <= 8_000_000
    assert batch_size(10**9) == 1


SENTENCES = [
    "The boundary layer grows along the plate. Heat flows through the wall into the air stream. "
    f"Pressure number {word} falls behind the shock. Measured values agree with the theory of thin wings."
    for word in ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta")
]


def test_a_long_text_is_asked_for_by_a_sentence_that_is_taken_out_of_it():
    catalogue = Catalogue([str(n) for n in range(8)], SENTENCES, [{}] * 8)
    made = [held_out_queries(catalogue, 10, part) for part in (VALIDATION, TEST)]
    asked = [(part, *one) for part in made for one in zip(part.queries, part.relevant, strict=True)]
    assert len(asked) == 8
    for part, query, (position,) in asked:
        rest = part.texts(catalogue)[position]
        sentences = SENTENCES[position].split(". ")
        (gone,) = [s for s in sentences if s.removesuffix(".") not in rest]
        stems = {word.lower().rstrip("s") for word in gone.replace(".", "").split()}
        assert {word.rstrip("s") for word in query.split()} <= stems
        assert len(rest) < len(SENTENCES[position])
    assert made[1].queries == held_out_queries(catalogue, 10, TEST).queries  # the same at every call


def test_a_short_text_stays_whole():
    catalogue = Catalogue(["a", "b"], ["Frozen Pizzas - 12 oz - Frozen Grocery", "Two words"], [{}] * 2)
    made = [held_out_queries(catalogue, 10, part) for part in (VALIDATION, TEST)]
    assert [query for part in made for query in part.queries] == ["frozen oz"]
    assert not made[0].shortened
    assert not made[1].shortened
    assert pseudo_query("Two words") == ""


def shop_of(items):
    """A shop of that many items, and always the same number of shoppers."""
    rng = np.random.default_rng(0)
    texts = [f"thing {number} of kind {number % 97} for cats" for number in range(items)]
    log = [
        (user, int(item), time)
        for user in range(40)
        for time, item in enumerate(rng.integers(items, size=12).tolist())
    ]
    parts = [events(*(row for row in log if row[2] // 4 == part)) for part in range(3)]
    catalogue = Catalogue([str(number) for number in range(items)], texts, [{}] * items)
    return Dataset(catalogue, *parts, "toy")


def test_a_system_that_another_is_too_is_measured_once(seed_folder, capsys):
    dataset, seed = shop_of(300), read_artefact(seed_folder)
    systems = systems_of(dataset, seed, seed, seed, {})
    twice = evaluate(dataset, systems, live_is_seed=True, about={})
    loaded = []
    watched = {name: lambda name=name: loaded.append(name) or systems[name]() for name in systems}
    once = evaluate(dataset, watched, live_is_seed=True, about={}, same={"seed": "live"})
    assert loaded == ["model", "live"]
    told = re.findall(r"^evaluated (\w+) in \d+ s$", capsys.readouterr().out, re.MULTILINE)
    assert told == [*systems, "counting", "model", "live", "counting"], "a log says what was done"
    assert once == twice


def peak_of_an_evaluation(items, seed):
    """Bytes, for a shop of as many items."""
    dataset = shop_of(items)
    tracemalloc.start()
    try:
        evaluate(dataset, systems_of(dataset, seed, None, seed, {}), live_is_seed=True, about={})
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.slow
def test_an_evaluation_takes_less_than_two_kilobytes_an_item(seed_folder, monkeypatch):
    chunks = (
        (ranking_metrics, "_BATCH_SCORES", 40_000),
        (forward, "_CHUNK_ROWS", 4_096),
        (features, "_CHUNK", 512),
    )
    for module, chunk, size in chunks:
        monkeypatch.setattr(module, chunk, size)  # a small shop, too, then has more than one chunk
    seed = read_artefact(seed_folder)
    few, many = 3_000, 8_000
    growth = peak_of_an_evaluation(many, seed) - peak_of_an_evaluation(few, seed)
    assert growth < 2_000 * (many - few)
