"""The output in the terminal: one line a step, and a closing summary."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from textwrap import shorten
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from object2vec.ingest.report import Report

TABLES: Mapping[str, Sequence[str]] = {
    "Next item": ("ndcg@10", "recall@20", "hr@10", "coverage@10"),
    "Similar items, search, categories": (
        "similar_ndcg@10",
        "query_ndcg@10",
        "text_ndcg@10",
        "category_accuracy",
    ),
    "Pairs": ("mean_squared_error", "accuracy", "cross_entropy"),
}
"""The metrics shown, in tables that fit 80 columns, and together a screen; the report holds all of them."""

ALWAYS = ("model", "model+ranker", "bm25+model", "complements", "live", "bm25+live", "popularity", "bm25")
"""Systems that every table shows: what is served, and what the gate compares it with."""
FEW = 8
"""Systems that fit a table all together."""

SHOWN_CLEAN, SHOWN_REFUSED = 5, 20
"""Most files of one folder that get a line of their own: thousands of pictures would hide the rest."""
_ANSWER_CHARS = 100
"""Characters of an item's text, so that a sample answer is one line."""

console = Console(highlight=False, soft_wrap=True)


def step(name: str, seconds: float) -> None:
    """A finished step."""
    console.print(f"  [green]✓[/] {name:<10} {seconds:6.1f} s")


def show_reports(reports: Iterable[Report]) -> int:
    """A line for each file that was read, and a last one for those of a folder that would be too many;
    returns how many rows came or went."""
    rows = 0
    folders: dict[str, Counter[str]] = defaultdict(Counter)
    for report in reports:
        rows += report.accepted + report.removed
        told = folders["/".join(report.key.split("/")[:2])]
        kind, most = (
            ("refused", SHOWN_REFUSED) if report.rejected or report.problem else ("clean", SHOWN_CLEAN)
        )
        told[kind] += 1
        if told[kind] <= most:
            console.print(f"  {report.summary()}", markup=False)
            for more in filter(None, (report.advice(), _shrunken(report))):
                console.print(f"    {more}", markup=False)
        else:
            told.update(more=1, read=report.rows_read, accepted=report.accepted, rejected=report.rejected)
    for folder, told in folders.items():
        if told["more"]:
            rejected = f", {told['rejected']:,} rejected" if told["rejected"] else ""
            console.print(
                f"  {folder}/: {told['more']:,} more files, {told['read']:,} rows read,"
                f" {told['accepted']:,} accepted{rejected}; each has its report in reports/{folder}/",
                markup=False,
            )
    return rows


def _shrunken(report: Report) -> str:
    """A warning where a file has lost more than half of its rows; with a hundred it would be held back."""
    before = report.removed + report.changed + report.unchanged
    if report.deleted or 2 * report.removed <= before:
        return ""
    gone = f"{report.removed:,} of the {before:,} rows it had are gone"
    return f"{gone}: if that is a mistake, put the previous file back"


def show_metrics(evaluation: Mapping[str, Any]) -> None:
    """The gate's verdict over tables of the systems that tell most; the report has all of them."""
    metrics = evaluation["metrics"]
    console.print(f"\n[bold]Gate[/] {evaluation['gate']['reason']}")
    if ranker := evaluation.get("ranker"):
        console.print(f"[bold]Ranker[/] {'kept' if ranker['kept'] else 'not kept'}: {ranker['reason']}")
    for title, names in TABLES.items():
        _show_table(f"Held out: {title.lower()}", names, metrics)


def _show_table(title: str, names: Sequence[str], metrics: Mapping[str, Mapping[str, float]]) -> None:
    """The systems that have any of these metrics; of many, those in `ALWAYS` and the best other one."""
    rows = {system: values for system, values in metrics.items() if any(name in values for name in names)}
    measured = [name for name in names if any(name in values for values in rows.values())]
    if not measured:
        return
    if len(rows) > FEW:
        others = [system for system in rows if system not in ALWAYS and not system.endswith("seed")]
        best = sorted(others, key=lambda system: rows[system].get(measured[0], 0.0))[-1:]
        rows = {system: values for system, values in rows.items() if system in (*ALWAYS, *best)}
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    table.add_column("system", no_wrap=True)
    for name in measured:
        table.add_column(name, justify="right", no_wrap=True)
    for system, values in rows.items():
        cells = [f"{values[name]:.4f}" if name in values else "" for name in measured]
        table.add_row(system, *cells, style="bold" if system == "model" else None)
    console.print(table)


def show_answers(query: str, hits: Sequence[Mapping[str, Any]]) -> None:
    """A query and its top answers."""
    console.print(f"  [bold]{query}[/]")
    for hit in hits:
        price = hit["metadata"].get("price")
        # As `Text` it is no markup: a shop may write [red].
        text = Text(shorten(hit["text"], _ANSWER_CHARS, placeholder=" …"))
        console.print("   ", text, *([] if price is None else [f" [dim]{price:.2f}[/]"]))
    if not hits:
        console.print("    [dim]nothing found[/]")
