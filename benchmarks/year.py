"""A year of a shop in a few minutes: what grows with it, counted in requests, bytes and simulated seconds.

The functions' own code runs over a store in memory whose clock is the year's: items are put one at a time,
the indexer looks after every ten, events are recorded and curated, histories brought up to date, a model
released every two weeks and another one refused, a person erased every month, and every day is pruned. A
request takes 20 ms, a megabyte 1/80 s; what runs at once is counted as if one after another, so seconds are
an upper bound.

Two things make it fit a quarter of an hour. Of the 96 times a day at which the event log is looked at, one in
`days_between` days finds something, all events since. A base is read for, and not computed: a file of a
megabyte stands for it.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import duckdb
import numpy as np
import orjson

from benchmarks.report import ResultRow, ResultTable
from benchmarks.year_store import DAY, START, YearStore
from lambdas.indexer import handler as indexer
from lambdas.settings import IndexerSettings
from object2vec.core.catalog import CatalogItem
from object2vec.core.event import Event
from object2vec.core.keys import RELEASES
from object2vec.release import Manifest, go_live, live, save
from object2vec.release.pruning import RELEASES_KEPT, prune, prune_unfinished
from object2vec.release.seed import publish_seed
from object2vec.release.snapshot import take_snapshot
from object2vec.search import rebuild
from object2vec.search.copying import download
from object2vec.search.engines import FORMAT, HEADER
from object2vec.storage import ObjectStore, item_log, log_checkpoint
from object2vec.storage.item_log import Segment
from object2vec.users.curation import curate
from object2vec.users.erasure import pending, request_erasure
from object2vec.users.erasure_worker import carry_out
from object2vec.users.history_build import build_histories
from object2vec.users.log import EventLog
from object2vec.users.month_fold import fold_months
from object2vec.users.sqlite import SqliteSessionStore

CALL_S, BYTES_PER_S = 0.02, 80e6
EXPIRY_DAYS = {
    "executions/": 180, "reports/events/": 400, "reports/erasures/": 400, "quarantine/events/": 90,
}  # fmt: skip
"""The bucket's lifecycle rules (stacks/storage.py); a test compares both."""


@dataclass(frozen=True)
class YearOfShop:
    """How much happens in the year."""

    days: int = 364
    puts: int = 100_000
    users: int = 300_000
    items: int = 200
    active: int = 1_000
    """Users a day who do something."""
    days_between: int = 3
    """Days from one curation that finds something to the next."""


SHORT = YearOfShop(days=168, puts=6_800, users=300, active=8, days_between=2)


@dataclass(frozen=True)
class Invocation:
    """Requests that one invocation sent to the store."""

    requests: int
    seconds: float


@dataclass
class Months:
    """Invocations by kind and month of four weeks."""

    of: dict[str, dict[int, list[Invocation]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    bytes: dict[int, Counter[str]] = field(default_factory=dict)

    def worst(self, kind: str, month: int) -> Invocation:
        """The most requests, and the longest."""
        found = self.of[kind].get(month, [Invocation(0, 0.0)])
        return Invocation(max(i.requests for i in found), max(i.seconds for i in found))

    @property
    def last(self) -> int:
        return max(self.bytes)


_rebuilt, _checkpointed = indexer._release_rebuilt, log_checkpoint.checkpoint_if_due


def _without_building(
    _encoder: Any, segments: Iterable[Segment], interactions: Iterable[Path], out: Path, *_: Any, **__: Any
) -> int:
    """Reads what a base is built of, and writes one of a megabyte: computing is not what may grow here."""
    number = 0
    for segment in segments:
        number = segment.number
    out.mkdir(parents=True, exist_ok=True)
    counted = sum(path.stat().st_size for path in interactions)
    (out / HEADER).write_bytes(orjson.dumps({"format": FORMAT, "log_bytes": counted}))
    (out / "items").write_bytes(bytes(1_000_000))
    return number


def _without_loading(store: ObjectStore, manifest: Manifest, folder: Path) -> None:
    download(store, manifest.encoder, folder / "encoder")


class Year:
    """Plays it."""

    def __init__(self, shop: YearOfShop, seed: int = 7) -> None:
        self.shop, self.store, self.months = shop, YearStore(), Months()
        self._random = np.random.default_rng(seed)
        self._day = self._put = self._event = 0
        self._settings = IndexerSettings(store_url=self.store.url)

    def play(self, on_day: Callable[[int], None] = lambda _: None) -> Months:
        """All days."""
        typed: ObjectStore = self.store
        with ExitStack() as stack:
            stack.enter_context(patch.object(indexer, "open_store", lambda _: typed))
            stack.enter_context(patch.object(log_checkpoint, "time", self))
            stack.enter_context(patch.object(rebuild, "build_from_log", _without_building))
            stack.enter_context(patch.object(rebuild, "_encoder", _without_loading))
            stack.enter_context(patch.object(indexer, "_release_rebuilt", self._rebuilding))
            stack.enter_context(patch.object(indexer, "checkpoint_if_due", self._checkpointing))
            self._open_the_shop(typed)
            for day in range(self.shop.days):
                self._day = day
                self._one_day(typed)
                on_day(day)
        return self.months

    def time(self) -> float:
        """The year's clock, in place of the module `time`."""
        return self.store.now

    def _rebuilding(self, *arguments: Any) -> str | None:
        with self._as("rebuild"):
            return _rebuilt(*arguments)

    def _checkpointing(self, store: ObjectStore) -> int | None:
        before = self._mark()
        number = _checkpointed(store)
        if number:  # most times there is nothing to do
            self._note("checkpoint", before)
        return number

    @contextmanager
    def _as(self, kind: str) -> Iterator[None]:
        before = self._mark()
        yield
        self._note(kind, before)

    def _mark(self) -> tuple[int, int]:
        return self.store.requests.total(), self.store.moved

    def _note(self, kind: str, before: tuple[int, int]) -> None:
        """Keeps the requests to the store since `before`."""
        requests, moved = (now - then for now, then in zip(self._mark(), before, strict=True))
        found = Invocation(requests, requests * CALL_S + moved / BYTES_PER_S)
        self.months.of[kind][self._day // 28].append(found)

    def _open_the_shop(self, store: ObjectStore) -> None:
        with TemporaryDirectory() as folder:
            publish_seed(store, Path(folder))
            path = Path(folder) / "log.parquet"
            user, item = f"'u' || (i % {self.shop.users})", f"(i % {self.shop.items})::VARCHAR"
            rows = (
                f"SELECT {user} AS user_id, {item} AS item_id, ({START} - i)::BIGINT AS timestamp"
                f" FROM range({self.shop.users}) t(i)"
            )
            with duckdb.connect() as db:
                db.sql(rows).write_parquet(str(path))
            store.upload(path, "curated/interactions/uploads/before.parquet")
        while build_histories(store).left:
            pass

    def _one_day(self, store: ObjectStore) -> None:
        puts = self.shop.puts * (self._day + 1) // self.shop.days - self._put
        for number in range(puts):
            with self._as("PUT /items"):
                item = str((self._put + number) % self.shop.items)
                item_log.append(
                    store, [CatalogItem(item, f"a shirt number {item}")], clock=lambda: self.store.now
                )
            if (self._put + number) % 10 == 0:  # Lambda hands it up to ten at once
                with self._as("indexer"):
                    indexer.look(self._settings)
        self._put += puts
        self.store.now += DAY
        self._record_events(store)
        if self._day % self.shop.days_between == self.shop.days_between - 1:
            self._look_after_users(store)
        if self._day % 28 == 27:
            self._erase_somebody(store)
        if self._day % 7 == 6:
            self._train(store)
        with self._as("pruner"):
            for _ in (*prune(store, RELEASES_KEPT), *prune_unfinished(store, self.store.now)):
                pass
        self.store.expire(EXPIRY_DAYS)
        self.months.bytes[self._day // 28] = self.store.sizes()

    def _record_events(self, store: ObjectStore) -> None:
        people = self._random.integers(0, self.shop.users, self.shop.active)
        for batch in np.array_split(people, 4):
            with self._as("POST /events"):
                self._record(EventLog(store), [f"u{user}" for user in batch])

    def _look_after_users(self, store: ObjectStore) -> None:
        with self._as("curation"):
            curate(store)
        with self._as("folding"):
            fold_months(store, self.store.now)
        with self._as("histories"):
            build_histories(store)

    def _erase_somebody(self, store: ObjectStore) -> None:
        """The session store is another one, and none of the requests that are counted."""
        user, now = f"u{self._random.integers(0, self.shop.users)}", int(self.store.now)
        request_erasure(store, user, now, 0)
        with self._as("erasure"), TemporaryDirectory() as folder:
            sessions = SqliteSessionStore(Path(folder) / "sessions.db")
            for key in pending(store):
                carry_out(store, sessions, key, now, trained_model=None)

    def _record(self, log: EventLog, users: list[str]) -> None:
        now, events = int(self.store.now), []
        for user in users:
            self._event += 1
            item = str(self._random.integers(0, self.shop.items))
            events.append(Event(str(self._event), user, item, now))
        log.append([{"request": self._event}], events, now)

    def _train(self, store: ObjectStore) -> None:
        """A run as it leaves the bucket: half of them are refused by the gate."""
        version = f"e{self._day:011d}"
        with self._as("snapshot"):
            take_snapshot(store, version)
        store.put(f"executions/{version}/dataset/train.parquet", b"x" * 100_000)
        store.put(f"{RELEASES}{version}/model/model.tar.gz", b"x" * 50_000)
        if self._day % 14 == 6:
            return
        before = live(store)
        assert before is not None
        for entry in list(store.list(before.encoder)):
            store.put(
                f"{RELEASES}{version}/encoder/{entry.key.removeprefix(before.encoder)}", store.get(entry.key)
            )
        header = {"format": FORMAT, "log_bytes": rebuild.log_bytes(store)}
        store.put(f"{RELEASES}{version}/index/{HEADER}", orjson.dumps(header))
        made = replace(
            before,
            version=version,
            model_version=version,
            encoder=f"{RELEASES}{version}/encoder/",
            index=f"{RELEASES}{version}/index/",
            created_at=f"2026-{self._day:05d}",
        )
        save(store, made)
        go_live(store, version, instead_of=before.version)


KINDS = (
    "PUT /items", "POST /events", "erasure", "curation", "folding", "histories", "indexer", "rebuild",
    "checkpoint", "snapshot", "pruner",
)  # fmt: skip
"""Rebuilds and checkpoints are parts of the indexer's invocations."""


def run(quick: bool) -> ResultTable:
    """Rows are months: the most requests of one invocation of each kind, the longest, and the bytes kept."""
    shop = SHORT if quick else YearOfShop()
    months = Year(shop).play(_say)
    rows = []
    for month in range(months.last + 1):
        metrics: dict[str, Any] = {f"{kind} requests": months.worst(kind, month).requests for kind in KINDS}
        metrics |= {f"{kind} s": round(months.worst(kind, month).seconds, 2) for kind in KINDS}
        metrics["kept mb"] = round(months.bytes[month].total() / 1e6, 1)
        rows.append(ResultRow(f"{4 * (month + 1)} weeks", metrics))
    return ResultTable(
        name="year",
        title=f"A year: {shop.puts:,} items put, {shop.users:,} users, a training a week",
        protocol="the most that one invocation of a kind asked of the store in four weeks; 20 ms a request",
        rows=rows,
        bars={"PUT /items requests": 3.0},
    )


def _say(day: int) -> None:
    if day % 28 == 27:
        print(f"week {(day + 1) // 7}", flush=True)
