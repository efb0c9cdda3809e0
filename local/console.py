"""What a person sees: one line a step, and a closing summary."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

METRICS = (
    "ndcg@10",
    "recall@20",
    "hr@10",
    "coverage@10",
    "similar_ndcg@10",
    "query_ndcg@10",
    "text_ndcg@10",
    "category_accuracy",
    "mean_squared_error",
    "accuracy",
    "cross_entropy",
)
"""The columns a person reads; evaluation.json holds them all."""

console = Console(highlight=False, soft_wrap=True)


def step(name: str, seconds: float) -> None:
    """A finished step."""
    console.print(f"  [green]✓[/] {name:<10} {seconds:6.1f} s")


def show_metrics(evaluation: Mapping[str, Any]) -> None:
    """The gate's verdict over the table of all systems on the held-out data."""
    metrics = evaluation["metrics"]
    console.print(f"\n[bold]Gate[/] {evaluation['gate']['reason']}")
    if ranker := evaluation.get("ranker"):
        console.print(f"[bold]Ranker[/] {'kept' if ranker['kept'] else 'not kept'}: {ranker['reason']}")
    found = dict.fromkeys(name for system in metrics.values() for name in system)
    names = [name for name in METRICS if name in found]
    if not names:
        return
    table = Table(title="Held-out metrics", title_justify="left")
    table.add_column("system", no_wrap=True)
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    for system, values in metrics.items():
        cells = [f"{values[name]:.4f}" if name in values else "" for name in names]
        table.add_row(system, *cells, style="bold" if system == "model" else None)
    console.print(table)


def show_answers(query: str, hits: Sequence[Mapping[str, Any]]) -> None:
    """A query and its top answers."""
    console.print(f"  [bold]{query}[/]")
    for hit in hits:
        price = hit["metadata"].get("price")
        console.print(f"    {hit['text']}" + (f"  [dim]{price:.2f}[/]" if price is not None else ""))
    if not hits:
        console.print("    [dim]nothing found[/]")
