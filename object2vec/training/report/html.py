"""HTML elements of the report: sections and tables."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any


def section(title: str, body: str) -> str:
    """A section under a heading; nothing if there is no body."""
    return f"<section><h2>{title}</h2>{body}</section>" if body else ""


def table(caption: str, rows: str) -> str:
    """`caption` and `rows` are HTML."""
    return f"<div class=wide><table><caption>{caption}</caption>{rows}</table></div>"


def rows_table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose first column is words and whose others are numbers."""
    titles = "".join(f"<th scope=col>{escape(title)}</th>" for title in head)
    body = "".join(
        f"<tr><th scope=row>{escape(first)}</th>"
        + "".join(f"<td class=number>{escape(cell)}</td>" for cell in others)
        + "</tr>"
        for first, *others in rows
    )
    return table(caption, f"<tr>{titles}</tr>{body}")


def pairs_table(rows: Iterable[tuple[str, Any]]) -> str:
    """Names and values."""
    cells = "".join(
        f"<tr><th scope=row>{escape(str(name))}</th><td>{escape(_shown(value))}</td></tr>"
        for name, value in rows
    )
    return f"<div class=wide><table>{cells}</table></div>" if cells else ""


def _shown(value: object) -> str:
    if isinstance(value, bool | str):
        return str(value)
    return f"{value:,}" if isinstance(value, int | float) else str(value)
