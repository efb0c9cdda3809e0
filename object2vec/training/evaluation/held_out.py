"""What every model is evaluated on, ours and AWS's: users of the test period, and texts as queries."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from object2vec.core.arrays import Rows
from object2vec.training.dataset import Dataset, Interactions
from object2vec.training.pseudo_queries import TEST, QuerySet, held_out_queries
from object2vec.training.ranking import Holdout, holdout, rankable

_USERS = 2_500
_QUERIES = 1_000


@dataclass(frozen=True, slots=True)
class HeldOut:
    """The same at every call on the same dataset."""

    past: Interactions  # all before the test period
    popularity: Rows  # (items,) in the past
    allowed: NDArray[np.bool_]  # (items,) what is ranked
    users: Holdout
    queries: QuerySet  # of texts that validation did not use


def held_out(dataset: Dataset) -> HeldOut:
    """Of the prepared data."""
    past = dataset.train.together(dataset.validation)
    popularity = past.popularity(len(dataset.catalogue))
    allowed = rankable(popularity)
    users = holdout(past, dataset.test, allowed, _USERS)
    return HeldOut(past, popularity, allowed, users, held_out_queries(dataset.catalogue, _QUERIES, TEST))
