"""WooCommerce: a variable product has one row, each of its variations another that names it as `Parent`."""

import re
from collections.abc import Mapping

from object2vec.ingest.exports.families.family import (
    GROUP,
    ITEM,
    FamilyContext,
    FamilyRows,
    Joined,
    OneRowEach,
)
from object2vec.ingest.readers.batches import RowBatch

_PARENT_ID = "\x1fid"
_ATTRIBUTE = re.compile(r"attribute(\d+)name")
_TEXTS = ("description", "shortdescription")


class WooCommerceFamily(OneRowEach):
    """Variations take from their parent what they do not say; attributes are stored under their names."""

    own_columns = (
        "id", "type", "sku", "parent", "name", "published", "regularprice", "saleprice", "attribute", "stock",
        "instock", "gtin", "weight", "length", "width", "height", "position", "date",
    )  # fmt: skip

    def __init__(self, context: FamilyContext) -> None:
        super().__init__(context)
        self.made["group"] = self._columns("parent")
        self._attributes = {
            name: self._by_key.get(f"attribute{n}values", self._by_key.get(f"attribute{n}value", ""))
            for name in self._names
            if (found := _ATTRIBUTE.match(self._key(name))) and (n := found[1])
        }

    def learn(self, batch: RowBatch) -> None:
        rows = FamilyRows(batch, self._by_key)
        found: list[tuple[str, int, Mapping[str, object] | None]] = []
        for place in range(len(batch)):
            kind = rows.text("type", place).lower()
            if "variation" in kind:
                found.append((rows.text("parent", place), 1, None))
            elif "variable" in kind:
                usual = rows.first(place, "id", "sku")
                own = self._item_id(rows, place, usual) or usual
                inherited = {**self._inherited(batch, place), _PARENT_ID: own}
                found += [(key, 0, inherited) for key in self._own_keys(rows, place)]
            for name in self._attributes:
                if label := str(batch.column(name)[place] or "").strip():
                    self._add(label)
        self._parents.add(found)

    def apply(self, batch: RowBatch) -> Joined:
        rows = FamilyRows(batch, self._by_key)
        places = range(len(batch))
        keys = [key for place in places for key in (*self._own_keys(rows, place), rows.text("parent", place))]
        known = self._parents.get([key for key in keys if key])
        keep, bad, merged = [], [], 0
        for place in places:
            kind = rows.text("type", place).lower()
            children = sum(known.get(key, (0, {}))[0] for key in self._own_keys(rows, place))
            if "variable" in kind and children:
                merged += 1
                continue
            if self._is_hidden(rows, place):
                bad.append(rows.bad(place, "not_published"))
                continue
            group = None
            if "variation" in kind and (parent := rows.text("parent", place)):
                inherited = dict(known.get(parent, (0, {}))[1])
                group = inherited.pop(_PARENT_ID, None) or parent.removeprefix("id:")
                rows.fill(place, inherited)
            self._put_attributes(rows, place)
            for name in self._columns(*_TEXTS):
                if "\\n" in str(text := rows.value(name, place)):
                    rows.put(name, place, str(text).replace("\\n", "\n"))  # as its export writes a line end
            rows.put(ITEM, place, self._item_id(rows, place, rows.first(place, "id", "sku")))
            rows.put(GROUP, place, group)
            keep.append(place)
        return rows.joined(keep, bad, merged)

    def _put_attributes(self, rows: FamilyRows, place: int) -> None:
        for name, values in self._attributes.items():
            label, value = (str(rows.value(column, place) or "").strip() for column in (name, values))
            if label and value:
                pieces = [piece.strip() for piece in re.split(r"(?<!\\),", value)]
                rows.put(label, place, pieces[0] if len(pieces) == 1 else pieces)

    def _own_keys(self, rows: FamilyRows, place: int) -> list[str]:
        number, sku = rows.text("id", place), rows.text("sku", place)
        return [key for key in (f"id:{number}" if number else "", sku) if key]
