"""The search log of one period: which item a query led to, or was judged to fit."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np
from numpy.typing import NDArray

_ROWS = """
    SELECT query, position, coalesce(label, 1) AS label FROM read_parquet($queries)
    JOIN (SELECT item_id, row_number() OVER () - 1 AS position FROM read_parquet($items)) USING (item_id)
    ORDER BY query, position"""


@dataclass(frozen=True, slots=True)
class JudgedQueries:
    """n pairs of a query and an item, sorted by query; a pair may come more than once."""

    queries: NDArray[np.str_] = field(
        default_factory=lambda: np.empty(0, np.str_)
    )  # (n,), as they were typed
    items: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))  # (n,), positions
    labels: NDArray[np.float64] = field(
        default_factory=lambda: np.empty(0)
    )  # (n,), 0: not relevant; default 1

    def __len__(self) -> int:
        return len(self.items)

    def relevant(self) -> "JudgedQueries":
        """The pairs whose item is relevant."""
        keep = self.labels > 0
        return JudgedQueries(self.queries[keep], self.items[keep], self.labels[keep])

    def judgements(self) -> Iterator[tuple[str, dict[int, float]]]:
        """Each query with the highest label of each of its items."""
        starts = np.flatnonzero(self.queries[1:] != self.queries[:-1]) + 1
        for items, labels, queries in zip(
            *(np.split(column, starts) for column in (self.items, self.labels, self.queries)), strict=True
        ):
            grades: dict[int, float] = {}
            for item, label in zip(items.tolist(), labels.tolist(), strict=True):
                grades[item] = max(label, grades.get(item, 0.0))
            if len(queries):
                yield str(queries[0]), grades


def read_judged_queries(queries: Path, items: Path) -> JudgedQueries:
    """Reads a period's queries.parquet against auxiliary/items.parquet; a missing file is an empty log, and
    pairs with unknown items are left out."""
    if not queries.is_file():
        return JudgedQueries()
    with duckdb.connect() as connection:
        found = connection.execute(_ROWS, {"queries": str(queries), "items": str(items)}).fetchnumpy()
    return JudgedQueries(
        np.asarray(found["query"], np.object_),
        found["position"].astype(np.int64),
        np.asarray(found["label"], float),
    )
