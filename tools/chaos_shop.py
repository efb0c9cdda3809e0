"""What the promises are about: a small shop, and a promise as a piece of work on it with a check."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from object2vec.storage import FolderStore
from object2vec.users.curation import curate
from object2vec.users.service import EventService
from object2vec.users.sqlite import SqliteSessionStore
from tools import chaos_server
from tools.chaos_faults import DAMAGES, FAULTS, NO_FAULT, Fault, FaultyStore

NOW = 1_795_000_000
PEOPLE = ("ann", "bob", "cat")


class FaultedShop:
    """A store and a session store in a folder; events of three people, curated and not."""

    def __init__(self, folder: Path) -> None:
        self.store, self.folder = FolderStore(folder / "store"), folder
        self.sent, self.jumped, self.told = 0, 0, ""
        self.asked = 0
        self.acknowledged: list[tuple[str, str]] = []
        self.record(NOW)
        curate(self.store)
        self.record(NOW)

    def record(self, now: int, store: Any = None) -> None:
        """One more event of each, in one call."""
        self.sent += 1
        self.send(self.sent, now, store)

    def send(self, number: int, now: int, store: Any = None) -> None:
        """A call that may have been sent before."""
        events = [{"user_id": one, "event_id": f"{number}", "item_id": "x"} for one in PEOPLE]
        self.service(now, store).record(events)

    def service(self, now: int = NOW, store: Any = None) -> EventService:
        """The service behind the events API, at a time."""
        return EventService(
            store or self.store,
            SqliteSessionStore(self.folder / "sessions.db"),
            unknown_items=lambda _: (),
            trained_model=lambda: None,
            clock=lambda: float(now + self.jumped),
        )

    def counted(self) -> Counter[str]:
        """Curated events by person."""
        found: Counter[str] = Counter()
        for entry in self.store.list("curated/interactions/"):
            with TemporaryDirectory() as folder:
                self.store.download(entry.key, path := Path(folder) / "log.parquet")
                users = duckdb.read_parquet(str(path)).project("user_id").fetchall()
            found.update(user for (user,) in users)
        return found


Work = Callable[[FaultedShop, Any], None]


@dataclass(frozen=True, slots=True)
class Promise:
    """A piece of work, and what must be true once it was done again after a fault."""

    name: str
    work: Work
    kept: Callable[[FaultedShop], bool]
    prepare: Callable[[FaultedShop], None] = lambda _: None
    damaged: Callable[[FaultedShop], Sequence[Path]] | None = None
    """Files of which one is damaged, where the fault is no write's."""
    played: Callable[[Fault], bool] | None = None
    """Plays a whole round around a server and says whether the promise held, where the fault is none of one
    piece of work."""

    @property
    def faults(self) -> Sequence[Fault]:
        """Faults that can happen to it."""
        if self.played is not None:
            return chaos_server.possible()
        return FAULTS if self.damaged is None else DAMAGES

    def writes(self) -> int:
        """Number of writes the work makes where nothing fails: a fault at a later one would never happen.
        Number of files, where one is damaged."""
        if self.played is not None:
            return 1
        with TemporaryDirectory() as folder:
            shop = FaultedShop(Path(folder))
            self.prepare(shop)
            if self.damaged is not None:
                return len(self.damaged(shop))
            counting = FaultyStore(shop.store, NO_FAULT, -1, lambda: None)
            self.work(shop, counting)
            return counting.writes
