"""Pictures of the results: one for each file in benchmarks/results, and an overview of all."""

from pathlib import Path

from benchmarks.pictures import canvas
from benchmarks.pictures.charts import chart
from benchmarks.pictures.headlines import headlines
from benchmarks.pictures.overview import overview
from benchmarks.report import RESULTS, read_results

OVERVIEW = "overview.svg"


def draw_all(folder: Path = RESULTS) -> list[Path]:
    """Draws all results; equal numbers give equal files."""
    tables = read_results(folder)
    with canvas.style():
        drawn = [canvas.save(chart(table), folder / f"{name}.svg") for name, table in tables.items()]
        return [*drawn, canvas.save(overview(list(headlines(tables))), folder / OVERVIEW)]
