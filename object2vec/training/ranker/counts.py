"""What the ranker counts in a log: none of it depends on the model."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import numpy as np
from numpy.typing import NDArray

from object2vec.ranker.copurchase import Copurchase
from object2vec.ranker.profiles import Profiles
from object2vec.ranker.successors import Successors
from object2vec.search.counting.copurchase import copurchase_of
from object2vec.search.counting.profiles import profiles_of
from object2vec.search.counting.statistics import item_statistics
from object2vec.search.counting.successors import successors_of
from object2vec.search.item_statistics import Statistics

NOBODY = np.zeros(0, np.uint64)


@dataclass(frozen=True)
class RankerCounts:
    """The counts of a log."""

    statistics: Statistics
    copurchase: Copurchase
    profiles: Profiles
    successors: Successors

    @classmethod
    def of(cls, log: Sequence[Path]) -> "RankerCounts":
        """Counts curated interaction files."""
        return cls(item_statistics(log), copurchase_of(log), profiles_of(log), successors_of(log))


@dataclass(frozen=True)
class CountsOfTwo:
    """The counts of a log, and those for users who are asked about as newcomers: made without their events.
    Where nobody is, both are the same."""

    known: RankerCounts
    newcomers: RankerCounts

    @classmethod
    def of(cls, log: Sequence[Path], newcomers: NDArray[np.uint64]) -> "CountsOfTwo":
        """Counts files with and without the newcomers, who are named by their keys."""
        known = RankerCounts.of(log)
        return cls(known, counts_without(log, newcomers) if len(newcomers) else known)


def counts_without(log: Sequence[Path], newcomers: NDArray[np.uint64]) -> RankerCounts:
    """The counts of a copy of a log that lacks the events of some users."""
    with TemporaryDirectory() as folder, duckdb.connect() as db:
        db.register("newcomer", {"key": newcomers})
        db.read_parquet([str(path) for path in log], union_by_name=True).create_view("event")
        others = db.sql("SELECT * FROM event WHERE hash(user_id) NOT IN (SELECT key FROM newcomer)")
        others.write_parquet(str(path := Path(folder) / "others.parquet"))
        return RankerCounts.of([path])
