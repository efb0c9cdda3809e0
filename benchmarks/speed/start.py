"""How long a new Lambda process takes until its first answer: import, load of the live index, first
search."""

import json
import os
import statistics
import subprocess
import sys

from benchmarks.report import ResultRow, ResultTable
from benchmarks.speed.shop import search_environment

_FIRST_ANSWER = """
import json, time
start = time.perf_counter()
from lambdas.search.handler import handler
imported = time.perf_counter()
from object2vec.core.memory import peak_mb
from benchmarks.speed.traffic import post
asked = time.perf_counter()
status = handler(post("/search", {"query": "frozen pizza"}), None)["statusCode"]
assert status == 200, status
answered = time.perf_counter()
print(json.dumps({
    "import_s": imported - start, "first_answer_s": answered - asked,
    "start_s": imported - start + answered - asked,
    "memory_mb": peak_mb(),
}))
"""


def run(quick: bool) -> ResultTable:
    """The median of several processes. Files are in the page cache; in AWS a download from S3 is added."""
    environment = {**os.environ, **search_environment()}
    runs = [_start(environment) for _ in range(1 if quick else 7)]
    medians = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    return ResultTable(
        name="search_start",
        title="Start of the search function, 92,331 products",
        protocol=f"median of {len(runs)} processes; import, load and first answer; store in a local folder",
        rows=[ResultRow("search function", medians)],
        bars={"start_s": 1.5, "memory_mb": 600.0},
    )


def _start(environment: dict[str, str]) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", _FIRST_ANSWER], check=True, capture_output=True, text=True, env=environment
    )
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures
