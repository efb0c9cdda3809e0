"""What shops call a price that holds for a while, and when it holds: the languages of `heading_words`."""

# ruff: noqa: RUF001  letters of other alphabets

SALE_PRICES = """sale price | price data.discounted price
    | online sale price | special price | promo price | promotion price
    | promotional price | offer price
    | deal price | discount price | discounted price | reduced price | clearance price | markdown price
    | campaign price | price sale | special
    | angebotspreis | aktionspreis | sonderpreis | sonderangebotspreis | reduzierter preis | rabattpreis
    | aktionspreis brutto | prix promo | prix promotionnel | prix promotion | prix soldé | prix remisé
    | prix réduit | prix barré promo | tarif promo | precio oferta | precio de oferta | precio rebajado
    | precio promocional | precio promoción | precio con descuento | prezzo in saldo | prezzo scontato
    | prezzo promo | prezzo promozionale | prezzo in offerta | prezzo offerta | prezzo speciale | actieprijs
    | aanbiedingsprijs | kortingsprijs | speciale prijs | cena promocyjna | cena specjalna | preço promocional
    | preço de oferta | kampanjpris | reapris | tilbudspris | akční cena | indirimli fiyat
    | цена со скидкой | акционная цена | セール価格 | 特価 | 促销价 | 特价"""
SALE_STARTS = """date sale price starts | sale price starts | sale price start date | sale start date
    | sale from date | sale price from | sale from | sale start | sale starts | special price from date
    | discount from
    | special from date | special price from | special from | date on sale from | promo start | promo from
    | angebot von | angebot ab | angebotspreis von | angebotspreis ab | aktionspreis von | aktionspreis ab
    | aktion von | aktion ab | sonderpreis von | sonderpreis ab | promo du | début promo | oferta desde
    | offerta dal | actie vanaf | actieprijs vanaf"""
SALE_ENDS = """date sale price ends | sale price ends | sale price end date | sale end date | sale to date
    | discount to
    | sale price to | sale to | sale end | sale ends | sale until | special price to date | special to date
    | special price to | special to | date on sale to | promo end | promo to | angebot bis | angebotspreis bis
    | aktionspreis bis | aktion bis | sonderpreis bis | promo au | fin promo | oferta hasta | offerta al
    | actie tot | actieprijs tot"""
SALE_PERIODS = "sale price effective date"
"""Both in one cell: `2026-11-01T00:00+0100/2026-11-30T23:59+0100`."""
ON_SALE = "on sale | is on sale"
LIST_PRICES = """list price | retail price | msrp | rrp | uvp | listenpreis | katalogpreis | normalpreis
    | standardpreis | regular price | regulärer preis | tarif régulier | precio normal | prezzo di listino
    | reguliere prijs | adviesprijs | consumentenprijs | prix public | cena katalogowa | retail"""
"""What a price is before anything is taken off it: the price only where no other column is one."""
