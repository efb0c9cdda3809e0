"""Fields that are made of a role's cells in a way of their own: categories and pictures."""

import re
from collections.abc import Sequence

from object2vec.ingest.cells.convert import as_text
from object2vec.ingest.cells.html import to_text
from object2vec.ingest.cells.lists import written_list, written_pictures
from object2vec.ingest.cells.words import is_missing
from object2vec.ingest.exports.layout import ExportLayout
from object2vec.ingest.rules import MAX_TEXT

Cells = Sequence[object]

_LEVELS = re.compile(r"\s*[>»›]\s*|\s+/\s+|\s*\|\s*|\s*::\s*")  # noqa: RUF001
"""Between the levels of a category, as people write them. A slash without spaces is part of a name."""
_URLS = re.compile(r"\s*[|;\s]\s*|,\s*(?=https?:|//|/)|,\s+")
_KNOWN = 10_000


class CategoryPaths:
    """The category of a cell, and all the levels that lead to it."""

    def __init__(self, layout: ExportLayout) -> None:
        self._layout = layout
        self._splits_lists = bool({*layout.roles.get("category", ())} & layout.lists.keys())
        self._lists_are_paths = layout.recognised.startswith("Amazon review")
        self._known: dict[str, list[list[str]]] = {}

    def fields(self, columns: Sequence[Cells]) -> dict[str, Cells]:
        """`category`, by the first column that says one; `categories`, all levels where there are more."""
        leaves: list[object] = []
        nodes: list[object] = []
        for cells in zip(*columns, strict=True):
            found = [paths for cell in cells if (paths := self._of(cell))]
            every = list(dict.fromkeys(level for paths in found for path in paths for level in path))
            leaves.append(max(found[0], key=len)[-1][:MAX_TEXT] if found else None)
            nodes.append(every if len(every) > 1 else None)
        return {"category": leaves, "categories": nodes}

    def _of(self, cell: object) -> list[list[str]]:
        if cell is None or cell == "":
            return []
        key = cell if isinstance(cell, str) else repr(cell)
        if key not in self._known:
            if len(self._known) >= _KNOWN:
                self._known.clear()
            paths = [path for text in self._paths(cell) if (path := self._levels(text))]
            self._known[key] = [path for path in paths if path != [self._layout.root]] or paths
        return self._known[key]

    def _paths(self, cell: object) -> list[list[str]]:
        if isinstance(cell, str) and (written := written_list(cell)) is not None:
            cell = list(written)
        if isinstance(cell, list):
            if cell and all(isinstance(entry, list) for entry in cell):
                return [[as_text(level) for level in path] for path in cell]
            texts = [as_text(entry) for entry in cell if entry not in (None, "")]
            return [texts] if self._lists_are_paths else [[text] for text in texts]
        text = as_text(cell)
        if is_missing(text):
            return []
        pieces = [text]
        if self._layout.several:
            pieces = re.split(rf"(?<!\\){re.escape(self._layout.several)}", text)
        elif self._splits_lists:
            pieces = text.split("|")
        return [[piece.replace("\\,", ",")] for piece in pieces if piece.strip()]

    def _levels(self, path: list[str]) -> list[str]:
        sign, root = self._layout.path, self._layout.root
        levels = [
            to_text(level.strip())
            for text in path
            for level in (text.split(sign) if sign else _LEVELS.split(to_text(text)))
            if level.strip()
        ]
        return levels[1:] if levels and levels[0] == root and len(levels) > 1 else levels


def picture_fields(columns: Sequence[Cells]) -> dict[str, Cells]:
    """`image`, the first one, and `images`, all where there are more."""
    found = [
        list(dict.fromkeys(url for cell in cells for url in _urls(cell)))
        for cells in zip(*columns, strict=True)
    ]
    return {
        "image": [urls[0] if urls else None for urls in found],
        "images": [urls if len(urls) > 1 else None for urls in found],
    }


def _urls(cell: object) -> list[str]:
    if cell is None or cell == "":
        return []
    if isinstance(cell, list):
        return [url for entry in cell for url in _urls(entry)]
    text = str(cell).strip()
    if (written := written_pictures(text)) is not None:
        return _urls(list(written))
    if not any(sign in text for sign in " ,|;"):
        return [text] if text else []
    return [piece for piece in _URLS.split(text) if piece]
