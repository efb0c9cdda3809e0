"""Columns of a table of which every cell is an object in JSON: `{"material": "oak", "legs": 4}` under `specs`
is two columns, `specs.material` and `specs.legs`."""

from collections.abc import Sequence
from dataclasses import replace

import orjson

from object2vec.ingest.exports.layout import ExportLayout
from object2vec.ingest.readers.batches import RowBatch, flattened
from object2vec.ingest.rules import MAX_FIELDS


class WrittenObjects:
    """Looks at the rows of a table with this layout, but for the columns that are `said` to be something."""

    def __init__(self, layout: ExportLayout, said: Sequence[str]) -> None:
        self._names: dict[str, dict[str, None]] = {name: {} for name in layout.fields if name not in said}

    def look(self, batch: RowBatch) -> None:
        """Notes what the objects of the batch hold; a cell that is none leaves its column what it is."""
        for name, inner in [*self._names.items()]:
            for cell in batch.column(name):
                if cell in (None, ""):
                    continue
                found = _object_in(cell)
                if found is None or len(inner) > MAX_FIELDS:
                    del self._names[name]
                    break
                inner.update(dict.fromkeys(flattened({name: found})))

    def found(self) -> dict[str, Sequence[str]]:
        """The columns of objects, and those that each becomes."""
        return {name: [*inner] for name, inner in self._names.items() if inner}


def opened(names: Sequence[str], objects: dict[str, Sequence[str]]) -> list[str]:
    """The names of the columns with those of objects in place of these."""
    every = (inner for name in names for inner in objects.get(name, (name,)))
    return [*dict.fromkeys(every)]


def open_objects(batch: RowBatch, objects: dict[str, Sequence[str]]) -> RowBatch:
    """The batch with a column for each field of its objects."""
    columns = {name: cells for name, cells in batch.columns.items() if name not in objects}
    for name, inner in objects.items():
        rows = [
            flattened({name: found}) if (found := _object_in(cell)) else {} for cell in batch.column(name)
        ]
        columns |= {one: [row.get(one) for row in rows] for one in inner if one not in columns}
    return replace(batch, columns=columns)


def _object_in(cell: object) -> dict[str, object] | None:
    text = cell.strip() if isinstance(cell, str) else ""
    if not (text.startswith("{") and text.endswith("}")):
        return None
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None
