"""`python -m local.worker PORT WORK DATA TOLD`: one of the processes that answer, started by
`local.workers`.

It ends when its standard input does, that is with the process that started it, however that ends. Once it
listens, it writes a byte to the file descriptor TOLD.
"""

import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import uvicorn

from lambdas.indexer.handler import TAIL_BYTES
from local.api import LocalApi
from local.connections import CONNECTIONS, allow_files, bounded
from local.counts import SharedCounts
from local.endpoints import LocalEndpoints
from local.pages import LocalPages
from local.server import application
from local.troubles import told
from local.work_folder import WorkFolder
from local.workers import listener
from object2vec.core.keys import LIVE, LOG_END
from object2vec.search.live import Upkeep

BUDGET_S = 2.0
"""Longest wait of a request for the end of a short tail, in seconds; it takes milliseconds unless the machine
is busy."""
LONGEST_TAIL = TAIL_BYTES
"""For a longer one the indexer builds the index anew."""


def main() -> None:
    """Serves until it is told to stop."""
    port, folder = int(sys.argv[1]), WorkFolder(Path(sys.argv[2]))
    allow_files(2 * CONNECTIONS)
    store = folder.store()
    api = LocalApi(folder, folder_upkeep(folder.store_path))
    counts = SharedCounts(folder.metrics)
    answer = LocalPages(told(api.answer, folder.troubles), store, counts, Path(sys.argv[3])).answer
    app = application(LocalEndpoints(store, folder.endpoints).route(), answer)
    server = _Server(uvicorn.Config(app, http=bounded(), log_level="warning", access_log=False))
    Thread(target=counts.keep_telling, daemon=True).start()
    Thread(target=_end_with_starter, args=(server,), daemon=True).start()
    server.run(sockets=[listener(port)])


class _Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        os.write(int(sys.argv[4]), b"\n")


def _end_with_starter(server: uvicorn.Server) -> None:
    while os.read(0, 1):
        pass
    server.should_exit = True


def folder_upkeep(store: Path) -> Upkeep:
    """An upkeep that looks before every answer: the times of two files, which costs microseconds. So an item
    that one process has written is in the next answer of all others."""
    return Upkeep(
        frozen=False,
        budget_s=BUDGET_S,
        longest_tail=LONGEST_TAIL,
        changed=_changed(store / LOG_END, store / LIVE),
    )


def _changed(*paths: Path) -> Callable[[], bool]:
    seen: list[object] = []

    def changed() -> bool:
        now = [_state(path) for path in paths]
        if now == seen:
            return False
        seen[:] = now
        return True

    return changed


def _state(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:  # not written yet
        return None
    return stat.st_ino, stat.st_mtime_ns


if __name__ == "__main__":
    main()
