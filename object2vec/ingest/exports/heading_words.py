"""What shops call their columns: role by role, the names in the order in which they are preferred.

English, German, French, Spanish, Italian and Dutch most fully; the commonest words of Polish, Portuguese,
Swedish, Danish, Norwegian, Czech, Turkish, Russian, Japanese and Chinese.
"""

# ruff: noqa: RUF001  letters of other alphabets

from collections.abc import Mapping

ROLES: Mapping[str, str] = {
    "id": """label | item id | id | sku | product id | product sku |
        article id | asin | parent asin |
        movie id | artikelnummer | artikelnr | artikel nr | art nr | artikel id | produkt id |
        produktnummer | bestellnummer | ordernumber | produkt nr | référence | ref | referentie |
        référence produit | code
        article | numéro d'article | id produit | identifiant | referencia | código | código de
        producto | id producto | sku producto | codice | codice articolo | codice prodotto | id
        prodotto | artikelcode | productcode | product code | productnummer | item number | item
        code | article number | seller sku | merchant sku | internal reference | identifier |
        variant sku | variation sku | handle | code | sku id | offer id | object id | custom sku |
        unique id | uniq id | aid | artnum | your item number | variation number | variant number |
        system id | nummer |
        number | productid | itemid | part number | mpn | gtin | ean | gtin13 | upc | isbn | barcode |
        @id | uid |
        uuid | key | item no | item # | product no | product # | article no | custom label | listing
        id | kod | kod produktu | numer katalogowy | símbolo | referência | código do produto |
        varenummer | varenr | kód | kód produktu | kod towaru | stok kodu | ürün kodu | артикул |
        код товара | код | 商品コード | 商品番号 | 商品编号 | product reference | reference | article_code |
        variant id | ean code | code ean | ean gtin | gtin ean | upc code | ean13 |
        strichcode | code barre |
        código de barras | codice a barre | streepjescode | n° article | n° produit |
        numero articolo | numero prodotto |
        código artículo | código de artículo | número de artículo |
        artikel nummer | produkt nummer | nr | no | n° | num |
        número | numéro | isbn13 | isbn10 | merchant product id | aw product id | supplier aid |
        supplier pid |
        商品編號 | 상품코드 | 상품번호 | tuotenumero | tuotekoodi | cikkszám | cod produs | external id |
        κωδικός | код товару |
        šifra | šifra artikla | mã sản phẩm | mã hàng | kode produk | kode barang | รหัสสินค้า |
        رمز المنتج | מקט |
        מק"ט | tootekood | prekės kodas | preces kods | codi | indeks | 货号 | 货品编号 |
        stock code | matnr | id sku | händler sku
        | vendor sku | pid""",
    "text": "text",
    "title": """title | name | product title | product name | item name | item title | titel | bezeichnung |
        artikelbezeichnung | produktbezeichnung | produktname | artikelname | produkttitel | nom |
        titre | désignation | libellé | nom du produit | intitulé | nombre | título | nombre del
        producto | denominación | nome | titolo | nome prodotto | denominazione | naam | productnaam
        | artikelnaam | producttitel | benaming | item | product | produkt | artikel | movie title |
        headline | display name | prod name | product page title | title long | title short | nazwa |
        nazwa produktu | tytuł |
        nome do produto | denominação | benämning | produktnamn | namn | navn | varenavn |
        produktnavn | název | názov | název produktu | ürün adı | название | наименование | товар |
        商品名 | 商品名称 | 产品名称 | 商品名稱 | 產品名稱 | 상품명 | 제품명 | tuotenimi | terméknév |
        denumire | nume produs | article details.description short |
        product details.description short | titolo prodotto | título del producto |
        productomschrijving kort |
        artikelomschrijving |
        designação | назва | име | наименование | όνομα | ονομασία | naziv | tên sản phẩm | tên hàng | nama
        produk | nama barang | ชื่อสินค้า | اسم المنتج | שם מוצר | שם המוצר | nimetus | pavadinimas |
        nosaukums | maktx |
        品名 | artikelbez | item text name1""",
    "description": """description | description.html | body html | body | product description |
        long description |
        full description | beschreibung |
        artikelbeschreibung | produktbeschreibung | langbeschreibung | langtext | descriptif |
        description du produit | description longue | descripción | descripción del producto |
        descrizione | descrizione prodotto | beschrijving | omschrijving | productomschrijving |
        details | summary | item description | detail desc | short description | kurzbeschreibung |
        kurztext | description courte |
        descripción corta | descrizione breve | korte beschrijving | abstract | overview | desc |
        résumé | resumen | riepilogo | samenvatting | zusammenfassung | streszczenie | resumo |
        features | feature | product details | description long | description short | plain
        description | opis | opis produktu | opis długi | descrição | descrição do produto |
        beskrivning | beskrivelse | popis | açıklama | описание | 商品説明 | 商品説明文 | pc用商品説明文 |
        说明 | 商品描述 |
        상품설명 | kuvaus | tuotekuvaus | leírás | descriere | descriere produs |
        article details.description long | product details.description long |
        produktinformation | artikeltext | produktbeschreibung lang | texte |
        περιγραφή | опис | mô tả | deskripsi | คำอธิบาย | الوصف | תיאור | kirjeldus | aprašymas |
        apraksts | descripció | item text description""",
    "brand": """brand | brand name | vendor | manufacturer | marke | hersteller | markenname | marque |
        fabricant | marca | fabricante | fabbricante | produttore | merk | fabrikant | brands |
        brand.name | manufacturer name | store | manufacturer.name | producent | marka | varumärke |
        tillverkare | mærke
        | merke | výrobce | značka | бренд | производитель | ブランド | 品牌 | 브랜드 | merkki |
        márka | product brand | maker | supplier brand |
        designer |
        manufacturers | виробник | μάρκα | κατασκευαστής | thương hiệu | merek | ยี่ห้อ | العلامة
        التجارية | מותג | proizvođač | tootja | gamintojas | item manufacturer name | メーカー | 厂家 |
        marchio | mfr | mfg | producer""",
    "category": """category | categories | product category | product type | category name | category path |
        kategoriepfad | kategorie pfad | chemin de catégorie | ruta de categoría |
        department | kategorie | kategorien | warengruppe | produktkategorie | produktgruppe |
        artikelgruppe | hauptkategorie | catégorie | catégories | rubrique | famille | categoría |
        categorías | familia | categoria | categorie | reparto | rubriek | productgroep |
        productcategorie | main category | main cat | genres | genre | category l1 | google product
        category | category 1 | type | categories.category | categories.name | category.name |
        categories.title | taxons.name | taxons.pretty name |
        category 1 | classification category | product group | product type name | product group name |
        department name |
        categorytext | collection | collections | kategoria | kategorie produktu | kategori | varugrupp |
        varegruppe | категория | раздел | カテゴリ | カテゴリー | 分类 | 类别 | 分類 | 카테고리 |
        tuoteryhmä |
        kategória | item group | merchant category | sortiment | produktart | shop
        category | store category |
        категорія | κατηγορία | kategorija | danh mục | หมวดหมู่ | الفئة | קטגוריה | kategooria |
        类目 | カテゴリ名 | カテゴリー名 | shop cat | amazon category and sub category | dept |
        rayon | produkttyp | hoofdcategorie | wg | matkl | category tree""",
    "price": """price | product price | variant price | regular price | unit price | selling price |
        retail price | list
        price | preis | verkaufspreis | vk | vk preis | bruttopreis | einzelpreis | endpreis |
        ladenpreis | nettopreis | preis netto | uvp | prix | prix de vente | prix unitaire | tarif
        | precio | pvp | precio de venta | precio unitario | prezzo | prezzo di vendita | prezzo unitario
        | prijs | verkoopprijs | stukprijs | price tax excluded | price tax included | price excl tax
        | price incl tax | offers.price | offers.low price | amount | msrp | price vat |
    price.amount | prices.amount | price data.price | pricing.base price.value |
        price range.minimum price.final price.value | pricing.price range.start.gross.amount |
        price.value | price.number | price no tax | price gross | gross price |
        sales price | online price | prices.price |
        current price | our price | start price | cena | cena detaliczna | cena
        sprzedaży | preço | preço de venda | pris | utpris | salgspris | fiyat | цена | 価格 | 販売価格 |
        价格 | 價格 | 售價 | 가격 | 판매가 | hinta | ár | bruttó ár | preț | product price | search price |
        standard selling rate | selling rate | regulärer preis | tarif régulier |
        precio normal | prezzo di listino | reguliere prijs
        | consumentenprijs | adviesprijs | prix public |
        default price | standard price | price with vat | ціна | τιμή | cijena | giá | giá bán | harga |
        ราคา | السعر | מחיר | hind | kaina | preu | 售价 | variation sales price |
        variation sales price.price |
        listenpreis | normalpreis | standardpreis | katalogpreis | retail | netpr | rrp""",
    "currency": """currency | price currency | currency code | währung | devise | moneda | valuta | divisa |
        munt | waers | offers.price currency | price.currency | price.currency code | default price.currency
        | prices.currency | prices.currency code | price data.currency | pricing.base price.currency
        | price range.minimum price.final price.currency | pricing.price range.start.gross.currency
        | currency id
        | waluta | moeda |
        valuta kod | měna | para birimi""",
    "image": """image | image link | image url | image src | images | picture | picture url | photo |
        thumbnail | main image | base image | product image url | bild | bilder | bild url |
        bildlink | bildadresse | produktbild | foto | imagen | imágenes | url imagen | immagine |
        immagini | url immagine | afbeelding | afbeeldingen | image.url | im url | img | image 1 |
        bild 1 | photo url | url de l'image | lien image | images.src | images.url | images.image |
        image.src | images.url standard | images.content url | image.content url | images.href |
        image.href | images.original url | thumbnail.url | media.main media.image.url |
        media.src | media.url | image urls | picture urls |
        pic url | imgurl | photo urls | product image file 1 |
        product image 1 | hosted image urls | product images | zdjęcie | zdjęcia | imagem | imagens
        | billede | obrázek | görsel | изображение | фото | картинка | 画像 | 商品画像url | 商品画像 | 图片 |
        merchant image url | aw image url | image file | image
        path | item photo url | big image | large image | images.image group.image.path | bilddatei |
        bild urls | url foto |
        main image url | media main image url | image name | hình ảnh | gambar | media | visuel
        | hauptbild | item image.url""",
    "url": """url | link | product url | product link | permalink | deeplink | page url | produkt url |
        produktlink | weblink | lien | url du produit | enlace | url producto | collegamento | url
        prodotto | productpagina | webadresse | web link | produktseite | adres url | link do
        produktu | ссылка | url produktu | canonical url""",
    "group": """item group id | group | group id | group sku | parent id | parent sku | master sku | product
        group id | variantengruppe | gruppe | stammartikel | groupe | grupo | gruppo | groep |
        parent | group code | model number group | parent product | produktgruppe id | varianten von
        | parent handle | vaterartikel | vaterartikelnummer | style id | style code | variante zu id""",
    "availability": """availability | in stock | stock status | is in stock | verfügbarkeit | lieferbar
        | auf lager | lagerstatus | verfügbar | disponibilité | en stock | disponible | disponibilidad |
        disponibilità | disponibile | beschikbaarheid | op voorraad | beschikbaar |
        offers.availability | stock availability | dostępność | dostępny |
    em estoque |
        disponibilidade | i lager | på lager | tilgængelighed | skladem | dostupnost | наличие | в
        наличии | 在庫状況 | inventory status | product availability
        | lieferstatus | orderable | disponível | available | is available""",
    "language": """language | lang | locale | sprache | langue | idioma | lingua | taal | in language""",
    "deleted": "deleted",
}
THINGS = """anime | app | beer | book | course | dish | film | game | hotel | job
    | movie | news | podcast | primary | property | recipe | restaurant | song | story | ticket | track
    | vehicle | video | wine"""
OF_MANY = "album | artist | business"
"""What may have many items: their ids are those of items only where there is no other."""
"""What a shop may sell: `book id`, `book title` and `book name` are the id and the title of an item."""
ITEMS = """product | products | prod | item | article | artikel | produkt | produit | producto | prodotto
    | produto | articolo | articulo | articles | produktu | towaru | towar | zboží | izdelka | proizvoda
    | artikla | tovaru | товара | товару | vare | varens | ürün | produk | barang"""
"""Words for an item that leave a heading what it is: `product_image`, `Nazwa towaru`."""
MANY_ITEMS = "products | articles"
"""Beside these a number is a count, and no id: `num_products`."""
ITEM_ALONE = "product | item | prod"
"""Headings of ids where no other column has one: else `product` is a title."""
VARIANT_IDS = """sku | product sku | item sku | merchant sku | seller sku | custom sku | variant sku |
        variation sku | variation number | variant number |
        variation id | variant id | sku id | id sku | sku reference code | ean | gtin | upc | barcode |
        artikelnummer | article number | item code | item number | pid | référence | referencia"""
"""Headings that tell the variants of a product apart, in the order in which they are preferred."""
MEDUSA = "product handle | variant id | variant sku"
"""Headings of Medusa's export: a row is a variant, its SKU the id, and several have the id of one product."""
NOT_OF_ITEMS = "label | store | body | amount | type"
"""Names of roles that mean something else beside a word for the item: `product_label`, `item_store`."""
AVAILABLE = "available | is available"
"""Headings that mean availability only where their cells are words of it: else a yes or no, a count or a date
of its own."""
PEOPLE = "user id | userid | customer id | kundennummer | reviewer id | visitor id"
CODES = """ean | oxean | gtin | gtin8 | gtin12 | gtin13 | gtin14 | ean13 | ean8 | upc12 | upc | isbn |
        barcode
    | variant barcode | mpn | sku | asin | variant sku | plz | zip | zip code | postal code | artikelnummer
    | hs code | phone | telefon | ean code | gtin code | upc code | upc ean | product upc | details.upc
    | barcode number | strichcode | kod ean | code barre | code barres | código de barras | codice a barre |
    streepjescode | hsn | kod kreskowy | barcode.code | isbn13 | isbn10"""
CODE_WORDS = "ean | gtin | upc | isbn | barcode | ean13 | gtin13 | gtin14"
"""A heading of these words and those of `BESIDE_CODES` names codes: WooCommerce's `GTIN, UPC, EAN, or ISBN`.
`EAN count` and `upc date` have another."""
BESIDE_CODES = """a | and | article | artikel | articolo | articulo | asin | box | carton | case | code
    | codes | codice | código | de | der | des | digit | digits | doos | du | each | et | global | gs1
    | hersteller | id | inner | international | item | jan | karton | main | manufacturer | mpn | no | nr
    | num | number | numbers | nummer | numéro | número | o | oder | or | ou | outer | pack | package
    | p | parent | piece | primary | prodotto | product | producto | produit | produkt | shop | sku | standard
    | etc | stuk | stück | the | und | unit | usw | variant | variante | ve | vendor | verpackung | vpe"""
PURCHASE_PRICES = """wholesale price | cost | cost price | unit cost | cost per item | purchase price |
    buying price | supply price | supplier price | price cost | landed cost | default cost | product cost
    | ek | ek preis | ekpreis | einkaufspreis | einstandspreis | prix d'achat | prix achat |
        precio de coste |
    precio de compra | coste | prezzo di acquisto | prezzo acquisto | costo | inkoopprijs | inkoop |
    cena zakupu |
    preço de custo | inköpspris | indkøbspris | innkjøpspris | nákupní cena | alış fiyatı |
    закупочная цена | 原価"""
PUBLISHED = """active | is active | published | is published | enabled | is enabled | visible |
    is visible |
    visibility | online |
    status | aktiv | veröffentlicht | sichtbar | actif | publié | visible en ligne | état | activo |
    publicado |
    attivo | pubblicato | actief | gepubliceerd | aktywny | opublikowany | stan | ativo"""
GRADES = """rating | ratings | stars | score | scores | grade | bewertung | bewertungen | sterne | note
    | notes | étoiles | puntuación | valoración | calificación | estrellas | valutazione | voto | stelle
    | waardering | beoordeling | ocena | oceny | avaliação | nota | betyg | karakter | hodnocení | puan
    | оценка | рейтинг | 評価 | 评分 | review | reviews | feedback | quality | points | punkte | avis
    | recensioni | opiniones"""
"""A heading with one of these words is of grades: `average_rating`."""
LISTS = """genres | genre | tags | keywords | tag | schlagworte | schlagwörter | mots clés | etiquetas |
    parole chiave | colors | colours | sizes | materials | categories | kategorien | features |
    labels"""
