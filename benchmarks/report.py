"""The report of a benchmark: a table of systems and their numbers, as a file and as text."""

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table as RichTable

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One system: what it measured, in how many seconds of work (training and evaluation)."""

    system: str
    metrics: Mapping[str, float]
    seconds: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class ResultTable:
    """One benchmark. `bars` are the numbers to reach, by metric. The metrics `x low` and `x high` are
    the interval of x's difference from the first row."""

    name: str
    title: str
    protocol: str
    rows: list[ResultRow]
    bars: Mapping[str, float] = field(default_factory=dict)
    measured_at: str = ""
    """ISO 8601; set by `write`."""

    @classmethod
    def read(cls, path: Path) -> "ResultTable":
        """The table that `write` wrote."""
        content = json.loads(path.read_text(encoding="utf-8"))
        rows = [ResultRow(**row) for row in content["rows"]]
        about = {name: content[name] for name in ("name", "title", "protocol", "bars", "measured_at")}
        return cls(**about, rows=rows)

    def metrics(self) -> list[str]:
        """The names of what was measured, in order, without those of intervals."""
        names = dict.fromkeys(name for row in self.rows for name in row.metrics)
        return [name for name in names if not name.endswith((" low", " high"))]

    def write(self, folder: Path = RESULTS) -> Path:
        """Writes `<name>.json` and returns its path."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.name}.json"
        machine = {"python": platform.python_version(), "machine": platform.machine()}
        content = {**asdict(self), "measured_at": datetime.now(UTC).isoformat(timespec="seconds"), **machine}
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        return path

    def show(self, console: Console) -> None:
        """Prints the rows under the bars; an interval stands below its metric."""
        names = self.metrics()
        shown = RichTable(title=self.title, caption=self.protocol)
        shown.add_column("system")
        for name in [*names, "seconds"]:
            shown.add_column(name, justify="right")
        if self.bars:
            shown.add_row("to reach", *(_number(self.bars.get(name)) for name in names), "", style="bold")
        for row in self.rows:
            cells = [cell(row.metrics, name) for name in names]
            seconds = "" if row.seconds is None else f"{row.seconds:,.0f}"
            shown.add_row(f"{row.system} {row.note}".strip(), *cells, seconds)
        console.print(shown)


def read_results(folder: Path = RESULTS) -> dict[str, ResultTable]:
    """All results in the folder, by name."""
    return {path.stem: ResultTable.read(path) for path in sorted(folder.glob("*.json"))}


def cell(metrics: Mapping[str, float], name: str) -> str:
    """A metric as text, with its interval in a second line if it has one; empty if it was not measured."""
    low, high = metrics.get(f"{name} low"), metrics.get(f"{name} high")
    interval = "" if low is None or high is None else f"\n{low:+.3f} to {high:+.3f}"
    return _number(metrics.get(name)) + interval


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}" if abs(value) >= 1 else f"{value:.4f}"
