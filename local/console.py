"""The output in the terminal: one line a step, and a closing summary."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from textwrap import shorten
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from object2vec.core.wording import counted
from object2vec.ingest.report import Report
from object2vec.training.evaluation.verdict import FEWEST

METRICS = (
    "ndcg@10",
    "hr@10",
    "session_ndcg@10",
    "similar_ndcg@10",
    "query_ndcg@10",
    "text_ndcg@10",
    "category_accuracy",
    "mean_squared_error",
    "accuracy",
    "cross_entropy",
)
"""The metrics that the summary shows; the report has all of them."""

ALWAYS = (
    "model", "model+ranker", "bm25+model", "complements", "live", "live+ranker", "bm25+live", "popularity",
    "bm25",
)  # fmt: skip
"""Systems that the summary shows always: what is served, and what the gate compares it with."""
FEW = 8
"""Systems that fit the table all together."""
GATE_CHARS = 300
"""Most characters of the gate's reasons, three lines; the report has the others."""

SHOWN_CLEAN, SHOWN_REFUSED = 5, 20
"""Most files of one folder that get a line of their own: thousands of pictures would hide the rest."""
_ANSWER_CHARS = 85
"""Characters of a query and an item's text, so that a sample answer is one line."""

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
                f"  {folder}/: {counted(told['more'], 'more file')}, {counted(told['read'], 'row')} read,"
                f" {told['accepted']:,} accepted{rejected}; each has its report in reports/{folder}/",
                markup=False,
            )
    return rows


def _shrunken(report: Report) -> str:
    """A warning where a file has lost more than half of its rows; with a hundred it would be held back."""
    before = report.removed + report.changed + report.unchanged
    if report.deleted or 2 * report.removed <= before:
        return ""
    gone = f"{counted(report.removed, 'row is', 'rows are')} gone of the {before:,} that it had"
    return f"{gone}: if that is a mistake, put the previous file back"


def show_metrics(evaluation: Mapping[str, Any]) -> None:
    """The gate's verdict over a table of the systems that tell most, in half a screen."""
    console.print(f"\n[bold]Gate[/] {_first_sentences(evaluation['gate']['reason'])}")
    if ranker := evaluation.get("ranker"):
        verdict = f"{'kept' if ranker['kept'] else 'not kept'}: {ranker['reason']}"
        console.print(f"[bold]Ranker[/] {shorten(verdict, GATE_CHARS // 2, placeholder=' …')}")
    _show_table(evaluation["metrics"], evaluation.get("counts", {}))


def _first_sentences(reason: str) -> str:
    """As many whole sentences as three lines hold; the first one in any case."""
    first, *others = reason.split(". ")
    while others and len(first) + len(others[0]) < GATE_CHARS:
        first += f". {others.pop(0)}"
    return f"{first}. …" if others else first


def _show_table(metrics: Mapping[str, Mapping[str, float]], counts: Mapping[str, int]) -> None:
    """The systems that have any of the metrics; of many, those in `ALWAYS` and the best other one, by the
    first metric that is of enough shoppers to tell. `counts` is of how many each metric is the mean."""
    measured = [name for name in METRICS if any(name in values for values in metrics.values())]
    if not measured:
        return
    rows = {system: values for system, values in metrics.items() if any(name in values for name in measured)}
    if len(rows) > FEW:
        others = [system for system in rows if system not in ALWAYS and not system.endswith("seed")]
        first = next((name for name in measured if counts.get(name, FEWEST) >= FEWEST), measured[0])
        best = sorted(others, key=lambda system: rows[system].get(first, 0.0))[-1:]
        rows = {system: values for system, values in rows.items() if system in (*ALWAYS, *best)}
    table = Table(box=SIMPLE_HEAD)
    table.add_column("held out:\nsystem", no_wrap=True)
    for name in measured:
        number = f"\nn={counts[name]:,}" if name in counts else ""
        table.add_column(name.replace("_", "\n", 1) + number, justify="right", no_wrap=True)
    for system, values in rows.items():
        cells = [f"{values[name]:.4f}" if name in values else "" for name in measured]
        table.add_row(system, *cells, style="bold" if system == "model" else None)
    console.print(table)


def show_answer(query: str, hits: Sequence[Mapping[str, Any]]) -> None:
    """A line with a query and its first answer."""
    if not hits:
        console.print(Text(f"  {query}:", style="bold"), "[dim]nothing found[/]")
        return
    price = hits[0]["metadata"].get("price")
    # As `Text` it is no markup: a shop may write [red].
    text = Text(shorten(hits[0]["text"], _ANSWER_CHARS - len(query), placeholder=" …"))
    asked = Text(f"  {query}:", style="bold")
    console.print(asked, text, *([] if price is None else [f" [dim]{price:.2f}[/]"]))
