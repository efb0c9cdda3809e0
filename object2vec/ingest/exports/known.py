"""The exports that are recognised by their columns, most specific first."""

from collections.abc import Iterable

from object2vec.ingest.exports.headings import is_person, key_of
from object2vec.ingest.exports.layout import CatalogExport
from object2vec.ingest.rules import FileError


def _keys(names: str) -> frozenset[str]:
    return frozenset(key_of(name.strip()) for name in names.split("|"))


def _roles(**names: str) -> dict[str, list[str]]:
    return {role: [key_of(name.strip()) for name in said.split("|")] for role, said in names.items()}


def _unused(*starts: tuple[str, str]) -> dict[str, str]:
    return {key_of(name.strip()): why for names, why in starts for name in names.split("|")}


_RELATED = "ids of other items: what goes together is learnt from interactions"
_SETTING = "a setting of the shop system, not of the product"

SHOPIFY, WOOCOMMERCE, MAGENTO = "Shopify products", "WooCommerce products", "Magento products"
GOOGLE, PERSONALIZE = "Google Merchant Center feed", "Amazon Personalize items"
AMAZON, MOVIELENS, SCHEMA_ORG = "Amazon review data, products", "MovieLens films", "schema.org products"

EXPORTS = (
    CatalogExport(
        SHOPIFY,
        _keys("title"),
        _keys("body html | variant price | variant sku | option1 value | url handle"),
        _roles(
            id="variant sku | sku", title="title", description="body html | description", brand="vendor",
            category="type | product category", price="variant price | price", url="url",
            image="variant image | variant image url | image src | product image url",
            availability="availability",
        ),
        _unused(
            ("variant inventory tracker | variant inventory policy | inventory tracker", _SETTING),
            ("variant fulfillment service | fulfillment service | variant requires shipping | variant taxable"
             " | requires shipping | charge tax | variant tax code | gift card | image position"
             " | option1 linked to | option2 linked to | option3 linked to"
             " | continue selling when out of stock", _SETTING),
            ("option1 name | option2 name | option3 name | option1 value | option2 value | option3 value",
             "stored under the name of the option"),
            ("cost per item", "what the shop pays is not for shoppers"),
            ("handle | url handle", "stored as group"),
            ("published | status", "drafts and archived products are left out"),
        ),
        lists={"tags": ","},
    ),
    CatalogExport(
        WOOCOMMERCE,
        _keys("type | sku | name"),
        _keys("published | regular price | categories | parent | visibility in catalog"),
        _roles(
            id="id | sku", title="name", description="description | short description",
            brand="brands | brand", category="categories", price="regular price | price",
            image="images", availability="in stock?",
            url="permalink | external url", group="group",
        ),
        _unused(
            ("tax status | tax class | backorders allowed? | sold individually? | allow customer reviews?"
             " | purchase note | download limit | download expiry days | position | shipping class"
             " | low stock amount | is featured? | visibility in catalog", _SETTING),
            ("upsells | cross-sells | grouped products", _RELATED),
            ("attribute ", "stored under the name of the attribute"),
            ("parent", "stored as group"),
            ("type", "simple products and variations are items, variable ones their group"),
            ("published", "drafts and private products are left out"),
            ("meta: ", "internal data of a plug-in; name it in uploads/mapping.json to store it"),
        ),
        several=",", lists={"tags": ","},
    ),
    CatalogExport(
        MAGENTO,
        _keys("sku | product type"),
        _keys("attribute set code | additional attributes | store view code | configurable variations"),
        _roles(
            id="sku", title="name", description="description | short description", category="categories",
            price="price", image="base image | image | thumbnail image", brand="manufacturer | brand",
            availability="is in stock", url="url", group="group",
        ),
        _unused(
            ("attribute set code | product websites | tax class name | product online"
             " | visibility", _SETTING),
            ("store view code", _SETTING),
            ("display product options in | custom design | custom layout | page layout"
             " | gift message available | use config | out of stock qty | min cart qty"
             " | max cart qty | notify on stock below"
             " | manage stock | qty increments | enable qty increments | is decimal divided"
             " | is qty decimal | website id"
             " | allow backorders | map enabled | map price | msrp display | product options container",
             _SETTING),
            ("related skus | related position | crosssell skus | crosssell position | upsell skus"
             " | upsell position | associated skus | bundle values", _RELATED),
            ("additional attributes", "stored under the names of the attributes"),
            ("configurable variation", "stored as group"),
            ("product type", "simple products are items, configurable ones their group"),
        ),
        path="/", several=",", root="Default Category",
    ),
    CatalogExport(
        AMAZON,
        frozenset(),
        _keys("asin | parent asin"),
        _roles(
            id="asin | parent asin", title="title", description="description | feature | features",
            brand="brand | store", category="categories | category | main category | main cat", price="price",
            image="im url | image | images.large | image url high res | image url",
        ),
        _unused(
            ("related. | also buy | also view | also bought | also viewed | bought together | similar item",
             _RELATED),
            ("tech1 | tech2 | videos", "markup of the page"),
        ),
    ),
    CatalogExport(
        MOVIELENS,
        _keys("movie id | title"),
        frozenset(),
        _roles(id="movie id", title="title", category="genres"),
        lists={"": "|"},
    ),
    CatalogExport(
        GOOGLE,
        _keys("id | title"),
        _keys("image link | availability | google product category | item group id | condition"),
        _roles(
            id="id", title="title", description="description", brand="brand",
            category="product type | google product category", price="price", image="image link", url="link",
            group="item group id", availability="availability",
        ),
    ),
    CatalogExport(
        PERSONALIZE,
        _keys("item id"),
        _keys("genres | genre | creation timestamp | category l1 | price | product description | category"),
        _roles(
            id="item id", title="title | name | product name | item name",
            description="product description | description | item description",
            brand="brand", category="category l1 | category | categories | genres | genre", price="price",
        ),
        lists={"": "|"}, times=_keys("creation timestamp"),
    ),
)  # fmt: skip


def export_of(names: Iterable[str]) -> CatalogExport | None:
    """The system that wrote a file with these columns, None if none is known. Raises FileError for files that
    belong elsewhere."""
    keys = frozenset(map(key_of, names))
    _refuse_logs(names, keys)
    if key_of("item id") in keys and _keys("title | name") & keys and not _keys("creation timestamp") & keys:
        return next((one for one in EXPORTS if one.name != PERSONALIZE and one.fits(keys)), None)
    return next((one for one in EXPORTS if one.fits(keys) and _is_certain(one, keys)), None)


def _is_certain(export: CatalogExport, keys: frozenset[str]) -> bool:
    if export.name != SHOPIFY:
        return True
    return bool(_keys("handle | url handle") & keys)


def _refuse_logs(names: Iterable[str], keys: frozenset[str]) -> None:
    people = [name for name in names if is_person(name)]
    words = "title | name | text | label | description | product description"
    if not people or _keys(words) & keys:
        return
    if _keys("item id | movie id | asin | product id") & keys:
        kind = (
            "search log or interactions"
            if key_of("query") in keys or key_of("tag") in keys
            else "interactions"
        )
        raise FileError(
            "not_a_catalogue",
            f"The file has shoppers (`{people[0]}`) and items, so it is a log: upload it to "
            f"uploads/interactions/ or uploads/queries/ ({kind}), not to uploads/catalog/.",
        )
    raise FileError(
        "not_a_catalogue",
        f"The file describes shoppers (`{people[0]}`), as Amazon Personalize's users do. Nothing of it is "
        "used: the model knows shoppers by what they do, so upload their interactions to "
        "uploads/interactions/.",
    )
