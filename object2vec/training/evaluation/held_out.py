"""What every model is evaluated on, ours and AWS's: users of the test period, and texts as queries."""

from collections.abc import Mapping
from dataclasses import dataclass

from object2vec.core.arrays import Mask, Rows
from object2vec.training.dataset import Dataset, Interactions
from object2vec.training.evaluation.text_retrieval import logged_queries
from object2vec.training.pseudo_queries import TEST, QuerySet, held_out_queries
from object2vec.training.ranking import Holdout, holdout, last_events, rankable, sessions
from object2vec.training.search_log import JudgedQueries

HISTORY_LENGTHS = (1, 3, 10, 50)
"""How much is known of a shopper, in events, in the segments that are measured apart."""
_USERS, _SEGMENT_USERS, _SESSIONS = 1_000, 500, 1_000
_QUERIES = 1_000


@dataclass(frozen=True, slots=True)
class EvaluationSet:
    """The same at every call on the same dataset."""

    known_events: Interactions  # all before the test period
    popularity: Rows  # (items,) of these events
    allowed: Mask  # (items,) what is ranked
    users: Holdout  # who came back in the test period
    last: Mapping[int, Holdout]  # the same as if only so many events were known
    sessions: Holdout  # users of the test period whom nobody knew before
    queries: QuerySet  # of texts that validation did not use
    logged: QuerySet  # of the search log


def held_out(dataset: Dataset) -> EvaluationSet:
    """Of the prepared data."""
    known_events = dataset.train.merged(dataset.validation)
    popularity = known_events.popularity(len(dataset.catalogue))
    allowed = rankable(popularity)
    return EvaluationSet(
        known_events,
        popularity,
        allowed,
        holdout(known_events, dataset.test, allowed, _USERS),
        {k: last_events(known_events, dataset.test, allowed, k, _SEGMENT_USERS) for k in HISTORY_LENGTHS},
        sessions(known_events, dataset.test, allowed, _SESSIONS),
        held_out_queries(dataset.catalogue, _QUERIES, TEST),
        logged_queries(dataset.catalogue, dataset.queries.get("test", JudgedQueries()), _QUERIES),
    )
