"""Magento, Adobe Commerce: a configurable product lists the simple ones that are its variants."""

import re
from collections.abc import Mapping, Sequence

from object2vec.core.wording import counted
from object2vec.ingest.exports.families.family import (
    GROUP,
    ITEM,
    FamilyContext,
    FamilyRows,
    Joined,
    OneRowEach,
)
from object2vec.ingest.readers.batches import RowBatch

_PAIR = re.compile(r'([A-Za-z0-9_]+)=(?:"((?:[^"]|"")*)"|(.*?))(?=,[A-Za-z0-9_]+=|$)', re.DOTALL)
_ALL_VIEWS = ("", "default", "all", "admin")


class MagentoFamily(OneRowEach):
    """Attributes stand in one column (`color=Red,size=S`) and are stored under their names."""

    own_columns = (
        "sku", "producttype", "name", "price", "specialprice", "qty", "additionalattributes", "configurable",
        "weight", "visibility", "productonline", "storeviewcode", "created", "updated", "urlkey",
        "associated", "isinstock",
    )  # fmt: skip

    def __init__(self, context: FamilyContext) -> None:
        super().__init__(context)
        self.made["group"] = self._columns("configurablevariations")
        self._translations = 0

    def learn(self, batch: RowBatch) -> None:
        rows = FamilyRows(batch, self._by_key)
        found: list[tuple[str, int, Mapping[str, object] | None]] = []
        for place in range(len(batch)):
            sku, parts = rows.text("sku", place), rows.text("configurablevariations", place)
            found.append((f"sku:{sku}", 1, None))
            if parts and not self._is_view(rows, place):
                inherited, group = self._inherited(batch, place), self._item_id(rows, place, sku) or sku
                for part in parts.split("|"):
                    pairs = _pairs(part)
                    child = pairs.pop("sku", "")
                    for name in pairs:
                        self._add(name)
                    found.append(
                        (f"child:{child}", 0, {"inherited": inherited, "group": group, "pairs": pairs})
                    )
            for name in _pairs(rows.text("additionalattributes", place)):
                self._add(name)
        self._parents.add(found)

    def apply(self, batch: RowBatch) -> Joined:
        rows = FamilyRows(batch, self._by_key)
        places = range(len(batch))
        variants = [_children(rows, place) for place in places]
        known = self._parents.get(
            [f"child:{rows.text('sku', place)}" for place in places]
            + [f"sku:{child}" for children in variants for child in children]
        )
        keep, bad, merged = [], [], 0
        for place in places:
            is_view = self._is_view(rows, place)
            if is_view or any(f"sku:{child}" in known for child in variants[place]):
                self._translations += is_view
                merged += 1
                continue
            _, parent = known.get(f"child:{rows.text('sku', place)}", (0, {}))
            pairs: dict[str, object] = dict(_pairs(rows.text("additionalattributes", place)))
            group = None
            if parent:
                inherited, more, group = parent["inherited"], parent["pairs"], parent["group"]
                assert isinstance(inherited, dict)
                assert isinstance(more, dict)
                rows.fill(place, inherited)
                pairs = {**pairs, **more}
            if self._is_hidden(rows, place) or self._stands_for_nothing(rows, place, bool(parent)):
                bad.append(rows.bad(place, "not_published"))
                continue
            for name, value in pairs.items():
                pieces = [piece for piece in str(value).split("|") if piece]
                if pieces:
                    rows.put(name, place, pieces[0] if len(pieces) == 1 else pieces)
            rows.put(ITEM, place, self._item_id(rows, place, rows.text("sku", place)))
            rows.put(GROUP, place, group)
            keep.append(place)
        return rows.joined(keep, bad, merged)

    def notes(self) -> Sequence[str]:
        if not self._translations:
            return ()
        return (
            f"{counted(self._translations, 'row')} of store views counted as merged; what is said there in "
            "other languages is not stored. Export one store view to search in its language.",
        )

    def _is_view(self, rows: FamilyRows, place: int) -> bool:
        """A translation of another row: most of its columns are empty."""
        return rows.text("storeviewcode", place).lower() not in _ALL_VIEWS

    def _stands_for_nothing(self, rows: FamilyRows, place: int, has_parent: bool) -> bool:
        if self._load_unpublished:
            return False
        return "not visible" in rows.text("visibility", place).lower() and not has_parent


def _children(rows: FamilyRows, place: int) -> list[str]:
    parts = rows.text("configurablevariations", place)
    return [_pairs(part).get("sku", "") for part in parts.split("|")] if parts else []


def _pairs(text: str) -> dict[str, str]:
    return {found[1]: (found[2] or found[3] or "").replace('""', '"') for found in _PAIR.finditer(text)}
