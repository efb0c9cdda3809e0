"""Which column tells the rows of a table apart, where that of the ids repeats: rows that are the variants of
products, in a table of a system that is not known by name."""

from dataclasses import replace

from object2vec.ingest.exports.headings import variant_ids
from object2vec.ingest.exports.layout import ID, SAY_OTHERWISE, ExportLayout, field_beside
from object2vec.ingest.readers.batches import RowBatch

_GROUP = "group"
_SAMPLE = 50_000  # rows that are looked at


class VariantIds:
    """Looks at the first rows of a table with this layout."""

    def __init__(self, layout: ExportLayout) -> None:
        self._layout = layout
        (self._id, *_) = layout.roles[ID]
        others = variant_ids(list(layout.fields))
        self._seen: dict[str, set[object]] = {name: set() for name in (self._id, *others)}
        self._rows = 0

    def look(self, batch: RowBatch) -> None:
        """Notes the values of the batch."""
        if self._rows >= _SAMPLE or len(self._seen) < 2:
            return
        self._rows += len(batch)
        for name, values in self._seen.items():
            values.update(batch.column(name))

    def layout(self) -> ExportLayout | None:
        """The layout with the id of the variants, and what repeats as their group; None where that of the
        file is right: its ids differ, or no other column tells all rows apart."""
        if len(self._seen[self._id]) >= self._rows:
            return None
        apart = (name for name, values in self._seen.items() if _tells_apart(values, self._rows))
        best = next(apart, None)
        return None if best is None else self._with_id(best)

    def _with_id(self, best: str) -> ExportLayout:
        layout, old = self._layout, self._id
        roles = {**layout.roles, ID: [best]}
        fields = {column: name for column, name in layout.fields.items() if column != best}
        group = ""
        if _GROUP in roles:
            fields[old] = field_beside(old, old, roles)
        else:
            roles[_GROUP], group = [old], f", group from `{old}`"
        note = (
            f"`{old}` repeats and `{best}` is another one in every row, so the rows are variants: id is "
            f"taken from `{best}`{group}; {SAY_OTHERWISE}."
        )
        kept = [one for one in layout.notes if not one.startswith("id is taken from")]
        return replace(layout, roles=roles, fields=fields, notes=[*kept, note])


def _tells_apart(values: set[object], rows: int) -> bool:
    return len(values) == rows and values.isdisjoint((None, ""))
