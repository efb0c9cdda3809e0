"""Which export spreads a product over rows, and how these become items of a group."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from object2vec.ingest.exports.export_table import (
    BIGCOMMERCE,
    BIGCOMMERCE_3,
    ECWID,
    MAGENTO,
    MAGENTO_1,
    SHOPIFY,
    SQUARESPACE,
    WIX,
    WOOCOMMERCE,
)
from object2vec.ingest.exports.families.family import Family, FamilyContext, OneRowEach
from object2vec.ingest.exports.families.magento import MagentoFamily
from object2vec.ingest.exports.families.magento_1 import Magento1Family
from object2vec.ingest.exports.families.variant_rows import (
    BigCommerce3Family,
    BigCommerceFamily,
    EcwidFamily,
    ShopifyFamily,
    SquarespaceFamily,
    WixFamily,
)
from object2vec.ingest.exports.families.woocommerce import WooCommerceFamily
from object2vec.ingest.exports.layout import CatalogExport
from object2vec.ingest.exports.parents import Parents

_FAMILIES: Mapping[str, type[OneRowEach]] = {
    SHOPIFY: ShopifyFamily,
    WOOCOMMERCE: WooCommerceFamily,
    MAGENTO: MagentoFamily,
    MAGENTO_1: Magento1Family,
    ECWID: EcwidFamily,
    BIGCOMMERCE: BigCommerceFamily,
    BIGCOMMERCE_3: BigCommerce3Family,
    SQUARESPACE: SquarespaceFamily,
    WIX: WixFamily,
}


def family_of(
    export: CatalogExport | None,
    names: Sequence[str],
    folder: Path,
    *,
    load_unpublished: bool,
    ids: Sequence[str] = (),
) -> Family | None:
    """The family of an export; None where each row is an item as it stands. `ids` are the columns that the
    shop says make the id, in place of the system's own."""
    if export is None or not (export.name in _FAMILIES or export.hidden):
        return None
    made = _FAMILIES.get(export.name, OneRowEach)
    return made(FamilyContext(export, names, Parents(folder), load_unpublished, ids))
