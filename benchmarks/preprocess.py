"""Uploads through preprocess in every format: rows a second on one core, peak memory at two file sizes."""

import gzip
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from operator import itemgetter
from pathlib import Path

import duckdb

from benchmarks.report import ResultRow, ResultTable
from object2vec.core.step_cost import peak_mb

ROWS = {"catalog": 100_000, "interactions": 1_000_000, "queries": 500_000}
GROWTH = 4
RUNS = 3
_TEXT = "Frozen pizza with four kinds of cheese, number "
_SELECT: Mapping[str, str] = {
    "catalog": (
        f"'p' || i AS label, '{_TEXT}' || i AS text, i % 900 / 10 AS price, 'c' || i % 300 AS category"
    ),
    "interactions": (
        "'u' || hash(i) % 50000 AS USER_ID, 'p' || hash(i + 7) % 90000 AS ITEM_ID, "
        "1577880000 + i AS TIMESTAMP, 'purchase' AS EVENT_TYPE, i % 5 AS EVENT_VALUE"
    ),
    "queries": (
        f"'{_TEXT}' || i % 5000 AS QUERY, 'p' || hash(i) % 90000 AS ITEM_ID, 1577880000 + i AS TIMESTAMP"
    ),
}


def run(quick: bool) -> ResultTable:
    """Measures every kind of upload in every format; each run is a process of its own."""
    rows = [row for kind in ROWS for row in _kind(kind, 20 if quick else 1)]
    return ResultTable(
        name="preprocess",
        title="Preprocess: uploads",
        protocol=(
            f"folder store, one core, every case in a fresh process; rows a second of CPU time, at {GROWTH} "
            f"times the size, the median of {RUNS} runs, and seconds of wall time for the same; peak memory "
            f"at one size and the greatest at {GROWTH} times it"
        ),
        rows=rows,
        bars={"catalog_rows_per_second": 120_000, "interactions_rows_per_second": 700_000},
    )


def _kind(kind: str, smaller: int) -> Iterator[ResultRow]:
    count = ROWS[kind] // smaller
    for form, write in _WRITERS.items():
        with tempfile.TemporaryDirectory() as folder:
            small = _measured(kind, form, write, count, Path(folder))
            runs = [_measured(kind, form, write, GROWTH * count, Path(folder)) for _ in range(RUNS)]
        large = sorted(runs, key=itemgetter("seconds"))[RUNS // 2]
        metrics = {
            f"{kind}_rows_per_second": large["rows"] / large["seconds"],
            "peak_mb": small["peak_mb"],
            f"peak_mb_x{GROWTH}": max(run["peak_mb"] for run in runs),
        }
        yield ResultRow(f"{kind} {form}", metrics, large["wall_seconds"])


def _measured(
    kind: str, form: str, write: Callable[[str, Path], None], rows: int, folder: Path
) -> dict[str, float]:
    """Measures one upload in a store of its own."""
    key = f"uploads/{kind}/a.{form.rpartition(' ')[2]}"
    root = Path(tempfile.mkdtemp(dir=folder))
    path = root / key
    path.parent.mkdir(parents=True)
    write(f"SELECT {_SELECT[kind]} FROM range({rows}) AS r(i)", path)
    program = [sys.executable, "-m", "benchmarks.preprocess", str(root), key]
    answer = subprocess.run(
        program, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[1]
    )
    measured: dict[str, float] = json.loads(answer.stdout)
    return measured


def _csv(statement: str, path: Path) -> None:
    duckdb.sql(f"COPY ({statement}) TO '{path}' (FORMAT csv, HEADER)")


def _quoted_csv(statement: str, path: Path) -> None:
    duckdb.sql(f"COPY ({statement}) TO '{path}' (FORMAT csv, HEADER, FORCE_QUOTE *)")


def _malformed_csv(statement: str, path: Path) -> None:
    """One row in every four megabytes has a quote that is not closed, and too few values."""
    _csv(statement, path)
    data = path.read_bytes()
    cuts = [data.find(b"\n", place) + 1 for place in range(1 << 22, len(data) - 1000, 1 << 22)]
    pieces = [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    path.write_bytes(b'malformed,"\n'.join(pieces))


def _jsonl(statement: str, path: Path) -> None:
    nested = "label, text, {'price': price, 'category': category} AS metadata"
    columns = nested if " AS label" in statement else "*"
    duckdb.sql(f"COPY (SELECT {columns} FROM ({statement})) TO '{path}' (FORMAT json)")


def _jsonl_gz(statement: str, path: Path) -> None:
    plain = path.with_suffix("")
    _jsonl(statement, plain)
    path.write_bytes(gzip.compress(plain.read_bytes(), 1))
    plain.unlink()


def _parquet(statement: str, path: Path) -> None:
    duckdb.sql(f"COPY ({statement}) TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE 100000)")


_WRITERS: Mapping[str, Callable[[str, Path], None]] = {
    "csv": _csv,
    "quoted csv": _quoted_csv,
    "malformed csv": _malformed_csv,
    "jsonl": _jsonl,
    "jsonl.gz": _jsonl_gz,
    "parquet": _parquet,
}


def _one(root: Path, key: str) -> None:
    """Preprocesses one upload and prints its time and memory."""
    from object2vec.ingest.preprocess import preprocess_upload
    from object2vec.storage import FolderStore

    wall, cpu = time.monotonic(), time.process_time()
    report = preprocess_upload(FolderStore(root), key)
    wall, cpu = time.monotonic() - wall, time.process_time() - cpu
    if report.problem or report.rejected * 1_000 > report.rows_read:
        sys.exit(report.summary())
    measured = {"rows": report.rows_read, "seconds": cpu, "wall_seconds": wall, "peak_mb": peak_mb()}
    print(json.dumps(measured))


if __name__ == "__main__":
    _one(Path(sys.argv[1]), sys.argv[2])
