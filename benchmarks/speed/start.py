"""The time of a new Lambda process until its first answer: import, load of the live index, first
search."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.report import ResultRow, ResultTable
from benchmarks.speed.shop import search_environment

_FIRST_ANSWER = """
import json, os, sys, time
if sys.argv[1] == "far" and hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
start = time.perf_counter()
from lambdas.search import handler as search
imported = time.perf_counter()
from object2vec.core.step_cost import peak_mb
from benchmarks.speed.far_store import FarStore
from benchmarks.speed.traffic import post
stores = []
if sys.argv[1] == "far":
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


def run(quick: bool) -> ResultTable:
    """The median of several processes. Files of the folder are in the page cache. Beside the far store a
    process has one core, where Lambda gives 2,048 MB a little more, and keeps its copies in memory."""
    environment = {**os.environ, **search_environment()}
    runs = 1 if quick else 7
    near = _median([_start("near", environment) for _ in range(runs)])
    with tempfile.TemporaryDirectory(dir=_MEMORY_DISK if _MEMORY_DISK.is_dir() else None) as scratch:
        far = _median([_start("far", environment | {"TMPDIR": scratch}) for _ in range(runs)])
    far["cold_start_s"] = far.pop("start_s")
    return ResultTable(
        name="search_start",
        title="Start of the search function, 92,331 products",
        protocol=f"median of {runs} processes; import, load and first answer; store in a local folder; the "
        "far one is 20 ms and 80 MB/s away, and its process has one core",
        rows=[ResultRow("search function", near), ResultRow("search function, far store", far)],
        bars={"start_s": 1.5, "cold_start_s": 3.0, "memory_mb": 600.0},
    )


def _median(runs: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def _start(store: str, environment: dict[str, str]) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", _FIRST_ANSWER, store],
        check=True,
        capture_output=True,
        text=True,
        env=environment,
    )
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures
