"""Variants of one product: exports of shop systems spread a product over rows, which become items of a group.

A family looks at every row once (`learn`) before rows are changed (`apply`), so the order of rows decides
nothing.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from object2vec.ingest.exports.headings import key_of
from object2vec.ingest.exports.known import MAGENTO, SHOPIFY, WOOCOMMERCE
from object2vec.ingest.exports.parents import Parents
from object2vec.ingest.readers.batches import BadRow, RowBatch
from object2vec.ingest.rules import MAX_FIELDS

ITEM, GROUP = "\x1fid", "\x1fgroup"
"""Columns that a family adds: the item's id, and its group."""
_NO = ("false", "no", "0", "-1", "draft", "archived", "private", "unlisted", "nein", "entwurf")


@dataclass(frozen=True)
class Joined:
    """A batch after its rows were joined: items alone; `merged` rows became part of others."""

    batch: RowBatch
    merged: int


class Family(Protocol):
    """How one system spreads products over rows."""

    added: dict[str, None]
    """Columns that rows gain: options and attributes, known once all rows were learnt."""

    def learn(self, batch: RowBatch) -> None:
        """Notes what the rows say about each other."""

    def apply(self, batch: RowBatch) -> Joined:
        """Fills in what a row has from its parent."""


def family_of(export: str, names: Sequence[str], folder: Path, *, load_unpublished: bool) -> Family | None:
    """The family of an export, None where each row is an item."""
    kinds: Mapping[str, type[_Shopify | _WooCommerce | _Magento]] = {
        SHOPIFY: _Shopify,
        WOOCOMMERCE: _WooCommerce,
        MAGENTO: _Magento,
    }
    made = kinds.get(export)
    return None if made is None else made(names, Parents(folder), load_unpublished)


class _Rows:
    """One batch, by row; columns are found by the keys of their headings."""

    def __init__(self, batch: RowBatch, by_key: Mapping[str, str]) -> None:
        self.batch = batch
        self._by_key = by_key
        self.changed: dict[str, list[object]] = {}

    def text(self, key: str, place: int) -> str:
        name = self._by_key.get(key)
        if name is None:
            return ""
        value = self.changed[name][place] if name in self.changed else self.batch.column(name)[place]
        return str(value).strip() if value is not None else ""

    def put(self, name: str, place: int, value: object) -> None:
        if name not in self.changed:
            self.changed[name] = list(self.batch.column(name))
        self.changed[name][place] = value

    def fill(self, place: int, said: Mapping[str, object]) -> None:
        for name, value in said.items():
            now = self.changed[name][place] if name in self.changed else self.batch.column(name)[place]
            if now is None or now == "":
                self.put(name, place, value)

    def done(self, keep: Sequence[int], bad: Sequence[BadRow], merged: int) -> Joined:
        columns = {**self.batch.columns, **self.changed}
        whole = RowBatch(self.batch.lines, self.batch.raws, columns, self.batch.bad)
        return Joined(whole.only(keep, bad), merged)

    def bad(self, place: int, code: str) -> BadRow:
        return BadRow(self.batch.lines[place], code, self.batch.verbatim(place))


class _Base:
    own_columns: tuple[str, ...] = ()
    """Keys of columns (or their beginnings) that are a row's own and never come from its parent."""

    def __init__(self, names: Sequence[str], parents: Parents, load_unpublished: bool) -> None:
        self.added: dict[str, None] = {}
        self._names = names
        self._by_key = {key_of(name): name for name in reversed(names)}
        self._parents = parents
        self._load_unpublished = load_unpublished
        own = tuple(map(key_of, self.own_columns))
        self._shared = [name for name in names if not key_of(name).startswith(own)]

    def _said(self, batch: RowBatch, place: int) -> dict[str, object]:
        said = {name: batch.column(name)[place] for name in self._shared}
        return {name: value for name, value in said.items() if value not in (None, "")}

    def _add(self, name: str) -> str:
        if name not in self.added and len(self.added) < MAX_FIELDS:
            self.added[name] = None
        return name


class _Shopify(_Base):
    """Rows of a handle: the first has the product, each may have a variant, some have a picture alone."""

    own_columns = (
        "variant", "option1 value", "option2 value", "option3 value", "sku", "barcode", "price",
        "compare at price", "compareatprice", "image", "product image", "inventory", "weight value",
        "cost per item",
    )  # fmt: skip

    def _handle(self, rows: _Rows, place: int) -> str:
        return rows.text("handle", place) or rows.text(key_of("url handle"), place)

    def _is_variant(self, rows: _Rows, place: int) -> bool:
        keys = ("variant sku", "variant price", "option1 value", "sku", "price")
        return any(rows.text(key_of(key), place) for key in keys)

    def learn(self, batch: RowBatch) -> None:
        rows, found = _Rows(batch, self._by_key), []
        for place in range(len(batch)):
            title = rows.text("title", place)
            said = None
            if title:
                said = self._said(batch, place)
                said |= {
                    name: value
                    for key in ("image src", "product image url")
                    if (name := self._by_key.get(key_of(key))) and (value := batch.column(name)[place])
                }
                for number in (1, 2, 3):
                    option = rows.text(f"option{number}name", place)
                    if option and option != "Title":
                        self._add(option)
            found.append((self._handle(rows, place), int(self._is_variant(rows, place)), said))
        self._parents.add(found)

    def apply(self, batch: RowBatch) -> Joined:
        rows = _Rows(batch, self._by_key)
        handles = [self._handle(rows, place) for place in range(len(batch))]
        known = self._parents.get(handles)
        keep, bad, merged = [], [], 0
        for place, handle in enumerate(handles):
            count, said = known.get(handle, (0, {}))
            if not self._is_variant(rows, place) and (count or not rows.text("title", place)):
                merged += 1
                continue
            rows.fill(place, said)
            if not self._load_unpublished and self._is_hidden(rows, place):
                bad.append(rows.bad(place, "not_published"))
                continue
            options = self._options(rows, place)
            sku = rows.text(key_of("variant sku"), place) or rows.text("sku", place)
            single = "/".join([handle, *options]) if count > 1 else handle
            rows.put(ITEM, place, sku.lstrip("'") or single)
            rows.put(GROUP, place, handle)
            keep.append(place)
        return rows.done(keep, bad, merged)

    def _is_hidden(self, rows: _Rows, place: int) -> bool:
        said = [rows.text(key, place).lower() for key in ("published", key_of("published on online store"))]
        return any(word in _NO for word in [*said, rows.text("status", place).lower()])

    def _options(self, rows: _Rows, place: int) -> list[str]:
        values = []
        for number in (1, 2, 3):
            value = rows.text(f"option{number}value", place)
            name = rows.text(f"option{number}name", place)
            if value and name and name != "Title":
                rows.put(name, place, value)
                values.append(value)
        return values


class _WooCommerce(_Base):
    """A variable product has one row, each of its variations another that names it as `Parent`."""

    own_columns = (
        "id", "type", "sku", "parent", "name", "published", "regular price", "sale price", "attribute ",
        "stock",
        "in stock", "gtin", "weight", "length", "width", "height", "position", "date",
    )  # fmt: skip
    _ATTRIBUTE = re.compile(r"attribute(\d+)name")

    def __init__(self, names: Sequence[str], parents: Parents, load_unpublished: bool) -> None:
        super().__init__(names, parents, load_unpublished)
        self._attributes = {
            name: self._by_key.get(
                f"attribute{found[1]}values", self._by_key.get(f"attribute{found[1]}value", "")
            )
            for name in names
            if (found := self._ATTRIBUTE.match(key_of(name)))
        }

    def learn(self, batch: RowBatch) -> None:
        rows = _Rows(batch, self._by_key)
        found: list[tuple[str, int, Mapping[str, object] | None]] = []
        for place in range(len(batch)):
            kind = rows.text("type", place).lower()
            if "variation" in kind:
                found.append((rows.text("parent", place), 1, None))
            elif "variable" in kind:
                said = {
                    **self._said(batch, place),
                    "\x1fid": rows.text("id", place) or rows.text("sku", place),
                }
                found += [(key, 0, said) for key in self._keys(rows, place)]
            for name in self._attributes:
                if label := str(batch.column(name)[place] or "").strip():
                    self._add(label)
        self._parents.add(found)

    def apply(self, batch: RowBatch) -> Joined:
        rows = _Rows(batch, self._by_key)
        keys = [
            key
            for place in range(len(batch))
            for key in [*self._keys(rows, place), rows.text("parent", place)]
        ]
        known = self._parents.get([key for key in keys if key])
        keep, bad, merged = [], [], 0
        for place in range(len(batch)):
            kind = rows.text("type", place).lower()
            children = sum(known.get(key, (0, {}))[0] for key in self._keys(rows, place))
            if "variable" in kind and children:
                merged += 1
                continue
            if not self._load_unpublished and rows.text("published", place) in ("0", "-1"):
                bad.append(rows.bad(place, "not_published"))
                continue
            group = None
            if "variation" in kind and (parent := rows.text("parent", place)):
                said = dict(known.get(parent, (0, {}))[1])
                group = said.pop("\x1fid", None) or parent.removeprefix("id:")
                rows.fill(place, said)
            for name, values in self._attributes.items():
                label, value = (
                    str(batch.column(name)[place] or "").strip(),
                    str(batch.column(values)[place] or ""),
                )
                if label and value.strip():
                    pieces = [piece.strip() for piece in re.split(r"(?<!\\),", value)]
                    rows.put(label, place, pieces[0] if len(pieces) == 1 else pieces)
            rows.put(ITEM, place, rows.text("id", place) or rows.text("sku", place))
            rows.put(GROUP, place, group)
            keep.append(place)
        return rows.done(keep, bad, merged)

    def _keys(self, rows: _Rows, place: int) -> list[str]:
        number, sku = rows.text("id", place), rows.text("sku", place)
        return [key for key in (f"id:{number}" if number else "", sku) if key]


class _Magento(_Base):
    """A configurable product lists the simple ones that are its variants; attributes stand in one column."""

    own_columns = (
        "sku", "product type", "name", "price", "special price", "qty", "additional attributes",
        "configurable",
        "weight", "visibility", "product online", "store view code", "created", "updated", "url key",
        "associated", "is in stock",
    )  # fmt: skip
    _PAIR = re.compile(r'([A-Za-z0-9_]+)=(?:"((?:[^"]|"")*)"|(.*?))(?=,[A-Za-z0-9_]+=|$)', re.DOTALL)

    def learn(self, batch: RowBatch) -> None:
        rows = _Rows(batch, self._by_key)
        found: list[tuple[str, int, Mapping[str, object] | None]] = []
        for place in range(len(batch)):
            sku, parts = rows.text("sku", place), rows.text("configurablevariations", place)
            found.append((f"sku:{sku}", 1, None))
            if parts and not self._is_view(rows, place):
                said = self._said(batch, place)
                for part in parts.split("|"):
                    pairs = self._pairs(part)
                    child = pairs.pop("sku", "")
                    for name in pairs:
                        self._add(name)
                    found.append((f"child:{child}", 0, {"said": said, "group": sku, "pairs": pairs}))
            for name in self._pairs(rows.text("additionalattributes", place)):
                self._add(name)
        self._parents.add(found)

    def apply(self, batch: RowBatch) -> Joined:
        rows = _Rows(batch, self._by_key)
        places = range(len(batch))
        variants = [self._children(rows, place) for place in places]
        known = self._parents.get(
            [f"child:{rows.text('sku', place)}" for place in places]
            + [f"sku:{child}" for children in variants for child in children]
        )
        keep, bad, merged = [], [], 0
        for place in places:
            if self._is_view(rows, place) or any(f"sku:{child}" in known for child in variants[place]):
                merged += 1
                continue
            _, parent = known.get(f"child:{rows.text('sku', place)}", (0, {}))
            pairs: dict[str, object] = dict(self._pairs(rows.text("additionalattributes", place)))
            group = None
            if parent:
                said, more, group = parent["said"], parent["pairs"], parent["group"]
                assert isinstance(said, dict)
                assert isinstance(more, dict)
                rows.fill(place, said)
                pairs = {**pairs, **more}
            if not self._load_unpublished and self._is_hidden(rows, place, bool(parent)):
                bad.append(rows.bad(place, "not_published"))
                continue
            for name, value in pairs.items():
                pieces = [piece for piece in str(value).split("|") if piece]
                if pieces:
                    rows.put(name, place, pieces[0] if len(pieces) == 1 else pieces)
            rows.put(ITEM, place, rows.text("sku", place))
            rows.put(GROUP, place, group)
            keep.append(place)
        return rows.done(keep, bad, merged)

    def _is_view(self, rows: _Rows, place: int) -> bool:
        """A translation of another row: most of its columns are empty."""
        return rows.text("storeviewcode", place).lower() not in ("", "default", "all", "admin")

    def _is_hidden(self, rows: _Rows, place: int, has_parent: bool) -> bool:
        alone = "not visible" in rows.text("visibility", place).lower() and not has_parent
        return alone or rows.text("productonline", place) in ("2", "0")

    def _children(self, rows: _Rows, place: int) -> list[str]:
        parts = rows.text("configurablevariations", place)
        return [self._pairs(part).get("sku", "") for part in parts.split("|")] if parts else []

    def _pairs(self, text: str) -> dict[str, str]:
        return {
            found[1]: (found[2] or found[3] or "").replace('""', '"') for found in self._PAIR.finditer(text)
        }
