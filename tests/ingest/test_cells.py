"""Cells as people write them: prices, dates, units of one column; a cell never costs its row."""

import csv
import io
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from object2vec.ingest.cells import convert, dates, decision, numbers
from object2vec.ingest.cells.cell_counts import CellCounts
from object2vec.ingest.preprocess import preprocess_upload
from object2vec.storage import FolderStore, item_log

# ruff: noqa: RUF001  signs as people write them

PRICES = {
    "1.299,00 €": (1299, "EUR"), "€ 1.299,00": (1299, "EUR"), "19.99 USD": (19.99, "USD"),
    "$19.99": (19.99, "USD"),
    "EUR 5": (5, "EUR"), "1 299,00": (1299, ""), "1\u00a0299,00\u00a0€": (1299, "EUR"),
    "1\u202f299,00 €": (1299, "EUR"), "₹1,29,999": (129_999, "INR"), "₹12,34,567.50": (1_234_567.5, "INR"),
    "CHF 1'299.–": (1299, "CHF"), "1’299.50 CHF": (1299.5, "CHF"), "89,-": (89, ""), "89:-": (89, ""),
    "£1,299.00": (1299, "GBP"), ".99": (0.99, ""), "19.99*": (19.99, ""), "R$ 1.299,00": (1299, "BRL"),
    "1 299,00 zł": (1299, "PLN"), "1299 Kč": (1299, "CZK"), "12,990.00円": (12_990, ""), "0": (0, ""),
    "free": (0, ""), "gratis": (0, ""), "US$ 12.50": (12.5, "USD"),
}  # fmt: skip
RANGES = {
    "$5.00 - $17.99": 5, "5,00 – 17,99 €": 5, "from 12.00": 12, "ab 12,00 €": 12, "à partir de 12,00 €": 12,
    "5.00 to 7.00 USD": 5, "desde 9,90 €": 9.9,
}  # fmt: skip
NO_PRICES = ["", "call us", ".a-box-inner{color:#fff}", "12 pieces for 5", "1.2.3.4", "2024-01-31", "5 x 6"]


@pytest.mark.parametrize(("text", "price"), PRICES.items())
def test_a_price_is_read_as_people_write_it(text, price):
    assert (numbers.parse_price(text, "."), numbers.currency(text)) == price
    assert numbers.parse_price(text, ",") == price[0]
    assert not numbers.is_range(text)


@pytest.mark.parametrize(("text", "low"), RANGES.items())
def test_of_a_range_the_lowest_price_is_kept_and_said(text, low):
    assert numbers.parse_price(text, ",") == numbers.parse_price(text, ".") == low
    assert numbers.is_range(text)
    given_up = []
    read = convert.values(
        [text, text], decision.Decision("number", price=True), lambda *cell: given_up.append(cell)
    )
    assert read == [low, low]
    assert [code for _, code, _ in given_up] == ["price_range", "price_range"]


@pytest.mark.parametrize("text", NO_PRICES)
def test_what_is_no_price_is_none(text):
    assert numbers.parse_price(text, ".") is None


@pytest.mark.parametrize(("text", "number"), [("-5,00", -5), ("5,00-", -5), ("-1.299,50", -1299.5)])
def test_the_sign_of_a_number_is_kept_wherever_it_stands(text, number):
    assert numbers.parse(text, ",") == number


amounts = st.decimals(0, 9_999_999, places=2)
GROUPS = {".": (",", " ", "\u00a0", "'", ""), ",": (".", " ", "\u202f", "")}


@given(
    amount=amounts,
    decimal=st.sampled_from(".,"),
    data=st.data(),
    sign=st.sampled_from(["€", "USD ", "", "£"]),
)
def test_any_amount_comes_back_whatever_groups_its_digits(amount, decimal, data, sign):
    group = data.draw(st.sampled_from(GROUPS[decimal]))
    text = sign + f"{amount:,.2f}".replace(",", "\0").replace(".", decimal).replace("\0", group)
    assert numbers.parse_price(text, decimal) == pytest.approx(float(amount))
    assert numbers.evidence(text) in (decimal, "")


@given(cells=st.lists(st.text(max_size=20) | st.sampled_from([*PRICES, *RANGES, *NO_PRICES]), max_size=8))
def test_no_cell_of_a_column_of_prices_raises_or_is_lost_in_silence(cells):
    counts, given_up = CellCounts(), []
    counts.add(cells)
    how = decision.decide(counts, decision.ColumnHints(price=True))
    found = convert.values(cells, how, lambda place, *_: given_up.append(place))
    assert len(found) == len(cells)
    lost = {place for place, value in enumerate(found) if value is None and cells[place] != ""}
    assert lost <= {*given_up}
    assert all(value is None or value >= 0 for value in found)


NAMED = {
    "3 March 2024", "Mar 3, 2024", "3. März 2024", "3 mars 2024", "3 de marzo de 2024", "3 marzo 2024",
    "3 maart 2024",
    "3 marca 2024", "3 de março de 2024", "3. marts 2024", "3. března 2024", "2024年3月3日",
    "2024-03-03", "2024/3/3",
    "2024.03.03", "Sunday, 3 March 2024", "3rd March 2024", "2024 March 3",
}  # fmt: skip


@pytest.mark.parametrize("text", sorted(NAMED))
@pytest.mark.parametrize("day_first", [True, False])
def test_a_date_with_its_month_by_name_or_its_year_first_is_sure(text, day_first):
    assert dates.evidence(text) in ("named", "iso")
    assert dates.to_iso(text, day_first=day_first, with_time=False) == "2024-03-03"


@pytest.mark.parametrize("text", ["1er mars 2024", "1º de marzo de 2024", "1. März 2024", "1° marzo 2024"])
def test_the_first_of_a_month_has_signs_of_its_own(text):
    assert dates.to_iso(text, day_first=True, with_time=False) == "2024-03-01"


@pytest.mark.parametrize(
    "text", ["20240301", "12", "5 kg 2024", "31/31/2024", "2024-13-01", "3 smarch 2024", "1.5"]
)
def test_what_is_no_date_is_none(text):
    assert dates.to_iso(text, day_first=True, with_time=False) is None


@given(
    days=st.lists(st.dates(date(1970, 1, 1), date(2099, 12, 31)), min_size=1, max_size=20),
    form=st.sampled_from(
        ["%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%Y/%m/%d", "%Y-%m-%d", "%m/%d/%Y %H:%M"]
    ),
)
@example(days=[date(2024, 3, 5)], form="%Y/%m/%d")
def test_the_column_decides_whether_the_day_comes_first(days, form):
    days = [*days, date(2024, 1, 31)]  # one that tells
    cells = [datetime(day.year, day.month, day.day, 9, 30).strftime(form) for day in days]
    counts = CellCounts()
    counts.add(cells)
    how = decision.decide(counts)
    read = convert.values(cells, how, lambda *_: pytest.fail("a date was given up"))
    assert [str(cell)[:10] for cell in read] == [day.isoformat() for day in days]


@pytest.mark.parametrize(
    ("cells", "first", "noted"),
    [
        (["01/02/2024"], "2024-01-02", True),
        (["01.02.2024"], "2024-02-01", True),
        (["01/02/2024", "31/12/2023"], "2024-02-01", False),
        (["01/02/2024", "12/31/2023"], "2024-01-02", False),
    ],
)
def test_where_nothing_tells_the_usual_order_is_taken_and_said(cells, first, noted):
    counts = CellCounts()
    counts.add(cells)
    how = decision.decide(counts)
    assert convert.values(cells, how, lambda *_: None)[0] == first
    assert bool(how.notes) == noted


def test_a_point_groups_digits_in_a_file_of_decimal_commas():
    rows = "SKU;Name;Preis;Lager\n1;A;5,99;1.250\n2;B;1.299,00;3\n"
    item = _items(rows.encode())["1"]
    assert (item["price"], item["Lager"]) == (5.99, 1250)


words = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=12)
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"]


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.tuples(words, words), min_size=1, max_size=6),
    sign=st.sampled_from([",", ";", "\t", "|"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(ENCODINGS),
    said=st.booleans(),
)
def test_a_table_of_any_dialect_comes_back_whole(rows, sign, quoting, end, encoding, said):
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=sign, quoting=quoting, lineterminator=end)
    writer.writerow(["sku", "name", "colour", "size"])
    writer.writerows([f"id{n}", "n" + name, "c" + colour, "x"] for n, (name, colour) in enumerate(rows))
    text = f"sep={sign}{end}" * said + file.getvalue()
    items = _items(text.encode(encoding))
    for n, (name, colour) in enumerate(rows):
        assert (items[f"id{n}"]["colour"], items[f"id{n}"]["size"]) == ("c" + colour, "x")
        assert items[f"id{n}"]["title"] == ("n" + name).strip() or "<" in name or "&" in name


def _items(data: bytes):
    with TemporaryDirectory() as folder:
        store = FolderStore(Path(folder))
        store.put("uploads/catalog/a.csv", data)
        report = preprocess_upload(store, "uploads/catalog/a.csv")
        assert (report.problem, report.rejected) == (None, 0)
        items = item_log.replay(item_log.read(store))[0].values()
        return {item.id: item.metadata for item in items}
