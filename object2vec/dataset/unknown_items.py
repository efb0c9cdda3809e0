"""Items of a log that the catalogue lacks, and why that may be: the commonest reason is that the two systems
write the same ids in two ways, or mean two columns by "the id"."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import orjson
from ibis.expr.types import Table

from object2vec.core.wording import counted
from object2vec.dataset.engine import DataEngine

SAMPLE = 1_000
"""The most frequent unknown items are compared with the catalogue."""
_MANY = 0.05
"""Share of the log's items that are unknown from which a reason is looked for."""
_SURE = 0.5
"""Share of the sample that a reason must explain to be named."""
_WRITINGS: Mapping[str, Callable[[str], str]] = {
    "zeros": lambda item: item.lstrip("0"),
    "case": lambda item: item.casefold(),
    "marks": lambda item: "".join(filter(str.isalnum, item)).casefold(),
}
_REASONS = {
    "zeros": (
        "Their ids are the catalogue's, but for zeros at the beginning ({ours} here, {theirs} there), as a "
        "spreadsheet drops them: export both with the ids as text."
    ),
    "case": "Their ids differ from the catalogue's in upper and lower case alone ({ours}, {theirs}).",
    "marks": "Their ids differ from the catalogue's in spaces and punctuation alone ({ours}, {theirs}).",
}


def unknown_item_notes(engine: DataEngine, events: Table, catalog: Table, file: Path) -> list[str]:
    """Sentences for people; `file` has the items of `catalog` as JSON Lines with `item_id` and `metadata`."""
    by_item = events.group_by("item_id").aggregate(events=events.count())
    unknown = by_item.anti_join(catalog, "item_id")
    (all_items,), (found,) = (
        engine.rows(part.aggregate(items=part.count(), events=part.events.sum()))
        for part in (by_item, unknown)
    )
    if not found["items"] or not file.stat().st_size:
        return []
    share = found["events"] / all_items["events"]
    note = (
        f"Not in the catalogue: {found['items']:,} of {counted(all_items['items'], 'item')} in the log"
        f" ({share:.1%} of its events); nothing but these events is known of them."
    )
    if found["items"] < _MANY * all_items["items"]:
        return [note]
    frequent = unknown.order_by(unknown.events.desc(), "item_id").limit(SAMPLE).select("item_id")
    return [" ".join([note, _reason([row["item_id"] for row in engine.rows(frequent)], file)]).strip()]


def _reason(sample: Iterable[str], file: Path) -> str:
    """Sentence about a sample's items that the catalogue has in another writing, or under another field."""
    items = [*sample]
    wanted = {name: {write(item): item for item in items} for name, write in _WRITINGS.items()}
    rewritten: dict[str, dict[str, str]] = {name: {} for name in _WRITINGS}
    fields = Counter[str]()
    with open(file, "rb") as lines:
        for line in lines:
            record = orjson.loads(line)
            label = record["item_id"]
            for name, write in _WRITINGS.items():
                if (ours := wanted[name].get(write(label))) is not None:
                    rewritten[name].setdefault(ours, label)
            fields.update(_fields_with(orjson.loads(record["metadata"]), wanted["case"]))
    for name, pairs in rewritten.items():
        if len(pairs) >= _SURE * len(items):
            ours, theirs = next(iter(sorted(pairs.items())))
            return _REASONS[name].format(ours=ours, theirs=theirs)
    if fields and fields.most_common(1)[0][1] >= _SURE * len(items):
        field = fields.most_common(1)[0][0]
        return (
            f"They are the catalogue's field `{field}`, not its ids: name that column as the id of the "
            f'catalogue in uploads/mapping.json ("fields": {{"id": "{field}"}}), or the other one in the log.'
        )
    return ""


def _fields_with(metadata: Mapping[str, object], wanted: Mapping[str, str]) -> list[str]:
    """The fields of an item that hold one of the ids."""
    return [name for name, value in metadata.items() if str(value).casefold() in wanted]
