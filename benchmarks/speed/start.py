"""The time of a new Lambda process until its first answer: import, load of the live index, first
search."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.report import ResultRow, ResultTable
from benchmarks.speed.limited import like_lambda
from benchmarks.speed.shop import search_environment

_FIRST_ANSWER = """
import json, os, sys, time
if sys.argv[1] == "far alone" and hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
start = time.perf_counter()
from lambdas.search import handler as search
imported = time.perf_counter()
from object2vec.core.step_cost import peak_mb
from benchmarks.speed.far_store import FarStore
from benchmarks.speed.traffic import post
stores = []
if sys.argv[1].startswith("far"):
    folder = search.open_store(search.SearchSettings.read().store_url)
    list(folder.list(""))  # finds the etags, which S3 knows without reading an object
    search.open_store = lambda url: stores.append(FarStore(folder)) or stores[-1]
asked = time.perf_counter()
status = search.handler(post("/search", {"query": "frozen pizza"}), None)["statusCode"]
assert status == 200, status
answered = time.perf_counter()
print(json.dumps({
    "import_s": imported - start, "first_answer_s": answered - asked,
    "start_s": imported - start + answered - asked,
    "memory_mb": peak_mb(),
    **({"store_calls": len(stores[0].calls), "one_after_another": stores[0].rounds} if stores else {}),
}))
"""
_MEMORY_DISK = Path("/dev/shm")
_MEMORY_MB = 2_048
"""Of the search function, as `search_memory_mb` is deployed."""


def run(quick: bool) -> ResultTable:
    """The median of several processes. Files of the folder are in the page cache. Beside the far store a
    process keeps its copies in memory and has one core, or, where the machine has control groups, the memory
    and the share of the CPUs that Lambda gives the function."""
    environment = {**os.environ, **search_environment()}
    runs = 1 if quick else 7

    def median(store: str, scratch: str = "", enter: Callable[[], None] | None = None) -> dict[str, float]:
        place = {"TMPDIR": scratch} if scratch else {}
        return _median([_start(store, environment | place, enter) for _ in range(runs)])

    near = median("near")
    far: dict[str, dict[str, float]] = {}
    memory_disk = _MEMORY_DISK if _MEMORY_DISK.is_dir() else None
    with tempfile.TemporaryDirectory(dir=memory_disk) as scratch, like_lambda(_MEMORY_MB) as enter:
        far["search function, far store"] = median("far alone", scratch)
        if enter is not None:
            far["search function, far store, Lambda's CPU and memory"] = median("far", scratch, enter)
    for figures in far.values():
        figures["cold_start_s"] = figures.pop("start_s")
    return ResultTable(
        name="search_start",
        title="Start of the search function, 92,331 products",
        protocol=f"median of {runs} processes; import, load and first answer; store in a local folder; the "
        f"far one is 20 ms and 80 MB/s away, and its process has one core, or, in a control group, "
        f"{_MEMORY_MB:,} MB (its copies in /tmp included) and the share of the CPUs that go with them",
        rows=[ResultRow("search function", near), *(ResultRow(name, of) for name, of in far.items())],
        bars={"start_s": 1.5, "cold_start_s": 3.0, "memory_mb": 600.0},
    )


def _median(runs: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def _start(store: str, environment: dict[str, str], enter: Callable[[], None] | None) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", _FIRST_ANSWER, store],
        check=True,
        capture_output=True,
        text=True,
        env=environment,
        preexec_fn=enter,  # no thread runs here
    )
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures
