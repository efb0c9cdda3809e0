"""Sections about items: their map, the neighbours of well-known ones, and what follows a first click."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from object2vec.training.report import charts
from object2vec.training.report.html import section


def map_section(points: Sequence[Mapping[str, Any]]) -> str:
    """The best known items in two dimensions; nothing where the report has none."""
    if not points:
        return ""
    note = (
        f"<p class=quiet>The {len(points):,} items with the most interactions; near each other: alike to the"
        " model, as far as two dimensions can show it. Point at one for its name.</p>"
    )
    return section("Map of the items", note + charts.item_map(points))


def neighbours_section(items: Iterable[Mapping[str, Any]]) -> str:
    """The items nearest to each of a few well-known items."""
    entries = "".join(
        f"<div><h3>{escape(item['name'])}</h3><ol class=near>"
        + "".join(f"<li>{escape(near['name'])} ({near['cosine']:.2f})</li>" for near in item["near"])
        + "</ol></div>"
        for item in items
    )
    return section("Nearest to well-known items", f"<div class=two>{entries}</div>" if entries else "")


def first_items_section(found: Mapping[str, Any]) -> str:
    """The lists that follow each of twenty first items; from `first_items` of evaluation.json, nothing where
    that is empty."""
    if not found.get("items"):
        return ""
    shares = found["strangers@10"]
    ours = next(iter(shares))
    said = "; ".join(f"{name} {share:.1%}" for name, share in shares.items())
    entries = "".join(
        f"<div><h3>{escape(item['text'])}</h3><ol class=near>"
        + "".join(
            f"<li>{escape(row['text'])}{' <b>(stranger)</b>' if row['stranger'] else ''}</li>"
            for row in item["lists"][ours]
        )
        + "</ol></div>"
        for item in found["items"]
    )
    return section(
        "After one click",
        f"<p>What {escape(ours)} lists to somebody of whom one event is known. A stranger is of another"
        " category, and was bought near that item less often than by chance. Share of strangers among the"
        f" first ten: {escape(said)}.</p><div class=two>{entries}</div>",
    )
