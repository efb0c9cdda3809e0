"""`python -m local.worker PORT WORK`: one of the processes that answer requests; `local.workers` starts them.

It ends when its standard input does, that is with the process that started it, however that ends.
"""

import os
import sys
from pathlib import Path
from threading import Thread

import uvicorn

from local.api import LocalApi
from local.endpoints import LocalEndpoints
from local.folder_upkeep import folder_upkeep
from local.pages import LocalPages
from local.server import application
from local.troubles import told
from local.work_folder import WorkFolder
from local.workers import listener

CONNECTIONS = 1_000
"""Requests that one process takes at the same time; a further one gets 503 at once."""


def main() -> None:
    """Serves until it is told to stop."""
    port, folder = int(sys.argv[1]), WorkFolder(Path(sys.argv[2]))
    store = folder.store()
    api = LocalApi(folder, folder_upkeep(folder.store_path))
    answer = LocalPages(told(api.answer, folder.troubles), store).answer
    app = application(LocalEndpoints(store, folder.endpoints).route(), answer)
    server = uvicorn.Server(
        uvicorn.Config(app, log_level="warning", access_log=False, limit_concurrency=CONNECTIONS)
    )
    Thread(target=_end_with_starter, args=(server,), daemon=True).start()
    server.run(sockets=[listener(port)])


def _end_with_starter(server: uvicorn.Server) -> None:
    while os.read(0, 1):
        pass
    server.should_exit = True


if __name__ == "__main__":
    main()
