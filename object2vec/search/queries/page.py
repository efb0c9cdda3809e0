"""The query report as a page of Markdown."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from object2vec.core.wording import as_markdown, counted

LONGEST_TABLE = 25


def written(report: Mapping[str, Any]) -> str:
    """`report` as `GET /query-report` answers it."""
    left = report["not_shown"]
    parts = [
        f"# Searches, {report['since'][:10]} to {report['until'][:10]}",
        f"{counted(report['searches'], 'search', 'searches')} for"
        f" {counted(report['queries'], 'query', 'queries')}; after {report['clicks']:,} of them something was"
        f" taken. {counted(left['asked_by_one'], 'search is', 'searches are')} for what only one person "
        f"asked for, and {left['too_long']:,} for long texts: these are not shown.",
        *_table("Popular queries", report["popular"]),
        *_table("Queries that no item has the words of", report["without_hits"]),
        *_table("Queries with hits of which nobody took one", report["without_clicks"]),
        "## Suggested synonyms",
    ]
    if suggestions := report["suggestions"]:
        entries = [suggestion["synonym"] for suggestion in suggestions]
        parts += [
            "\n".join(map(_suggested, suggestions)),
            "For `PUT /synonyms`, beside those that are stored:",
            f"```json\n{_json(entries)}\n```",
        ]
    else:
        parts.append("None.")
    return "\n\n".join(parts) + "\n"


def _table(title: str, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    if not rows:
        return [f"## {title}", "None."]
    lines = ["| query | people | searches | hits | clicks |", "|---|---:|---:|---:|---:|"]
    for row in rows[:LONGEST_TABLE]:
        cells = [as_markdown(row["query"]), row["people"], row["searches"], row["hits"], row["clicks"]]
        lines.append(f"| {' | '.join('' if cell is None else str(cell) for cell in cells)} |")
    more = len(rows) - LONGEST_TABLE
    return [f"## {title}", "\n".join(lines), *([f"And {more} more."] if more > 0 else [])]


def _suggested(suggestion: Mapping[str, Any]) -> str:
    entry = suggestion["synonym"]
    asked, finds = as_markdown(entry["query"][0]), ", ".join(map(as_markdown, entry["finds"]))
    return f"* {asked} → {finds}: {suggestion['why']}"


def _json(entries: Sequence[Mapping[str, Any]]) -> str:
    """JSON that cannot end the block that it stands in."""
    return json.dumps(entries, ensure_ascii=False, indent=1).replace("`", "\\u0060")
