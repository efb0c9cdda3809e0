"""`python -m benchmarks [name …] [--quick] [--pictures]`: measures beside the peers, writes and draws
benchmarks/results/*.json."""

import argparse
import importlib
import sys
from collections.abc import Mapping

from rich.console import Console

from benchmarks.pictures import draw_all

SUITES: Mapping[str, str] = {
    "movielens_next": "benchmarks.movielens_next",
    "sample_shop": "benchmarks.sample_shop",
    "movielens_random": "benchmarks.movielens_random",
    "ratings": "benchmarks.ratings",
    "cold_start": "benchmarks.cold_start",
    "ablation": "benchmarks.ablation",
    "throughput": "benchmarks.throughput",
    "text_search": "benchmarks.text_search",
    "categories": "benchmarks.categories",
    "personalised_search": "benchmarks.personalised_search",
    "hybrid_search_92k": "benchmarks.speed.hybrid_search",
    "hybrid_search_growth": "benchmarks.speed.growth",
    "search_http": "benchmarks.speed.http_load",
    "search_start": "benchmarks.speed.start",
    "preprocess": "benchmarks.preprocess",
}
"""Benchmark → module with `run(quick: bool) -> Table`, in the order of a whole run."""


def main() -> None:
    """Runs the named suites, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(SUITES)}; default all")
    parser.add_argument("--quick", action="store_true", help="one seed and less data: does it run at all?")
    parser.add_argument("--pictures", action="store_true", help="measure nothing, draw the results there are")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - SUITES.keys()
    if unknown:
        sys.exit(f"no benchmark is called {', '.join(sorted(unknown))}; there are {', '.join(SUITES)}")
    console = Console(width=130 if not sys.stdout.isatty() else None)
    for name in [] if arguments.pictures else arguments.names or SUITES:
        console.rule(name)
        table = importlib.import_module(SUITES[name]).run(arguments.quick)
        table.show(console)
        console.print(f"written to {table.write()}")
    console.print(f"{len(draw_all())} pictures drawn beside the results")


if __name__ == "__main__":
    main()
