"""Magento 1: a product's further categories and its variants stand in rows without a SKU below it."""

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

_ALONE = "1"
"""Visibility of a product that the shop shows within another one alone."""


class Magento1Family(OneRowEach):
    """A configurable product names the simple ones that are its variants."""

    own_columns = (
        "sku", "type", "name", "price", "specialprice", "qty", "weight", "visibility", "status", "store",
        "created", "updated", "urlkey", "urlpath", "superproducts", "superattribute", "isinstock",
    )  # fmt: skip

    def __init__(self, context: FamilyContext) -> None:
        super().__init__(context)
        self.made["group"] = self._columns("superproductssku")
        self._above = {"learn": "", "apply": ""}

    def learn(self, batch: RowBatch) -> None:
        rows = FamilyRows(batch, self._by_key)
        found: list[tuple[str, int, Mapping[str, object] | None]] = []
        categories: list[tuple[str, int, str]] = []
        children: list[tuple[str, int, str]] = []
        for place, sku in enumerate(self._skus(rows, "learn")):
            if rows.text("sku", place):
                found.append((f"sku:{sku}", 0, self._inherited(batch, place)))
            if category := rows.text("category", place):
                categories.append((sku, batch.lines[place], category))
            if child := rows.text("superproductssku", place):
                option, value = (rows.text(f"superattribute{part}", place) for part in ("code", "option"))
                if option:
                    self._add(option)
                found += [
                    (f"child:{child}", 0, {"parent": sku}),
                    (f"option:{child}:{option}", 0, {option: value}),
                ]
                children.append((f"children:{sku}", batch.lines[place], child))
        self._parents.add(found)
        self._parents.gather([*categories, *children])

    def apply(self, batch: RowBatch) -> Joined:
        rows = FamilyRows(batch, self._by_key)
        skus = self._skus(rows, "apply")
        known = self._parents.get([f"child:{sku}" for sku in skus])
        parents = {sku: str(known.get(f"child:{sku}", (0, {}))[1].get("parent", "")) for sku in skus}
        inherited = self._parents.get([f"sku:{parent}" for parent in parents.values()])
        categories = self._parents.gathered([*skus, *parents.values()])
        children = self._parents.gathered([f"children:{sku}" for sku in skus])
        sold = self._parents.get([f"sku:{child}" for every in children.values() for child in every])
        options = self._parents.get([f"option:{sku}:{name}" for sku in skus for name in self.added])
        keep, bad, merged = [], [], 0
        for place, sku in enumerate(skus):
            has_variants = any(f"sku:{child}" in sold for child in children.get(f"children:{sku}", ()))
            if not rows.text("sku", place) or has_variants:
                merged += 1
                continue
            parent = parents[sku]
            if parent:
                rows.fill(place, inherited.get(f"sku:{parent}", (0, {}))[1])
            alone = rows.text("visibility", place) == _ALONE and not parent and not self._load_unpublished
            if alone or self._is_hidden(rows, place):
                bad.append(rows.bad(place, "not_published"))
                continue
            for name in self.added:
                rows.fill(place, options.get(f"option:{sku}:{name}", (0, {}))[1])
            for name in self._columns("category"):
                rows.put(name, place, categories.get(sku) or categories.get(parent))
            rows.put(ITEM, place, self._item_id(rows, place, sku))
            rows.put(GROUP, place, parent or None)
            keep.append(place)
        return rows.joined(keep, bad, merged)

    def _skus(self, rows: FamilyRows, turn: str) -> list[str]:
        """The SKU of each row: its own, else that of the product above."""
        skus = []
        for place in range(len(rows.batch)):
            self._above[turn] = rows.text("sku", place) or self._above[turn]
            skus.append(self._above[turn])
        return skus
