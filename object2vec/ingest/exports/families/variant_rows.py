"""Systems that write a product and its variants under each other: Shopify, Wix, Squarespace, Ecwid,
BigCommerce.

The row with a title is the product. A row may be a variant, the product itself, both, or a picture alone.
"""

import re
from abc import ABC, abstractmethod

from object2vec.ingest.cells import numbers
from object2vec.ingest.exports.families.family import (
    AVAILABILITY,
    GROUP,
    ITEM,
    FamilyContext,
    FamilyRows,
    Joined,
    OneRowEach,
)
from object2vec.ingest.readers.batches import RowBatch

Options = list[tuple[str, str]]
_OPTIONS = "\x1foptions"
_NO_OPTION = ("", "Title")
"""Shopify's names for the option of a product without any."""


class VariantRows(OneRowEach, ABC):
    """A product has a handle, which its rows name, or which stands on its first row alone."""

    handle: tuple[str, ...] = ()
    title = "title"
    pictures: tuple[str, ...] = ()
    """Columns of the product's pictures, which may stand in rows of their own."""
    picture_order = ""
    stock: tuple[str, ...] = ()
    """Columns that say how many there are, or whether there are any."""

    def __init__(self, context: FamilyContext) -> None:
        super().__init__(context)
        self._above = {"learn": "", "apply": ""}
        self.made["group"] = self._columns(*self.handle)
        if stock := self._columns(*self.stock):
            self.made["availability"] = stock

    def learn(self, batch: RowBatch) -> None:
        rows = FamilyRows(batch, self._by_key)
        handles = self._handles(rows, "learn")
        found = []
        pictures: list[tuple[str, int, str]] = []
        for place, handle in enumerate(handles):
            inherited = self._inherited(batch, place) if self._is_product(rows, place) else None
            for name, _ in self._options(rows, place):
                self._add(name)
            found.append((handle, int(self._is_variant(rows, place)), inherited))
            order = rows.text(self.picture_order, place)
            pictures += [
                (handle, int(order) if order.isdecimal() else int(inherited is None), url)
                for name in self._columns(*self.pictures)
                if (url := str(rows.value(name, place) or "").strip())
            ]
        self._parents.add(found)
        self._parents.gather(pictures)

    def apply(self, batch: RowBatch) -> Joined:
        rows = FamilyRows(batch, self._by_key)
        handles = self._handles(rows, "apply")
        known, pictures = self._parents.get(handles), self._parents.gathered(handles)
        keep, bad, merged = [], [], 0
        for place, handle in enumerate(handles):
            count, inherited = known.get(handle, (0, {}))
            if not handle and not inherited and not self._is_product(rows, place):
                bad.append(rows.bad(place, "missing_product"))
                continue
            if not self._is_variant(rows, place) and (count or not self._is_product(rows, place)):
                merged += 1
                continue
            rows.fill(place, inherited)
            if self._is_hidden(rows, place) or self._is_hidden_by(inherited):
                bad.append(rows.bad(place, "not_published"))
                continue
            options = [(name, value) for name, value in self._options(rows, place) if value]
            for name, value in options:
                rows.put(name, place, value)
            single = "/".join([handle, *(value for _, value in options)]) if count > 1 else handle
            rows.put(GROUP, place, handle)
            self._finish(rows, place)
            usual = self._own_id(rows, place) or single
            is_handle = {*self._ids} <= {*self._columns(*self.handle)}  # which all variants share
            rows.put(ITEM, place, single if self._ids and is_handle else self._item_id(rows, place, usual))
            if "availability" in self.made:
                rows.put(AVAILABILITY, place, self._availability(rows, place))
            for name in self._columns(*self.pictures)[:1]:
                rows.put(name, place, pictures.get(handle))
            keep.append(place)
        return rows.joined(keep, bad, merged)

    def _handles(self, rows: FamilyRows, turn: str) -> list[str]:
        """The product of each row: the one that it names, else the one above."""
        handles = []
        for place in range(len(rows.batch)):
            self._above[turn] = rows.first(place, *self.handle) or self._above[turn]
            handles.append(self._above[turn])
        return handles

    def _is_product(self, rows: FamilyRows, place: int) -> bool:
        """Whether the row describes the product as a whole."""
        return bool(rows.text(self.title, place))

    @abstractmethod
    def _is_variant(self, rows: FamilyRows, place: int) -> bool:
        """Whether the row describes something that can be bought."""

    @abstractmethod
    def _options(self, rows: FamilyRows, place: int) -> Options:
        """The options that tell the variant of a row from its sisters."""

    def _own_id(self, rows: FamilyRows, place: int) -> str:
        """The id that the shop gave the variant, '' for none."""
        return rows.text("sku", place)

    def _finish(self, rows: FamilyRows, place: int) -> None:
        """Mends the rest of a row that is kept."""

    def _availability(self, rows: FamilyRows, place: int) -> str | None:
        left = rows.first(place, *self.stock).lower()
        if not left:
            return None
        number = re.fullmatch(r"-?\d+(?:\.0*)?", left)
        return (
            "in stock"
            if (float(left) > 0 if number else left in ("unlimited", "instock"))
            else "out of stock"
        )


class ShopifyFamily(VariantRows):
    """Columns of both of Shopify's exports, the one until 2024 and the one since."""

    own_columns = (
        "variant", "option1value", "option2value", "option3value", "sku", "barcode", "price",
        "compareatprice", "image", "productimage", "inventory", "weightvalue", "costperitem",
    )  # fmt: skip
    handle = ("handle", "urlhandle")
    pictures = ("imagesrc", "productimageurl")
    picture_order = "imageposition"
    stock = ("variantinventoryqty", "inventoryquantity")

    def _is_variant(self, rows: FamilyRows, place: int) -> bool:
        return bool(rows.first(place, "variantsku", "variantprice", "option1value", "sku", "price"))

    def _options(self, rows: FamilyRows, place: int) -> Options:
        pairs = [(rows.text(f"option{n}name", place), rows.text(f"option{n}value", place)) for n in (1, 2, 3)]
        return [(name, value) for name, value in pairs if name not in _NO_OPTION]

    def _own_id(self, rows: FamilyRows, place: int) -> str:
        return rows.first(place, "variantsku", "sku").lstrip("'")  # which keeps spreadsheets from rounding it

    def _finish(self, rows: FamilyRows, place: int) -> None:
        for name in self._columns("variantbarcode", "barcode", "variantsku", "sku"):
            rows.put(name, place, rows.text(self._key(name), place).lstrip("'") or None)

    def _availability(self, rows: FamilyRows, place: int) -> str | None:
        """What is not counted, or sold on when there is none left, can be bought."""
        tracked = rows.first(place, "variantinventorytracker", "inventorytracker")
        policy = rows.first(place, "variantinventorypolicy", "continuesellingwhenoutofstock").lower()
        if policy in ("continue", "true") or not tracked:
            return "in stock"
        return super()._availability(rows, place)


class SquarespaceFamily(VariantRows):
    """The product's columns are filled on the row of its first variant alone."""

    own_columns = ("variantid", "sku", "optionvalue", "price", "saleprice", "onsale", "stock", "weight",
                   "length", "width", "height", "hostedimageurls")  # fmt: skip
    handle = ("productid",)
    pictures = ("hostedimageurls",)
    stock = ("stock",)

    def _is_variant(self, rows: FamilyRows, place: int) -> bool:
        return bool(rows.first(place, "variantid", "sku", "price"))

    def _options(self, rows: FamilyRows, place: int) -> Options:
        pairs = [
            (rows.text(f"optionname{n}", place), rows.text(f"optionvalue{n}", place)) for n in range(1, 7)
        ]
        return [(name, value) for name, value in pairs if name]


class WixFamily(VariantRows):
    """A row says in `fieldType` whether it is a product or a variant. Its price was a surcharge until 2025
    and is its own since."""

    own_columns = ("sku", "surcharge", "inventory", "fieldtype", "productoptiondescription", "handle",
                   "productoptionchoices", "cost", "weight", "productimageurl", "media")  # fmt: skip
    handle = ("handleid", "handle")
    title = "name"
    pictures = ("productimageurl", "media")
    stock = ("inventory",)

    def _is_variant(self, rows: FamilyRows, place: int) -> bool:
        return rows.text("fieldtype", place).lower() == "variant"

    def _options(self, rows: FamilyRows, place: int) -> Options:
        values = ("productoptiondescription", "productoptionchoices")
        pairs = [
            (rows.text(f"productoptionname{n}", place), rows.first(place, *(f"{one}{n}" for one in values)))
            for n in range(1, 7)
        ]
        return [(name, value) for name, value in pairs if name]

    def _finish(self, rows: FamilyRows, place: int) -> None:
        price, more = (numbers.parse_alone(rows.text(key, place)) for key in ("price", "surcharge"))
        if price is not None and more:
            rows.put(self._columns("price")[0], place, round(price + more, 4))


class EcwidFamily(VariantRows):
    """A row says in `type` whether it is a product, one value of an option, or a variant; the columns of a
    variant begin with a word for it."""

    own_columns = ("type", "productsku", "productquantity", "productvariation", "productoption")
    handle = ("productinternalid",)
    title = "productname"
    stock = ("productvariationquantity", "productquantity")
    option = "product_variation_option_"

    def _is_product(self, rows: FamilyRows, place: int) -> bool:
        return rows.text("type", place).lower() == "product"

    def _is_variant(self, rows: FamilyRows, place: int) -> bool:
        return rows.text("type", place).lower() == "product_variation"

    def _options(self, rows: FamilyRows, place: int) -> Options:
        return [
            (name.removeprefix(self.option), str(rows.value(name, place) or "").strip())
            for name in self._names
            if name.startswith(self.option)
        ]

    def _own_id(self, rows: FamilyRows, place: int) -> str:
        return rows.first(place, "productvariationsku" if self._is_variant(rows, place) else "productsku")

    def _finish(self, rows: FamilyRows, place: int) -> None:
        for own, name in (("productvariationprice", "productprice"), ("productvariationsku", "productsku")):
            if own_value := rows.text(own, place):
                rows.put(self._columns(name)[0], place, own_value)

    def _availability(self, rows: FamilyRows, place: int) -> str | None:
        """What is not counted can be bought."""
        is_counted = rows.text("productisinventorytracked", place).lower() != "false"
        return super()._availability(rows, place) if is_counted else "in stock"


class BigCommerceFamily(VariantRows):
    """Rows of type SKU stand under their product and have no id of their own but their code."""

    own_columns: tuple[str, ...] = ("itemtype", "productid", "productcodesku", "productupcean",
                   "currentstocklevel", "productimage")  # fmt: skip
    handle = ("productid",)
    title = "productname"
    pictures = tuple(f"productimagefile{n}" for n in range(1, 10))
    type, variant, options, code = "itemtype", "sku", title, "productcodesku"
    option = re.compile(r"\[[^\]]*\]([^=,]+)=([^,]*)")  # [S]Size=L,[C]Colour=Red

    def _handles(self, rows: FamilyRows, turn: str) -> list[str]:
        handles = []
        for place in range(len(rows.batch)):
            if rows.text(self.type, place).lower() == "product":
                self._above[turn] = rows.first(place, *self.handle)
            else:
                rows.put(_OPTIONS, place, rows.text(self.options, place))
                rows.put(self._columns(self.title)[0], place, None)  # in the form with SKUs it holds options
            handles.append(self._above[turn])
        return handles

    def _is_variant(self, rows: FamilyRows, place: int) -> bool:
        return rows.text(self.type, place).lower() == self.variant

    def _options(self, rows: FamilyRows, place: int) -> Options:
        found = self.option.findall(str(rows.value(_OPTIONS, place) or ""))
        return [(name.strip(), value.strip()) for name, value in found]

    def _own_id(self, rows: FamilyRows, place: int) -> str:
        return rows.first(place, *([self.code] if self._is_variant(rows, place) else self.handle))


class BigCommerce3Family(BigCommerceFamily):
    """The form since 2022: below a product come its variants and, in rows of their own, its pictures."""

    own_columns = ("item", "id", "sku", "options", "currentstock", "upcean", "internalimageurlexport",
                   "imageurlimport")  # fmt: skip
    handle = ("id",)
    title = "name"
    pictures = ("internalimageurlexport", "imageurlimport")
    type, variant, options, code = "item", "variant", "options", "sku"
    option = re.compile(r"Name=([^|]+)\|Value=(.*?)(?:\[[^\]]*\])?(?=;|Type=|$)")
