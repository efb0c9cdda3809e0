"""The prepared dataset as arrays: items by position, interactions sorted by user and time."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from object2vec.core.arrays import Mask, Matrix, Rows
from object2vec.core.catalog import VECTOR, CatalogItem
from object2vec.core.errors import InputError
from object2vec.core.sql import literal
from object2vec.model.retrieval.items import DenseVectors
from object2vec.ranker.repurchase import people_return
from object2vec.training.search_log import JudgedQueries, read_judged_queries

_NO_EVENT = "SELECT NULL::DOUBLE AS event_value, 1.0::DOUBLE AS weight WHERE false"
"""Columns that older datasets lack."""


class DatasetError(InputError):
    """The dataset cannot be used; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Items by position, in the order of auxiliary/items.parquet."""

    ids: Sequence[str]
    texts: Sequence[str]  # '' where only the id is known
    metadata: Sequence[Mapping[str, Any]]  # but for the vectors
    vectors: DenseVectors | None = None

    def items(self) -> list[CatalogItem]:
        """The items as uploaded, except that dense vectors are float32 arrays (p,)."""
        plain = [CatalogItem(*row) for row in zip(self.ids, self.texts, self.metadata, strict=True)]
        if self.vectors is None:
            return plain
        of, matrix = self.vectors.of.tolist(), self.vectors.matrix
        return [
            item if at < 0 else replace(item, metadata={**item.metadata, VECTOR: matrix[at]})
            for item, at in zip(plain, of, strict=True)
        ]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Interactions:
    """n events sorted by user, time and item; equal user and time is one basket."""

    users: Rows  # (n,), the same code for the same user in every split
    items: Rows  # (n,), positions in the catalogue
    times: Rows  # (n,), epoch seconds
    values: NDArray[np.float32] | None = None  # (n,), EVENT_VALUE: a rating, say; NaN where none was given
    liking: NDArray[np.float32] | None = None  # (n,), how much each says for its item; None: all the same
    against: Rows = field(default_factory=lambda: np.zeros(0, np.int64))
    """(k,) the items of the events that speak against theirs: no user's history, and nobody's next item."""

    def __len__(self) -> int:
        return len(self.items)

    def popularity(self, item_count: int) -> Rows:
        """(item_count,) how many events each item has."""
        return np.bincount(self.items, minlength=item_count)

    def people_return(self) -> bool:
        """Whether users buy items again, as groceries. If they do not, as with films, an item that a user had
        is no candidate for that user. The same rule decides what is served (ranker/repurchase.py)."""
        return people_return(self.users, self.items, self.times, self.weights(0).astype(np.float64))

    def basket_starts(self) -> Rows:
        """Positions where a basket begins."""
        changed = (np.diff(self.users) != 0) | (np.diff(self.times) != 0)
        return np.flatnonzero(np.concatenate([[len(self) > 0], changed])).astype(np.int64)

    def user_starts(self) -> Rows:
        """(n,) the position of the first event of each event's user."""
        first = (
            np.flatnonzero(np.concatenate([[True], np.diff(self.users) != 0])) if len(self) else self.users
        )
        return np.repeat(first, np.diff(np.append(first, len(self))))

    def of_users(self, users: Rows) -> "Interactions":
        """The events of some users."""
        return self.where(np.isin(self.users, users))

    def without_users(self, users: Rows) -> "Interactions":
        """The events of all others."""
        return self.where(~np.isin(self.users, users))

    def where(self, chosen: Mask) -> "Interactions":
        """The chosen (n,) events."""
        return Interactions(
            self.users[chosen],
            self.items[chosen],
            self.times[chosen],
            None if self.values is None else self.values[chosen],
            None if self.liking is None else self.liking[chosen],
            self.against,
        )

    def weights(self, power: float) -> NDArray[np.float32]:
        """(n,) the weight of each event: liking · (value / median value)^power. The second factor is kept
        between 0.1 and 10; it is 1 without a value, and 0.1 for values of zero and below."""
        liking = np.ones(len(self), np.float32) if self.liking is None else self.liking
        if self.values is None or power == 0 or np.isnan(self.values).all():
            return liking
        usual = max(float(np.nanmedian(self.values)), 1e-9)
        weights = np.clip(np.maximum(self.values / usual, 0) ** power, 0.1, 10)
        return np.where(np.isnan(self.values), 1, weights).astype(np.float32) * liking

    def shuffled(self, rng: np.random.Generator) -> "Interactions":
        """Each user's events in a random order, cut at a random place into two baskets: a user with
        two events or more has a history and something to be found from it."""
        order = np.lexsort((rng.random(len(self)), self.users))
        first = self.user_starts()
        place = np.arange(len(self)) - first
        counts = np.bincount(self.users)[self.users]
        cut = 1 + (rng.random(len(self))[first] * (counts - 1)).astype(np.int64)
        values = None if self.values is None else self.values[order]
        liking = None if self.liking is None else self.liking[order]
        basket = (place >= cut).astype(np.int64)
        return Interactions(self.users, self.items[order], basket, values, liking, self.against)

    def merged(self, other: "Interactions") -> "Interactions":
        """The events of both, sorted."""
        users, items, times = (
            np.concatenate([getattr(self, name), getattr(other, name)])
            for name in ("users", "items", "times")
        )
        values = np.concatenate([part._values_or_nan() for part in (self, other)])
        order = np.lexsort((items, times, users))
        liking = None
        if self.liking is not None or other.liking is not None:
            liking = np.concatenate([self.weights(0), other.weights(0)])[order]
        against = np.concatenate([self.against, other.against])
        return Interactions(users[order], items[order], times[order], values[order], liking, against)

    def _values_or_nan(self) -> NDArray[np.float32]:
        return np.full(len(self), np.nan, np.float32) if self.values is None else self.values


@dataclass(frozen=True, slots=True)
class Dataset:
    """The catalogue, and the interactions of three periods that follow each other."""

    catalogue: Catalogue
    train: Interactions
    validation: Interactions
    test: Interactions
    fingerprint: str
    queries: Mapping[str, JudgedQueries] = field(default_factory=dict)
    """The search log of each split; empty where there is none."""
    user_keys: NDArray[np.uint64] = field(default_factory=lambda: np.zeros(0, np.uint64))
    """(users,) DuckDB's hash of each user's id, by the user's code: it finds the user in the log's files."""
    notes: Sequence[str] = ()
    """The preparation's notes on the events: how types are weighed, what was left out, who was limited."""


def read_dataset(folder: Path, splits: Sequence[str] = ("train", "validation", "test")) -> Dataset:
    """Reads auxiliary/ and the splits under `folder`; a split that is not asked for or has no file is empty.
    Interactions that count against their item are left out.
    Raises DatasetError."""
    items = folder / "auxiliary" / "items.parquet"
    if not items.is_file():
        raise DatasetError(f"{items} is missing: run the prepare job first")
    with duckdb.connect() as connection:
        connection.execute("SET preserve_insertion_order = true")
        connection.execute(
            "CREATE TABLE item AS SELECT item_id, coalesce(text, '') AS text, metadata,"
            " row_number() OVER () - 1 AS position FROM read_parquet(?)",
            [str(items)],
        )
        catalogue = _catalogue(connection)
        if not len(catalogue):
            raise DatasetError(f"{items} holds no item: upload a catalogue or interactions")
        files = {s: path for s in splits if (path := folder / s / "interactions.parquet").is_file()}
        periods = _interactions(connection, files)
        keys = _user_keys(connection) if files else np.zeros(0, np.uint64)
    nothing = np.empty(0, np.int64)
    empty = Interactions(nothing, nothing, nothing)
    train, validation, test = (periods.get(split, empty) for split in ("train", "validation", "test"))
    queries = {split: read_judged_queries(folder / split / "queries.parquet", items) for split in splits}
    about = _summary(folder)
    fingerprint, notes = str(about.get("fingerprint", "unknown")), tuple(about.get("notes", ()))
    return Dataset(catalogue, train, validation, test, fingerprint, queries, keys, notes)


def _catalogue(connection: duckdb.DuckDBPyConnection) -> Catalogue:
    rows = connection.execute("SELECT item_id, text, metadata FROM item ORDER BY position").fetchall()
    ids, metadata, vectors = [row[0] for row in rows], [], []
    for _, _, record in rows:
        values = json.loads(record) if record else {}
        vector = values.pop(VECTOR, None)
        # An array at once: a list of Python's numbers is ten times as large.
        vectors.append(None if vector is None else np.array(vector, np.float32))
        metadata.append(values)
    return Catalogue(ids, [row[1] for row in rows], metadata, dense_vectors(vectors, ids))


def dense_vectors(vectors: Sequence[Matrix | None], ids: Sequence[str]) -> DenseVectors | None:
    """One row an item, from a vector or None each; None where no item has one. Raises DatasetError where
    lengths differ."""
    has = np.array([vector is not None for vector in vectors], np.bool_)
    if not has.any():
        return None
    chosen = [vector for vector in vectors if vector is not None]
    lengths = np.array([len(vector) for vector in chosen])
    usual = int(np.bincount(lengths).argmax())
    if (odd := np.flatnonzero(lengths != usual)).size:
        raise DatasetError(
            f"metadata.vector of item {ids[np.flatnonzero(has)[odd[0]]]!r} has {lengths[odd[0]]} numbers, but"
            f" those of {len(chosen) - odd.size} items have {usual} ({odd.size} differ): upload these items"
            " again, with a vector of the same model as the others or without one"
        )
    return DenseVectors(np.stack(chosen), np.where(has, np.cumsum(has) - 1, -1))


def _interactions(
    connection: duckdb.DuckDBPyConnection, files: Mapping[str, Path]
) -> dict[str, Interactions]:
    if not files:
        return {}
    parts = [
        f"SELECT '{split}' AS split, * FROM read_parquet({literal(path)})"  # noqa: S608
        for split, path in files.items()
    ]
    union = " UNION ALL BY NAME ".join([_NO_EVENT, *parts])
    numbered = (
        "SELECT split, dense_rank() OVER (ORDER BY user_id) - 1 AS who, hash(user_id) AS user_key, position,"
        " timestamp, event_value,"
        " coalesce(weight, 1) AS liking FROM"
    )
    connection.execute(
        f"CREATE TABLE event AS {numbered} ({union}) JOIN item USING (item_id) WHERE coalesce(weight, 1) > 0"
    )
    connection.execute(
        f"CREATE TABLE against AS SELECT split, position FROM ({union}) JOIN item USING (item_id)"  # noqa: S608
        " WHERE weight < 0"
    )
    return {split: _period(connection, split) for split in files}


def _user_keys(connection: duckdb.DuckDBPyConnection) -> NDArray[np.uint64]:
    found = connection.execute("SELECT any_value(user_key) AS key FROM event GROUP BY who ORDER BY who")
    return found.fetchnumpy()["key"].astype(np.uint64)


def _period(connection: duckdb.DuckDBPyConnection, split: str) -> Interactions:
    columns = connection.execute(
        "SELECT who, position, timestamp, event_value, liking FROM event WHERE split = ?"
        " ORDER BY who, timestamp, position",
        [split],
    ).fetchnumpy()
    users, items, times = (columns[name].astype(np.int64) for name in ("who", "position", "timestamp"))
    liking = columns["liking"].astype(np.float32)
    same = not len(liking) or bool((liking == liking[0]).all())
    values = np.ma.filled(columns["event_value"].astype(np.float32), np.nan)
    against = connection.execute(
        "SELECT position FROM against WHERE split = ? ORDER BY position", [split]
    ).fetchnumpy()["position"]
    return Interactions(users, items, times, values, None if same else liking, against.astype(np.int64))


def _summary(folder: Path) -> Mapping[str, Any]:
    """The prepare job's summary; empty where there is none."""
    summary = folder / "auxiliary" / "summary.json"
    return dict(json.loads(summary.read_text(encoding="utf-8"))) if summary.is_file() else {}
