"""The memory of the local server's processes while shoppers use it for a long time: it must stay flat.

`SOAK_SECONDS` says for how long; ten minutes unless it is set.
"""

import random
import time

from pydantic import Field

from benchmarks.report import ResultRow, ResultTable
from benchmarks.speed.clients import load, request
from benchmarks.speed.running import running_shop
from benchmarks.speed.shop import released_shop
from benchmarks.speed.traffic import catalogue, hybrid_bodies
from object2vec.core.environment import ProgramSettings

CLIENTS = 8
POINTS = 10
"""Number of points of the curve."""


class SoakSettings(ProgramSettings):
    """How long the server is used, unless the run is a quick one."""

    soak_seconds: float = Field(default=600.0, gt=0)


def run(quick: bool) -> ResultTable:
    """One row a tenth of the time."""
    seconds = 20.0 if quick else SoakSettings.read().soak_seconds
    requests = _mix()
    rows = []
    with running_shop() as server:
        load(server.port, requests, CLIENTS, min(20.0, seconds / 5))  # what is loaded at the first request
        started = time.monotonic()
        for _ in range(POINTS):
            metrics = load(server.port, requests, CLIENTS, seconds / POINTS).metrics()
            metrics.pop("refused")
            elapsed = round(time.monotonic() - started)
            rows.append(ResultRow(f"{elapsed} seconds", {"rss_mb": server.memory_mb(), **metrics}))
    return ResultTable(
        name="server_soak",
        title="Local server in use, 92,331 products: memory",
        protocol=f"{CLIENTS} clients: searches, recommendations and events, {seconds:.0f} s; "
        "rss_mb: of all processes that answer, without what they share",
        rows=rows,
    )


def _mix() -> list[bytes]:
    items, chance = catalogue(released_shop()), random.Random(3)
    requests = [request("/search", body) for body in hybrid_bodies(items, 600)]
    for n in range(200):
        history = [item.id for item in chance.sample(items, 5)]
        event = {"event_id": f"soak{n}", "user_id": f"u{n}", "item_id": history[0]}
        requests.append(request("/recommendations", {"history": history, "user_id": f"u{n}"}))
        requests.append(request("/events", {"events": [event]}))
    chance.shuffle(requests)
    return requests
