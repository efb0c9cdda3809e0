"""Growth of the training pipeline: what each job takes from 10,000 items to 300,000, and what it would take
beyond, from the cost of an item and of an event.

The made-up shop has texts of nine words, a hundred categories, and people who buy from three of them, by
Zipf's frequencies over a year. The pipeline is the deployed definition with its jobs, each a process of its
own, with default settings but without the sentence teacher, which has minutes of its own. Of a job are
counted the seconds of all its cores, which another program on the same machine changes little, and its
greatest memory. The index job encodes the items too.

What a job takes is fitted as a fixed part, one an item and one an event, by non-negative least squares with
each error a share of its value; the predicted rows are that formula's, and no measurement.
"""

import os
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

import duckdb
import numpy as np
import orjson
from scipy.optimize import nnls

from benchmarks.report import ResultRow, ResultTable
from local.containers import CODE
from local.training import train
from object2vec.core.arrays import Values
from object2vec.ingest.preprocess import preprocess_upload
from object2vec.release.seed import publish_seed
from object2vec.storage import FolderStore

STEPS = ("Prepare", "Train", "Evaluate", "Index")
CATALOG, INTERACTIONS = "uploads/catalog/items.jsonl", "uploads/interactions/events.parquet"
PRICE_OF_FOUR_CORES, MB_OF_FOUR_CORES = {"m5": 0.230, "r5": 0.302}, {"m5": 16_000, "r5": 32_000}
"""USD an hour of ml.m5.xlarge and ml.r5.xlarge (SageMaker's list, us-east-1; their larger sizes cost a
multiple of it), and the memory that they have."""
LARGEST = 24
"""Of these quarters: ml.m5.24xlarge and ml.r5.24xlarge."""
WITHOUT_TEACHER = {"distillation": "off"}
_CATEGORIES, _WORDS, _WORDS_A_TEXT, _YEAR = 100, 20_000, 4, 365 * 86_400
_EVENTS_A_PERSON = 50
_LOOK = 0.1  # seconds between two looks at the processes
_STEP = re.compile(rb"SAGEMAKER_BASE_DIR=[^\0]*/([A-Z][A-Za-z]+)/opt/ml")


@dataclass(frozen=True, slots=True)
class Size:
    """A shop by its size."""

    items: int
    events: int

    def __str__(self) -> str:
        return f"{self.items:,} items, {self.events:,} events"


SIZES = (Size(10_000, 100_000), Size(60_000, 600_000), Size(10_000, 1_000_000), Size(300_000, 3_000_000))
PREDICTED = (Size(1_000_000, 100_000_000), Size(10_000_000, 1_000_000_000))


def run(quick: bool) -> ResultTable:
    """Four sizes and two predictions; the two smallest, of a tenth, if `quick`."""
    sizes = [Size(s.items // 10, s.events // 10) for s in SIZES[:2]] if quick else SIZES
    return tabled({size: measure(size) for size in sizes})


def tabled(measured: Mapping[Size, Mapping[str, float]]) -> ResultTable:
    """What was measured, and what the formulas of it predict."""
    formulas = {name: fitted({size: m[name] for size, m in measured.items()}) for name in metrics()}
    rows = [ResultRow(str(size), dict(found), sum(_seconds(found))) for size, found in measured.items()]
    for size in PREDICTED:
        expected = {name: formula.of(size) for name, formula in formulas.items()}
        rows.append(
            ResultRow(str(size), expected, sum(_seconds(expected)), f"predicted; {machines(expected)}")
        )
    said = "; ".join(f"{name} {formula}" for name, formula in formulas.items())
    return ResultTable(
        "pipeline_growth",
        "Growth of the training pipeline",
        "core-seconds (_s) and greatest memory (_mb) of each job; the index job encodes the items too;"
        " without the sentence teacher. Predicted by, i being thousands of items and e millions of events:"
        f" {said}; furthest from what was measured: {_furthest(measured, formulas)}",
        rows,
    )


def _furthest(measured: Mapping[Size, Mapping[str, float]], formulas: Mapping[str, "Formula"]) -> str:
    """Of each formula the greatest error, as a share of what was measured."""
    errors = {
        name: max(abs(formula.of(size) / values[name] - 1) for size, values in measured.items())
        for name, formula in formulas.items()
    }
    return ", ".join(f"{name} {error:.0%}" for name, error in errors.items())


def metrics() -> list[str]:
    """The names of what is measured."""
    return [f"{step.lower()}_{unit}" for step in STEPS for unit in ("s", "mb")]


def _seconds(found: Mapping[str, float]) -> list[float]:
    return [value for name, value in found.items() if name.endswith("_s")]


@dataclass(frozen=True, slots=True)
class Formula:
    """A fixed part, a part a thousand items and a part a million events."""

    fixed: float
    thousand_items: float
    million_events: float

    def of(self, size: Size) -> float:
        """The value for a shop."""
        return self.fixed + self.thousand_items * size.items / 1e3 + self.million_events * size.events / 1e6

    def __str__(self) -> str:
        return f"{self.fixed:.3g} + {self.thousand_items:.3g} i + {self.million_events:.3g} e"


def fitted(values: Mapping[Size, float]) -> Formula:
    """The formula nearest to the values, each error counted as a share of its value."""
    terms = np.array([[1.0, size.items / 1e3, size.events / 1e6] for size in values])
    found: Values = np.array(list(values.values()))
    solved, _ = nnls(terms / found[:, None], np.ones(len(found)))
    return Formula(*solved.tolist())


def machines(expected: Mapping[str, float]) -> str:
    """The machine whose memory each job needs, with hours and dollars if it uses one of its cores."""
    said = []
    dollars = 0.0
    for step in STEPS:
        seconds, mb = expected[f"{step.lower()}_s"], expected[f"{step.lower()}_mb"]
        fits = [(family, max(1, -(-int(mb * 1.25) // of))) for family, of in MB_OF_FOUR_CORES.items()]
        family, quarters = min(fits, key=lambda fit: PRICE_OF_FOUR_CORES[fit[0]] * fit[1])
        if quarters > LARGEST:
            said.append(f"{step}: more memory than any of these machines has")
            continue
        hours = seconds / 3600
        dollars += hours * PRICE_OF_FOUR_CORES[family] * quarters
        said.append(f"{step}: {4 * quarters} cores of {family}, {hours:.1f} h")
    return f"{', '.join(said)}; {dollars:,.0f} USD"


def measure(size: Size) -> dict[str, float]:
    """Core-seconds and memory of each job for a made-up shop. Raises RuntimeError where a job fails."""
    with TemporaryDirectory() as scratch:
        work = Path(scratch)
        store = FolderStore(work / "store")
        write_shop(work / "shop", size)
        for key in (CATALOG, INTERACTIONS):
            store.upload(work / "shop" / key, key)
            preprocess_upload(store, key)
        publish_seed(store, CODE)
        with watched(work) as jobs:
            run = train(
                store,
                work,
                None,
                lambda _name, _seconds: None,
                WITHOUT_TEACHER,
                algorithm="open",
                start_from="seed",
            )
        if run.status != "Succeeded":
            raise RuntimeError(f"{size}: {run.reason}")
    print(size, {name: f"{job.seconds:.1f} s {job.mb:.0f} MB" for name, job in jobs.items()}, flush=True)
    return {
        f"{step.lower()}_{unit}": value
        for step in STEPS
        for unit, value in (("s", jobs[step].seconds), ("mb", jobs[step].mb))
    }


@dataclass(slots=True)
class JobCost:
    """What a job's processes have taken."""

    seconds: float = 0.0
    mb: float = 0.0


@contextmanager
def watched(work: Path) -> Iterator[Mapping[str, JobCost]]:
    """The costs of the jobs that run below a folder, by the names of their steps; read from /proc."""
    seen: dict[tuple[str, int], JobCost] = {}
    jobs: dict[str, JobCost] = defaultdict(JobCost)
    over = Event()

    def look() -> None:
        while not over.wait(_LOOK):
            for pid, step in _jobs(work):
                seen[step, pid] = _cost(pid) or seen.get((step, pid), JobCost())

    thread = Thread(target=look, daemon=True)
    thread.start()
    yield jobs
    over.set()
    thread.join()
    for (step, _), cost in seen.items():
        jobs[step].seconds += cost.seconds
        jobs[step].mb = max(jobs[step].mb, cost.mb)


def _jobs(work: Path) -> Iterator[tuple[int, str]]:
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            environment = (entry / "environ").read_bytes()
        except OSError:
            continue
        step = _STEP.search(environment)
        if step and str(work).encode() in environment:
            yield int(entry.name), step[1].decode()


def _cost(pid: int) -> JobCost | None:
    """The seconds and the memory of one process; None where it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        ticks = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[11:13]
    except OSError:
        return None
    peak = re.search(r"VmHWM:\s+(\d+) kB", status)
    return JobCost(sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK"), int(peak[1]) / 1024 if peak else 0.0)


def write_shop(folder: Path, size: Size) -> None:
    """Uploads of a made-up shop, the same for the same size. An item's number tells its category and how much
    it is bought there."""
    catalog, interactions = folder / CATALOG, folder / INTERACTIONS
    for path in (catalog, interactions):
        path.parent.mkdir(parents=True)
    words = np.random.default_rng(0).zipf(1.3, (size.items, _WORDS_A_TEXT)) % _WORDS
    with catalog.open("wb") as lines:
        for item, text in enumerate(words.tolist()):
            kind = f"kind{item % _CATEGORIES}"
            row = {
                "label": f"i{item}",
                "text": " ".join([kind, *(f"{kind}word{word % 50} word{word}" for word in text)]),
                "metadata": {"category": kind, "price": float(item % 97)},
            }
            lines.write(orjson.dumps(row) + b"\n")
    with duckdb.connect() as db:
        numbers = [
            size.events,
            size.events // _EVENTS_A_PERSON,
            _CATEGORIES,
            size.items // _CATEGORIES,
            _YEAR,
        ]
        db.execute("CREATE TABLE event AS " + _EVENTS, numbers)
        db.table("event").write_parquet(str(interactions))


_EVENTS = """
    WITH draw AS (
        SELECT n, hash(n, 'person') % $2 AS person, hash(n, 'rank') % 1000000 / 1e6 AS luck
        FROM range($1) AS events(n)
    )
    SELECT 'u' || person AS USER_ID,
           'i' || (hash(person, hash(n, 'kind') % 3) % $3 + $3 * (floor($4 ** luck) - 1)::BIGINT) AS ITEM_ID,
           1700000000 + (n * $5) // $1 AS TIMESTAMP
    FROM draw ORDER BY n
"""
"""A log-uniform rank has Zipf's frequencies."""
