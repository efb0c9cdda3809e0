"""The local server under load: a rise, a spike, events, and searches while an upload is read in; beside them
an empty handler on the same server."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import orjson

from benchmarks.report import ResultRow, ResultTable
from benchmarks.speed.clients import LoadAnswers, load, request
from benchmarks.speed.running import Running, empty_server, running_shop
from benchmarks.speed.shop import released_shop
from benchmarks.speed.traffic import catalogue, hybrid_bodies

RISE = (1, 4, 16, 64)
SPIKE = 300
SECONDS = 10.0
ROWS = 300_000
LONGEST_READING_S = 200.0
"""Longest time that the searches go on, in seconds: the whole run then takes at most six minutes."""


def run(quick: bool) -> ResultTable:
    """One row for each kind of load."""
    seconds, rows = (SECONDS / 5, ROWS // 100) if quick else (SECONDS, ROWS)
    searches = [request("/search", body) for body in hybrid_bodies(catalogue(released_shop()), 300)]
    with empty_server() as port:
        measured = [ResultRow("empty handler, 16 clients", load(port, searches, 16, seconds).metrics())]
    with running_shop() as server:
        for clients in RISE:
            measured.append(_measured(server, f"search, {clients} clients", searches, clients, seconds))
        measured.append(_measured(server, f"search, {SPIKE} clients at once", searches, SPIKE, seconds))
        measured.append(_measured(server, "search, 4 clients after that", searches, 4, seconds))
        measured.append(_measured(server, "events one by one, 16 clients", _events(20_000), 16, seconds))
        metrics, found = _while_read(server, searches, rows)
        note = "" if found else f"(not all found within {LONGEST_READING_S:.0f} s)"
        measured.append(ResultRow(f"search, 4 clients, {rows:,} items arrive", metrics, note=note))
    return ResultTable(
        name="server_load",
        title="Local server under load, 92,331 products",
        protocol=f"{seconds:.0f} s each, server and clients on the same two cores, connections stay open; "
        "refused: answers 503 with Retry-After; cpu_ms: of all the server's processes, by answer; an event "
        "is on the disk before it is answered",
        rows=measured,
    )


def _measured(server: Running, name: str, requests: list[bytes], clients: int, seconds: float) -> ResultRow:
    before = server.cpu_s()
    answers = load(server.port, requests, clients, seconds)
    cpu_ms = 1000 * (server.cpu_s() - before) / max(1, sum(answers.statuses.values()))
    return ResultRow(name, {**answers.metrics(), "cpu_ms": cpu_ms})


def _events(count: int) -> list[bytes]:
    run_of = time.time_ns()
    return [
        request(
            "/events",
            {"events": [{"event_id": f"{run_of}-{n}", "user_id": f"u{n % 500}", "item_id": f"i{n}"}]},
        )
        for n in range(count)
    ]


def _while_read(server: Running, searches: list[bytes], rows: int) -> tuple[dict[str, float], bool]:
    """Measures searches from the moment that a catalogue of so many further items is dropped until all of
    them are found, or `LONGEST_READING_S` have passed; also gives whether they were found."""
    wanted = server.get("/health")["index"]["items"] + rows
    part = server.uploads / "catalog/.more.jsonl"
    part.write_bytes(b"".join(_items(rows)))
    part.rename(part.with_name("more.jsonl"))
    with ThreadPoolExecutor(1) as pool:
        together = LoadAnswers(0.0)
        started = time.monotonic()
        while time.monotonic() - started < LONGEST_READING_S:
            answers = pool.submit(load, server.port, searches, 4, 2.0).result()
            together.latencies.extend(answers.latencies)
            together.statuses.update(answers.statuses)
            if server.get("/health")["index"]["items"] >= wanted:
                break
        found = server.get("/health")["index"]["items"] >= wanted
    seconds = time.monotonic() - started
    metrics = LoadAnswers(seconds, together.latencies, together.statuses).metrics()
    return {**metrics, **({"until_found_s": seconds} if found else {})}, found


def _items(rows: int) -> Iterator[bytes]:
    for n in range(rows):
        item = {"label": f"more{n}", "text": f"further thing number {n}", "metadata": {"price": n % 50}}
        yield orjson.dumps(item, option=orjson.OPT_APPEND_NEWLINE)
