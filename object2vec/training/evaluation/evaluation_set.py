"""The users and queries that every model is evaluated on, ours and AWS's."""

from collections.abc import Mapping
from dataclasses import dataclass

from object2vec.core.arrays import Mask, Rows
from object2vec.training.dataset import Dataset, Interactions
from object2vec.training.evaluation.text_retrieval import logged_queries
from object2vec.training.holdouts import (
    Holdout,
    holdout,
    last_events,
    rankable,
    sessions,
    strangers,
)
from object2vec.training.pseudo_queries import TEST, QuerySet, held_out_queries
from object2vec.training.search_log import JudgedQueries

HISTORY_LENGTHS = (1, 3, 10, 50)
"""Numbers of known events: shoppers of whom only so many are known are measured as a segment of their own."""
_USERS, _SEGMENT_USERS, _SESSIONS = 1_000, 500, 1_000
_QUERIES = 1_000


@dataclass(frozen=True, slots=True)
class EvaluationSet:
    """Users and queries; equal for equal datasets."""

    known_events: Interactions  # all before the test period
    popularity: Rows  # (items,) of these events
    allowed: Mask  # (items,) what is ranked
    users: Holdout  # who came back in the test period
    strangers: Rows  # some users who came back, of whom counts must not know
    last: Mapping[int, Holdout]  # these, as if only so many events were known
    sessions: Holdout  # users of the test period whom nobody knew before
    queries: QuerySet  # of texts that validation did not use
    logged: QuerySet  # of the search log


def strangers_in(dataset: Dataset, known_events: Interactions | None = None) -> Rows:
    """The users that an evaluation asks about as strangers; `known_events` if they are merged already."""
    return strangers(known_events or dataset.train.merged(dataset.validation), dataset.test, _SEGMENT_USERS)


def evaluation_set(dataset: Dataset) -> EvaluationSet:
    """The evaluation set of a dataset."""
    known_events = dataset.train.merged(dataset.validation)
    popularity = known_events.popularity(len(dataset.catalogue))
    allowed = rankable(popularity)
    unknown = strangers_in(dataset, known_events)
    of_strangers = known_events.of_users(unknown)
    return EvaluationSet(
        known_events,
        popularity,
        allowed,
        holdout(known_events, dataset.test, allowed, _USERS),
        unknown,
        {k: last_events(of_strangers, dataset.test, allowed, k, _SEGMENT_USERS) for k in HISTORY_LENGTHS},
        sessions(known_events, dataset.test, allowed, _SESSIONS),
        held_out_queries(dataset.catalogue, _QUERIES, TEST),
        logged_queries(dataset.catalogue, dataset.queries.get("test", JudgedQueries()), _QUERIES),
    )
