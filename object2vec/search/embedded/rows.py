"""Which row holds an item: the base's mapping, shared and unchanged, under the tail's."""

from collections.abc import Mapping, Sequence

from object2vec.core.catalog import CatalogItem
from object2vec.storage.item_log import Change


class RowNumbers:
    """Item id → row of its current state. Immutable."""

    def __init__(self, base: Mapping[str, int], tail: Mapping[str, int | None] | None = None) -> None:
        self._base, self._tail = base, tail or {}

    def get(self, item_id: str) -> int | None:
        """The item's row; None if there is no such item (any more)."""
        if item_id in self._tail:
            return self._tail[item_id]
        return self._base.get(item_id)

    def base_row(self, item_id: str) -> int | None:
        """The item's row in the base, whatever became of it."""
        return self._base.get(item_id)

    def changed(self, changes: Sequence[Change], first_row: int) -> tuple["RowNumbers", list[int]]:
        """After the changes, each upsert taking the next row; and the rows that became stale."""
        tail, row, stale = dict(self._tail), first_row, []
        for change in changes:
            current = tail[change.id] if change.id in tail else self._base.get(change.id)
            if current is not None:
                stale.append(current)
            if isinstance(change, CatalogItem):
                tail[change.id] = row
                row += 1
            else:
                tail[change.id] = None
        return RowNumbers(self._base, tail), stale
