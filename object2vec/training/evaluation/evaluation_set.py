"""The users and queries that every model is evaluated on, ours and AWS's."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from object2vec.core.arrays import Mask, Rows
from object2vec.training.dataset import Dataset, Interactions
from object2vec.training.evaluation.text_retrieval import logged_queries
from object2vec.training.holdouts import (
    Holdout,
    holdout,
    last_events,
    newcomers,
    rankable,
    sessions,
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
    newcomers: Rows  # some users who came back, of whom counts must not know
    last: Mapping[int, Holdout]  # these, as if only so many events were known
    sessions: Holdout  # users of the test period whom nobody knew before
    queries: QuerySet  # of texts that validation did not use
    logged: QuerySet  # of the search log


def newcomers_in(dataset: Dataset) -> Rows:
    """The users that an evaluation asks about as newcomers."""
    before = np.concatenate([dataset.train.users, dataset.validation.users])
    return newcomers(before, dataset.test.users, _SEGMENT_USERS)


def evaluation_set(dataset: Dataset) -> EvaluationSet:
    """The evaluation set of a dataset."""
    known_events = dataset.train.merged(dataset.validation)
    popularity = known_events.popularity(len(dataset.catalogue))
    allowed = rankable(popularity)
    unknown = newcomers_in(dataset)
    of_newcomers = known_events.of_users(unknown)
    return EvaluationSet(
        known_events,
        popularity,
        allowed,
        holdout(known_events, dataset.test, allowed, _USERS),
        unknown,
        {k: last_events(of_newcomers, dataset.test, allowed, k, _SEGMENT_USERS) for k in HISTORY_LENGTHS},
        sessions(known_events, dataset.test, allowed, _SESSIONS),
        held_out_queries(dataset.catalogue, _QUERIES, TEST),
        logged_queries(dataset.catalogue, dataset.queries.get("test", JudgedQueries()), _QUERIES),
    )
