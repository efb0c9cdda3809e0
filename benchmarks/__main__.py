"""`python -m benchmarks [name …] [--quick] [--renew]`: measures ours and the peers, writes
benchmarks/results/*.json and what is made of them: pictures, the page of all tables, the README's numbers."""

import argparse
import importlib
import sys
from collections.abc import Mapping

from rich.console import Console

from benchmarks.pages import write_pages
from benchmarks.pictures import draw_all

SUITES: Mapping[str, str] = {
    "movielens_next": "benchmarks.movielens_next",
    "toys_next": "benchmarks.toys_next",
    "sample_shop": "benchmarks.sample_shop",
    "short_histories": "benchmarks.short_histories",
    "bought_together": "benchmarks.bought_together",
    "movielens_random": "benchmarks.movielens_random",
    "ratings": "benchmarks.ratings",
    "cold_start": "benchmarks.cold_start",
    "anonymous_sessions": "benchmarks.anonymous_sessions",
    "ablation": "benchmarks.ablation",
    "tasks": "benchmarks.tasks",
    "throughput": "benchmarks.throughput",
    "text_search": "benchmarks.text_search",
    "shop_queries": "benchmarks.shop_queries",
    "categories": "benchmarks.categories",
    "personalised_search": "benchmarks.personalised_search",
    "hybrid_search_92k": "benchmarks.speed.hybrid_search",
    "hybrid_search_growth": "benchmarks.speed.growth",
    "search_http": "benchmarks.speed.http_load",
    "server_load": "benchmarks.speed.server_load",
    "server_soak": "benchmarks.speed.server_soak",
    "search_start": "benchmarks.speed.start",
    "luma_pictures": "benchmarks.luma_pictures",
    "preprocess": "benchmarks.preprocess",
    "pipeline_growth": "benchmarks.pipeline_growth",
    "year": "benchmarks.year",
}
"""Benchmark → module with `run(quick: bool) -> ResultTable`, in the order of a whole run."""


def main() -> None:
    """Runs the named suites, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(SUITES)}; default all")
    parser.add_argument(
        "--quick", action="store_true", help="one seed, less data: does it run? writes nothing"
    )
    parser.add_argument("--renew", action="store_true", help="measure nothing, renew pictures and pages")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - SUITES.keys()
    if unknown:
        sys.exit(f"no benchmark is called {', '.join(sorted(unknown))}; there are {', '.join(SUITES)}")
    console = Console(width=130 if not sys.stdout.isatty() else None)
    for name in [] if arguments.renew else arguments.names or SUITES:
        console.rule(name)
        table = importlib.import_module(SUITES[name]).run(arguments.quick)
        table.show(console)
        if not arguments.quick:
            console.print(f"written to {table.write()}")
    if arguments.quick:
        return
    write_pages()
    console.print(f"{len(draw_all())} pictures drawn beside the results; README and tables renewed")


if __name__ == "__main__":
    main()
