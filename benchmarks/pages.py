"""The results as text: a page of all tables in the folder of the results, and the README's table.

Both are written from the files, so that no number in them can differ from what was measured.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from benchmarks.pictures.canvas import goal, number
from benchmarks.pictures.headlines import Headline, headlines
from benchmarks.report import RESULTS, ResultTable, cell, read_results

README = RESULTS.parents[1] / "README.md"
PAGE = "README.md"
_BETWEEN = re.compile(r"(?<=<!-- numbers -->\n).*?(?=<!-- end of numbers -->)", re.DOTALL)
_HEAD = """# Results

What `make bench` measured, each table in one run on a machine with two CPU cores; `make bench NAMES="…"`
repeats it. Each table's file has all digits. "To reach" is what this project set itself; two numbers below
another are 95 % of the paired bootstraps of its difference from the first row.
"""


def write_pages(readme: Path = README, folder: Path = RESULTS) -> None:
    """Renews the page in `folder` and the table in the README."""
    tables = read_results(folder)
    (folder / PAGE).write_text(results_page(tables.values()), encoding="utf-8")
    readme.write_text(with_numbers(readme.read_text(encoding="utf-8"), tables), encoding="utf-8")


def results_page(tables: Iterable[ResultTable]) -> str:
    """Every table with its protocol and its picture."""
    return "\n".join([_HEAD, *map(_section, tables)])


def with_numbers(text: str, tables: Mapping[str, ResultTable]) -> str:
    """The text with the headlines as a table between its two marks. Raises ValueError without them."""
    if not _BETWEEN.search(text):
        raise ValueError("the README has no <!-- numbers --> … <!-- end of numbers -->")
    head = ("", "Object2Vec", "strongest alternative", "to reach", "measured")
    lines = _markdown(head, [_line(headline) for headline in headlines(tables)])
    return _BETWEEN.sub(lambda _: lines + "\n", text)


def _line(headline: Headline) -> Sequence[str]:
    """One row; the better of ours and the peer's is in bold."""
    less = ", less is better" if headline.less_is_better else ""
    what = f"{headline.title} ({headline.measure}{less})"
    ours, peer = number(headline.ours), ""
    if headline.peer is None:
        ours = f"**{ours}**"
    else:
        name, theirs = headline.peer
        sign = -1 if headline.less_is_better else 1
        better = sign * headline.ours >= sign * theirs
        ours, best = (f"**{ours}**", number(theirs)) if better else (ours, f"**{number(theirs)}**")
        peer = f"{best} {name}"
    verdict = "✓" if headline.reached else "missed"
    reached = "" if headline.goal is None else f"{goal(headline.goal)} {verdict}"
    measured = datetime.fromisoformat(headline.measured_at)
    day = f"{measured.day} {measured:%B}"
    return what, ours, peer, reached, day


def _section(table: ResultTable) -> str:
    metrics = table.metrics()
    head = ("", *metrics, "seconds")
    rows = [
        (
            f"{row.system} {row.note}".strip(),
            *(cell(row.metrics, name).replace("\n", "<br>") for name in metrics),
            "" if row.seconds is None else f"{row.seconds:,.0f}",
        )
        for row in table.rows
    ]
    if table.bars:
        rows.insert(0, ("to reach", *(cell(table.bars, name) for name in metrics), ""))
    picture = f"![{table.title}]({table.name}.svg)"
    day = f"Measured {table.measured_at[:10]}; [{table.name}.json]({table.name}.json)."
    protocol = table.protocol[:1].upper() + table.protocol[1:]
    return f"## {table.title}\n\n{protocol}. {day}\n\n{picture}\n\n{_markdown(head, rows)}"


def _markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
