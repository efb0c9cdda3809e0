"""Throughput and tail latency of the local HTTP server under concurrent clients."""

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from benchmarks.report import ResultRow, ResultTable
from benchmarks.speed.running import free_port
from benchmarks.speed.shop import WORK, released_shop
from benchmarks.speed.traffic import catalogue, hybrid_bodies, percentiles

CLIENTS = (1, 4, 16)
SECONDS = 10.0
_START_SECONDS = 120.0


def run(quick: bool) -> ResultTable:
    """One row for each number of clients; every answer must be a 200."""
    bodies = hybrid_bodies(catalogue(released_shop()), 300)
    port = free_port()
    command = [sys.executable, "-m", "local", "demo", "--work", str(WORK), "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, "OMP_NUM_THREADS": "1"})
    try:
        _wait(port, server)
        seconds = SECONDS / 5 if quick else SECONDS
        rows = [ResultRow(f"{clients} clients", _load(port, bodies, clients, seconds)) for clients in CLIENTS]
    finally:
        server.terminate()
        server.wait(timeout=30)
    return ResultTable(
        name="search_http",
        title="HTTP server, hybrid search over 92,331 products",
        protocol=f"{SECONDS:.0f} s each, server and clients on the same two cores, keep-alive",
        rows=rows,
        bars={"requests_per_s": 400.0},
    )


def _load(port: int, bodies: Sequence[dict[str, Any]], clients: int, seconds: float) -> dict[str, float]:
    end = time.perf_counter() + seconds
    with ThreadPoolExecutor(clients) as pool:
        latencies = list(pool.map(lambda start: _client(port, bodies[start:], end), range(clients)))
    together = [latency for client in latencies for latency in client]
    return {"requests_per_s": len(together) / seconds, **percentiles(together)}


def _client(port: int, bodies: Sequence[dict[str, Any]], end: float) -> list[float]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    latencies: list[float] = []
    while True:
        for body in bodies:
            start = time.perf_counter()
            if start > end:
                return latencies
            connection.request("POST", "/search", json.dumps(body), {"content-type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise RuntimeError(f"the server answered {answer.status}")
            latencies.append(time.perf_counter() - start)


def _wait(port: int, server: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/search?query=pizza")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.5)
    raise RuntimeError("the local server did not come up")
