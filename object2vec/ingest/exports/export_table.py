"""The exports that are recognised by their columns, most specific first: what each calls its fields."""

from object2vec.ingest.exports.headings import key_of, key_without_language, short_key
from object2vec.ingest.exports.layout import CatalogExport, Reduction
from object2vec.ingest.exports.woocommerce_headings import woocommerce_key


def keys(names: str) -> frozenset[str]:
    """The keys of headings between bars."""
    return frozenset(key_of(name.strip()) for name in names.split("|"))


def _roles(**names: str) -> dict[str, list[str]]:
    return {role: [key_of(name.strip()) for name in said.split("|")] for role, said in names.items()}


def _unused(*starts: tuple[str, str]) -> dict[str, str]:
    return {key_of(name.strip()): why for names, why in starts for name in names.split("|")}


def _hidden(**words: str) -> dict[str, frozenset[str]]:
    return {key_of(name.replace("_", " ")): frozenset(said.split("|")) for name, said in words.items()}


_NO = "false|no|n|0"
_RELATED = "ids of other items: what goes together is learnt from interactions"
_SETTING = "a setting of the shop system, not of the product"

SHOPIFY, WOOCOMMERCE, MAGENTO = "Shopify products", "WooCommerce products", "Magento products"
GOOGLE, PERSONALIZE = "Google Merchant Center feed", "Amazon Personalize items"
AMAZON, MOVIELENS, SCHEMA_ORG = "Amazon review data, products", "MovieLens films", "schema.org products"
BIGCOMMERCE, PRESTASHOP, SQUARESPACE = "BigCommerce products", "PrestaShop products", "Squarespace products"
SHOPWARE = "Shopware 5 products"
BIGCOMMERCE_3, SHOPWARE_6, OXID = "BigCommerce products (version 3)", "Shopware 6 products", "OXID products"
COMMERCETOOLS, ODOO, VEND = "commercetools products", "Odoo products", "Lightspeed Retail (X-Series) products"
AMAZON_LISTINGS, CS_CART, OPENCART = "Amazon listings", "CS-Cart products", "OpenCart products"
WIX, ETSY, EBAY, LIGHTSPEED = "Wix products", "Etsy listings", "eBay listings", "Lightspeed products"
MAGENTO_1, ECWID, GAMBIO = "Magento 1 products", "Ecwid products", "Gambio products"

EXPORTS = (
    CatalogExport(
        SHOPIFY,
        keys("title"),
        keys("body html | variant price | variant sku | option1 value | url handle"),
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
             " | continue selling when out of stock | included /", _SETTING),
            ("option1 name | option2 name | option3 name | option1 value | option2 value | option3 value",
             "stored under the name of the option"),
            ("cost per item", "what the shop pays is not for shoppers"),
            ("handle | url handle", "stored as group"),
            ("published | status", "drafts and archived products are left out"),
        ),
        lists={"tags": ","}, gathered=frozenset({"image", "category"}), path=">",
        hidden=_hidden(published=_NO, published_on_online_store=_NO, status="draft|archived|unlisted"),
    ),
    CatalogExport(
        WOOCOMMERCE,
        keys("type | sku | name"),
        keys("published | regular price | parent | visibility in catalog"),
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
        several=",", lists={"tags": ","}, gathered=frozenset({"description"}), path=">",
        hidden=_hidden(published="0|-1"), key=woocommerce_key,
    ),
    CatalogExport(
        MAGENTO,
        keys("sku | product type"),
        keys("attribute set code | additional attributes | store view code | configurable variations"),
        _roles(
            id="sku", title="name", description="description | short description", category="categories",
            price="price", brand="manufacturer | brand",
            image="base image | image | thumbnail image | additional images",
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
        path="/", several=",", root="Default Category", gathered=frozenset({"image", "description"}),
        hidden=_hidden(product_online="0|2"),
    ),
    CatalogExport(
        MAGENTO_1,
        keys("sku | type | attribute set"),
        keys("root category | super products sku | product websites"),
        _roles(
            id="sku", title="name", description="description | short description", category="category",
            price="price", brand="manufacturer | brand",
            image="image | small image | thumbnail | media image", availability="is in stock",
        ),
        _unused(
            ("store | attribute set | root category | product websites | tax class id | options container"
             " | has options | required options | custom design | custom layout | page layout | use config"
             " | min qty | min sale qty | max sale qty | is qty decimal | backorders | notify stock qty"
             " | manage stock | stock status changed | qty increments | enable qty increments"
             " | is decimal divided | gift message available | msrp | media", _SETTING),
            ("status", "products that are off are left out"),
            ("visibility", "products that are shown within others alone are left out"),
            ("links related | links crosssell | links upsell | associated", _RELATED),
            ("super ", "stored as group, and under the name of the option"),
            ("cost", "what the shop pays is not for shoppers"),
            ("type", "simple products are items, configurable ones their group"),
        ),
        path="/", gathered=frozenset({"image", "description"}), hidden=_hidden(status="2"),
    ),
    CatalogExport(
        ECWID,
        keys("type | product name | product internal id"),
        keys("product variation sku | product option name | product is available"),
        _roles(
            id="product sku | product internal id", title="product name", description="product description",
            brand="product brand", price="product price",
            category=" | ".join(f"product category {n}" for n in range(1, 11)),
            image="product media main image url | product media gallery image url 1"
            " | product media gallery image url 2 | product media gallery image url 3",
        ),
        _unused(
            ("type", "products and their variants are items, other rows are parts of them"),
            ("product internal id", "stored as group"),
            ("product variation option", "stored under the name of the option"),
            ("product option", "values of options: those of a variant are stored"),
            ("product variation sku", "the id of a variant"), ("product variation price", "its price"),
            ("product is available", "products that are off are left out"),
            ("product is inventory tracked | product quantity | product variation quantity",
             "stored as availability"),
            ("product is featured | product tax class | product shipping", _SETTING),
            ("product cost price", "what the shop pays is not for shoppers"),
            ("product related", _RELATED),
        ),
        path="/", gathered=frozenset({"category", "image"}), hidden=_hidden(product_is_available=_NO),
    ),
    CatalogExport(
        GAMBIO,
        keys("p model | p price no tax | p tax"),
        frozenset(),
        _roles(
            id="p id | p model", title="p name", description="p desc | p shortdesc", brand="p manufacturer",
            category=" | ".join(["p cat", *(f"p cat.{n}" for n in range(5, -1, -1))]),  # the deepest first
            price="p price no tax",
            image=" | ".join(["p image", *(f"p image.{n}" for n in range(1, 7))]), url="p url",
        ),
        _unused(
            ("p status", "products that are off are left out"),
            ("xtsol | p sorting | p startpage | p shipping | p tpl | p opttpl | p fsk18 | p tax | p disc"
             " | p group acc | p vpe | p ordered", _SETTING),
            ("p price no tax.", "prices for groups of customers"),
        ),
        gathered=frozenset({"image", "category"}), hidden=_hidden(p_status="0"), key=key_without_language,
        path=">",
        notes=("Gambio exports prices without tax and no rate of it: price is without tax.",),
    ),
    CatalogExport(
        BIGCOMMERCE,
        keys("item type | product name"),
        keys("product code sku | brand name | product visible?"),
        _roles(
            id="product id", title="product name", description="product description", brand="brand name",
            category="category | category string", price="price", url="product url",
            image=" | ".join(f"product image file - {n}" for n in range(1, 10)),
        ),
        _unused(
            ("item type", "products and their SKUs are items, other rows are parts of them"),
            ("product visible?", "hidden products are left out"),
            ("cost price", "what the shop pays is not for shoppers"),
            ("product image id | product image description | product image is thumbnail | product image sort"
             " | option set | bin picking number | product tax class | fixed shipping cost | track inventory"
             " | allow purchases? | minimum purchase quantity | maximum purchase quantity", _SETTING),
        ),
        several=";", path="/", lists={"searchkeywords": ","}, gathered=frozenset({"image"}),
        hidden=_hidden(product_visible=_NO),
    ),
    CatalogExport(
        BIGCOMMERCE_3,
        keys("item | id | name | type | sku"),
        keys("inventory tracking | is visible"),
        _roles(
            id="id", title="name", description="description", brand="brand", category="categories",
            price="price", url="product url", image="internal image url export | image url import",
        ),
        _unused(
            ("item", "products and their variants are items, other rows are parts of them"),
            ("is visible", "hidden products are left out"),
            ("options", "stored under the name of the option"),
            ("cost price", "what the shop pays is not for shoppers"),
            ("type | inventory tracking | low stock | channels | tax class | image is | image sort"
             " | is featured", _SETTING),
        ),
        several=";", path="/", gathered=frozenset({"image"}), hidden=_hidden(is_visible=_NO),
    ),
    CatalogExport(
        WIX,
        keys("field type"),
        keys("handle id | handle"),
        _roles(
            id="sku | handle id | handle", title="name", description="description | plain description",
            brand="brand", category="collection", price="price", image="product image url | media",
        ),
        _unused(
            ("product option", "stored under the name of the option"),
            ("field type", "products and their variants"),
            ("handle", "stored as group"), ("inventory", "stored as availability"),
            ("visible", "hidden products are left out"), ("surcharge", "added to the price"),
            ("cost", "what the shop pays is not for shoppers"),
        ),
        several=";", hidden=_hidden(visible=_NO),
        reduction=Reduction(value="discountvalue", kind="discountmode"),
    ),
    CatalogExport(
        SQUARESPACE,
        keys("variant id | product page"),
        keys("option name 1 | hosted image urls | visible"),
        _roles(
            id="sku", title="title", description="description", category="categories", price="price",
            image="hosted image urls", url="product url",
        ),
        _unused(
            ("option name | option value", "stored under the name of the option"),
            ("product id", "stored as group"), ("stock", "stored as availability"),
            ("visible", "hidden products are left out"),
            ("variant id | product type | product page", _SETTING),
        ),
        several=",", path="/", lists={"tags": ","}, hidden=_hidden(visible=_NO), key=short_key,
    ),
    CatalogExport(
        PRESTASHOP,
        keys("name | categories"),
        keys("url rewritten | tax rules id | on sale | wholesale price"),
        _roles(
            id="id | product id | reference", title="name", description="description | short description",
            brand="manufacturer", category="categories",
            price="price tax included | price tax excluded | price | final price",
            image="image urls", url="url",
        ),
        _unused(
            ("active", "products that are not active are left out"),
            ("tax rules id | supplier | available for order | show price | delete existing | shop", _SETTING),
            ("wholesale price", "what the shop pays is not for shoppers"),
        ),
        several=",", path="/", root="Home", lists={"tags": ","}, gathered=frozenset({"description"}),
        hidden=_hidden(active="0"), key=short_key,
        reduction=Reduction(percent="discountpercent", amount="discountamount"),
    ),
    CatalogExport(
        SHOPWARE,
        keys("ordernumber | name"),
        keys("mainnumber | price ek | configurator options | suppliernumber"),
        _roles(
            id="ordernumber", title="name", description="description long | description", brand="supplier",
            price="price ek", image="image url | images", availability="instock", group="mainnumber",
        ),
        _unused(
            ("active", "products that are not active are left out"),
            ("tax | shippingtime | laststock | minpurchase | maxpurchase | purchasesteps | notification"
             " | pricegroup | topseller | configurator group", _SETTING),
            ("similar | crosselling", _RELATED),
            ("baseprice | purchaseprice", "what the shop pays is not for shoppers"),
        ),
        several="|", gathered=frozenset({"description"}), hidden=_hidden(active="0"),
    ),
    CatalogExport(
        SHOPWARE_6,
        keys("product number"),
        keys("translations.default.name | cover media url | price gross"),
        _roles(
            id="product number", title="translations.default.name | name",
            description="translations.default.description | description", group="parent id",
            brand="manufacturer.translations.default.name | manufacturer name",
            price="price.default.gross | price gross", image="cover.media.url | cover media url | media",
        ),
        _unused(
            ("active", "products that are not active are left out"),
            ("id | tax. | tax id | tax rate | tax name | manufacturer id | manufacturer.id | visibilities"
             " | cover media id | cover.media.id | cover media title | sales channel", _SETTING),
            ("price.default.net | price net", "the price with tax is what shoppers pay"),
            ("categories | property ids | option ids", "ids, not names"),
        ),
        hidden=_hidden(active="0|false"),
    ),
    CatalogExport(
        OXID,
        keys("oxartnum | oxtitle"),
        frozenset(),
        _roles(
            id="oxartnum", title="oxtitle", description="oxlongdesc | oxshortdesc", price="oxprice",
            image="oxpic1 | oxpic2 | oxpic3 | oxpic4 | oxthumb", url="oxseourl",
        ),
        _unused(
            ("oxactive", "products that are not active are left out"),
            ("oxid | oxshopid | oxvatid | oxsort | oxtemplate | oxsubclass", _SETTING),
            ("oxbprice", "what the shop pays is not for shoppers"),
        ),
        gathered=frozenset({"image", "description"}), hidden=_hidden(oxactive="0"),
    ),
    CatalogExport(
        COMMERCETOOLS,
        keys("product type | variant id | sku"),
        keys("prices | is master variant | has staged changes"),
        _roles(
            id="sku | variant key", title="name | name.en | name.de", group="id | key",
            description="description | description.en | description.de", category="categories",
            image="images", url="slug | slug.en | slug.de",
        ),
        _unused(
            ("product type | variant id | tax | published | has staged changes", _SETTING),
            ("prices", "amounts in cents, by country; upload a column `price` beside it"),
        ),
        several=";", path=">",
    ),
    CatalogExport(
        ODOO,
        keys("name | default code | list price"),
        frozenset(),
        _roles(
            id="default code", title="name", description="description sale | description",
            category="categ id/name | categ id", price="list price", image="image 1920",
        ),
        _unused(("standard price", "what the shop pays is not for shoppers"), ("id", _SETTING)),
        path="/", root="All",
    ),
    CatalogExport(
        VEND,
        keys("handle | composite sku | retail price"),
        frozenset(),
        _roles(
            id="sku | id", title="name", description="description", brand="brand name",
            category="product category | type", price="retail price", group="handle",
        ),
        _unused(
            ("active", "products that are not active are left out"), ("composite ", _SETTING),
            ("supply price", "what the shop pays is not for shoppers"), ("id", _SETTING),
        ),
        path="/", lists={"tags": ","}, hidden=_hidden(active="0"),
    ),
    CatalogExport(
        AMAZON_LISTINGS,
        keys("item name | seller sku | listing id"),
        frozenset(),
        _roles(
            id="seller sku", title="item name", description="item description", price="price",
            image="image url",
        ),
        _unused(
            ("status", "listings that are not active are left out"),
            ("listing id | item is marketplace | product id type | zshop | item note | item condition"
             " | merchant shipping group", _SETTING),
        ),
        hidden=_hidden(status="inactive|incomplete"),
    ),
    CatalogExport(
        CS_CART,
        keys("product code | product name | language"),
        keys("detailed image | min quantity | thumbnail"),
        _roles(
            id="product code", title="product name", description="description | short description",
            category="category", price="price", image="detailed image | image url",
        ),
        _unused(("status", "hidden products are left out"), ("language | thumbnail", _SETTING)),
        path="///", several=";", hidden=_hidden(status="d|h"),
    ),
    CatalogExport(
        OPENCART,
        keys("product id | model | stock status id"),
        frozenset(),
        _roles(
            id="product id", title="name", description="description", brand="manufacturer",
            price="price", image="image name | image",
        ),
        _unused(
            ("status", "products that are off are left out"),
            ("categories", "ids, not names"),
            ("tax class id | stock status id | points | subtract | layout | store ids", _SETTING),
            ("related ids", _RELATED),
        ),
        lists={"tags": ","}, key=key_without_language, hidden=_hidden(status="false|0"),
    ),
    CatalogExport(
        ETSY,
        keys("title | price | currency code | quantity"),
        keys("image1 | materials | variation 1 name"),
        _roles(
            id="sku | listing id", title="title", description="description", price="price",
            currency="currency code", image=" | ".join(f"image{n}" for n in range(1, 11)),
        ),
        lists={"tags": ",", "materials": ",", "variation1values": ",", "variation2values": ","},
        gathered=frozenset({"image"}), ids_between=",",
    ),
    CatalogExport(
        EBAY,
        keys("title"),
        keys("custom label | custom label sku"),
        _roles(
            id="custom label | custom label sku | item number", title="title", description="description",
            brand="c:brand | c:marke | c:marque | c:marca",
            category="category name | ebay category 1 name | category | store category",
            price="current price | start price | buy it now price | price", image="pic url | picture url",
            currency="currency",
        ),
        _unused(
            ("action | format | duration | location | condition id | relationship | dispatch | returns"
             " | shipping profile | payment profile | return profile | site id | listing site", _SETTING),
        ),
        prefix="C:",
    ),
    CatalogExport(
        LIGHTSPEED,
        keys("internal id | internal variant id"),
        frozenset(),
        _roles(
            id="sku | article code | internal variant id", title="title long | title short",
            description="description long | description short", brand="brand", price="price",
            category="category 1 | category 2 | category 3", image="images", group="internal id",
        ),
        _unused(
            ("visible", "hidden products are left out"), ("internal variant id", _SETTING),
            ("price cost", "what the shop pays is not for shoppers"), ("supplier | tax", _SETTING),
        ),
        lists={"tags": ","}, gathered=frozenset({"description", "category"}), key=key_without_language,
        hidden=_hidden(visible="hidden|no|false|0"),
    ),
    CatalogExport(
        AMAZON,
        keys("title"),
        keys("asin | parent asin"),
        _roles(
            id="asin | parent asin", title="title", description="description | feature | features",
            brand="brand | store", category="categories | category | main category | main cat", price="price",
            image="im url | image | images.large | image url high res | image url",
        ),
        _unused(
            ("related. | also buy | also view | also bought | also viewed | bought together | similar item",
             _RELATED),
            ("tech1 | tech2 | videos | fit", "markup of the page"),
            ("images.thumb | images.hi res | images.variant", "other sizes of the same pictures"),
        ),
        gathered=frozenset({"category"}),
    ),
    CatalogExport(
        MOVIELENS,
        keys("movie id | title"),
        frozenset(),
        _roles(id="movie id", title="title", category="genres"),
        lists={"": "|"},
    ),
    CatalogExport(
        GOOGLE,
        keys("id | title"),
        keys("image link | availability | google product category | item group id | condition"),
        _roles(
            id="offer id | id", title="title", description="description", brand="brand",
            category="product type | google product category | category | categories",
            price="price | price.value", currency="price.currency",
            image="image link | additional image link", url="link",
            group="item group id", availability="availability",
        ),
        gathered=frozenset({"image"}), path=">",
    ),
    CatalogExport(
        PERSONALIZE,
        keys("item id"),
        keys("genres | genre | creation timestamp | category l1 | price | product description | category"),
        _roles(
            id="item id", title="title | name | product name | item name",
            description="product description | description | item description",
            brand="brand", price="price",
            category="category l1 | category l2 | category l3 | category l4 | category | categories | genres"
            " | genre",
        ),
        lists={"": "|"}, times=keys("creation timestamp"), gathered=frozenset({"category"}),
    ),
)  # fmt: skip
