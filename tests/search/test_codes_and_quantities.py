"""Codes in any field, article numbers of books, and quantities with names of two words."""

import pytest

from object2vec.search.query import same_codes
from tests.helpers.small_shop import found, notes, shop_of

CODED = {
    "1": ("Novel", {"isbn": "978-3-16-148410-0"}), "2": ("Old novel", {"ISBN-10": "0-19-853453-1"}),
    "3": ("Gadget", {"SKU": "ZZ 99/7"}), "4": ("Pump", {"reference": "PX.400.22"}),
    "5": ("Brick", {"Artikelnummer": 75192}), "6": ("Chip", {"Part No.": "K 12/A"}),
    "7": ("Blade", {"fits": "HX-6859/68"}), "8": ("Door", {"note": "DR.77.B"}), "9": ("Tyre 195/65 R15", {}),
    "10": ("Ruler 1.5 m", {}), "11": ("Lamp", {"style": "Tent", "item": "Tent"}), "12": ("Tent", {}),
}  # fmt: skip


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("9783161484100", "1"), ("316148410X", "1"), ("3-16-148410-X", "1"), ("9780198534532", "2"),
        ("0198534531", "2"), ("198534531", "2"), ("zz997", "3"), ("ZZ-99-7", "3"), ("px40022", "4"),
        ("PX-400-22", "4"), ("75192", "5"), ("75-192", "5"), ("k12a", "6"), ("hx685968", "7"),
        ("hx 6859/68", "7"), ("dr77b", "8"), ("DR-77-B", "8"), ("tent", "12"),
    ],
)  # fmt: skip
def test_a_code_is_found_whatever_its_field_is_called(embedded, query, first):
    texts, metadata = ({item: both[part] for item, both in CODED.items()} for part in (0, 1))
    assert found(shop_of(embedded, texts, metadata), query)[0] == first


def test_a_size_is_no_code(embedded):
    assert "10" not in found(shop_of(embedded, {"10": "Ruler 1.5 m", "11": "Ruler 15 cm"}), "15")[:1]


@pytest.mark.parametrize(
    ("joined", "others"),
    [
        ("080442957x", ["9780804429573"]),
        ("0804429570", ["804429570"]),
        ("1234567890", []),
        ("0012345678905", ["12345678905"]),
    ],
)
def test_a_book_has_a_number_of_ten_digits_and_one_of_thirteen(joined, others):
    assert same_codes(joined) == [joined, *others]


AMOUNTS = {
    "1": "Cola 16.9 fl oz", "2": "Vitamin D 25 µg", "3": "Milk 500 ml", "4": "Magnesium 25 mg",
    "5": "Pipe 1/2 inch", "6": "Juice 2 l",
}  # fmt: skip


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("16.9oz cola", "1"), ("16.9 oz", "1"), ("16.9 fluid ounces", "1"), ("25 mcg", "2"),
        ("25ug vitamin", "2"), ("0.025 mg vitamin", "2"), ("25 mg", "4"), ("half liter milk", "3"),
        ("half inch pipe", "5"),
    ],
)  # fmt: skip
def test_a_quantity_in_other_names(embedded, query, first):
    assert found(shop_of(embedded, AMOUNTS), query)[0] == first


def test_a_unit_is_corrected_to_no_other(embedded):
    assert shop_of(embedded, AMOUNTS).corrected("25 mcg") == "25 mcg"


def test_of_titles_of_stop_words_the_shorter_one_comes_first(embedded):
    shop = shop_of(embedded, {"1": "This Is It", "2": "It", "3": "House slippers"})
    assert found(shop, "it")[:2] == ["2", "1"]
    assert notes(shop, "it") == ""
