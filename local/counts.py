"""Counters and histograms of several processes on one machine, added up by the one that is asked.

Each process counts in its memory, and once a second tells the others in a file of its own. The files that
prometheus_client has for this are mapped into memory for writing: on a full disk the next page that is
touched ends the process (SIGBUS).
"""

import json
import os
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

SECONDS = 1.0
"""How often a process tells the others."""
Samples = list[tuple[str, dict[str, str], float]]
"""Name, labels and value of each."""


class SharedCounts(Collector):
    """What all processes with the same `folder` have counted, those that have ended too."""

    def __init__(self, folder: Path, process: int | None = None) -> None:
        self._folder, self._file = folder, folder / f"{process or os.getpid()}.json"
        self._told = b""
        self.registry = CollectorRegistry()
        """Where this process registers what it counts."""

    def collect(self) -> Iterator[Metric]:
        """The sums: of this process as it counts now, of the others as they last told."""
        others = [_read(path) for path in self._folder.glob("*.json") if path != self._file]
        for metric in self.registry.collect():
            totals: dict[tuple[str, tuple[tuple[str, str], ...]], float] = defaultdict(float)
            for samples in (_samples(metric), *(other.get(metric.name, []) for other in others)):
                for name, labels, value in samples:
                    totals[name, tuple(labels.items())] += value
            sums = Metric(metric.name, metric.documentation, metric.type)
            for (name, pairs), value in totals.items():
                sums.add_sample(name, dict(pairs), value)
            yield sums

    def tell(self) -> None:
        """Writes what was counted, if that is more than the last time. Where the disk takes nothing, the
        others go on with what they know until it does."""
        counts = json.dumps({metric.name: _samples(metric) for metric in self.registry.collect()}).encode()
        if counts == self._told:
            return
        part = self._file.with_suffix(".part")
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            part.write_bytes(counts)
            part.replace(self._file)
            self._told = counts

    def keep_telling(self) -> None:
        """Tells the others for as long as the process lives."""
        while True:
            time.sleep(SECONDS)
            self.tell()


def _samples(metric: Metric) -> Samples:
    """Its samples that can be added up: not the times of creation."""
    return [(s.name, dict(s.labels), s.value) for s in metric.samples if not s.name.endswith("_created")]


def _read(path: Path) -> dict[str, Samples]:
    try:
        found: dict[str, Samples] = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found
