"""The report's section about shoppers of one click: what is listed after each of twenty first items."""

from collections.abc import Mapping
from html import escape
from typing import Any

from object2vec.training.report.html import section


def first_items_section(found: Mapping[str, Any]) -> str:
    """From `first_items` of evaluation.json; nothing where there is none."""
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
