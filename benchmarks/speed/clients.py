"""Clients of a local HTTP server that take as little of the processors as they can: one event loop for all,
requests made beforehand, answers read and not parsed."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.speed.traffic import percentiles


@dataclass(frozen=True, slots=True)
class LoadAnswers:
    """Answers that some clients got in a while."""

    seconds: float
    latencies: list[float] = field(default_factory=list)
    """Seconds until each answer with status 200."""
    statuses: Counter[int] = field(default_factory=Counter)

    def metrics(self) -> dict[str, float]:
        """LoadAnswers a second, `p50_ms`, `p99_ms`; `refused` are those with 503."""
        found = {"requests_per_s": self.statuses[200] / self.seconds, **percentiles(self.latencies or [0.0])}
        if wrong := sorted(set(self.statuses) - {200, 503}):
            raise RuntimeError(f"the server answered {wrong}")
        return found | {"refused": float(self.statuses[503])}


def request(path: str, body: Mapping[str, Any] | None = None) -> bytes:
    """A GET, or a POST of JSON, as it goes over the wire."""
    head = f"{'GET' if body is None else 'POST'} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n"
    if body is None:
        return f"{head}\r\n".encode()
    data = json.dumps(body).encode()
    return f"{head}content-type: application/json\r\ncontent-length: {len(data)}\r\n\r\n".encode() + data


def load(port: int, requests: Sequence[bytes], clients: int, seconds: float) -> LoadAnswers:
    """Load by many clients: each keeps its connection open and sends one request after the other."""
    return asyncio.run(_load(port, requests, clients, seconds))


async def _load(port: int, requests: Sequence[bytes], clients: int, seconds: float) -> LoadAnswers:
    answers = LoadAnswers(seconds)
    end = time.perf_counter() + seconds
    starts = range(0, len(requests), max(1, len(requests) // clients))
    turns = [[*requests[start:], *requests[:start]] for start in starts][:clients]
    await asyncio.gather(*(_client(port, turn, end, answers) for turn in turns))
    return answers


async def _client(port: int, requests: Sequence[bytes], end: float, answers: LoadAnswers) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        while True:
            for one in requests:
                start = time.perf_counter()
                if start > end:
                    return
                writer.write(one)
                status = await _answer(reader)
                answers.statuses[status] += 1
                if status == 200:
                    answers.latencies.append(time.perf_counter() - start)
    finally:
        writer.close()


async def _answer(reader: asyncio.StreamReader) -> int:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
    await reader.readexactly(int(length or 0))
    return int(head[9:12])
