"""Logs whose columns `uploads/mapping.json` names."""

import json

import pytest

from tests.helpers.curated import curated_rows

T = 1_577_880_000  # 2020-01-01T12:00:00Z


@pytest.fixture
def mapped(upload):
    def put(**said):
        report = upload("mapping.json", json.dumps({"interactions/*": said}).encode())
        return report.problem

    return put


FIELDS = {"USER_ID": ["Karte", "Bon"], "item_id": "PLU", "TIMESTAMP": ["Tag", "Uhr"], "EVENT_VALUE": "Stk"}
NAMES = ("Karte", "Bon", "PLU", "Tag", "Uhr", "Stk", "Filiale")
VALUES = [
    ("u", "1", "007", "01.01.20", "12.00", "1.234,5", "X"),
    ("", "2", "i", "01.01.20", "12.00", "2", "X"),
]
ROWS = {
    "csv": "".join(";".join(row) + "\n" for row in (NAMES, *VALUES)),
    "jsonl": "".join(json.dumps(dict(zip(NAMES, row, strict=True))) + "\n" for row in VALUES),
}


@pytest.mark.parametrize("form", [*ROWS, "parquet"])
def test_columns_numbers_and_times_are_read_as_the_mapping_says(store, upload, mapped, parquet, form):
    assert mapped(fields=FIELDS, decimal=",", time_format="%d.%m.%y %H.%M", ignore=["Filiale"]) is None
    data = ROWS[form].encode() if form in ROWS else parquet(
        "SELECT 'u' AS Karte, '1' AS Bon, '007' AS PLU, '01.01.20' AS Tag, '12.00' AS Uhr, '1.234,5' AS Stk, "
        "'X' AS Filiale UNION ALL SELECT NULL, '2', 'i', '01.01.20', '12.00', '2', 'X'"
    )  # fmt: skip
    report = upload(f"interactions/a.{form}", data)
    assert curated_rows(store) == [("2", "i", T, None, 2.0), ("u", "007", T, None, 1234.5)]
    assert report.unused == {"Filiale": "uploads/mapping.json says so"}
    assert {field.name: field.columns for field in report.fields}["USER_ID"] == ["Karte", "Bon"]


def test_a_time_in_another_format_is_refused(store, upload, mapped):
    mapped(time_format="%d/%m/%Y")
    report = upload("interactions/a.csv", b"user,item,date\nu,i,01/02/2020\nu,i,2020-02-01\nu,i,12/31/2020\n")
    assert report.reasons["bad_timestamp"].lines == [3, 4]
    assert [row[2] for row in curated_rows(store)] == [1_580_515_200]


def test_a_format_says_what_a_date_in_six_digits_is(store, upload, mapped):
    mapped(time_format="%y%m%d")
    upload("interactions/a.csv", b"user,item,date\nu,i,200101\n")
    assert [row[2] for row in curated_rows(store)] == [1_577_836_800]


def test_a_table_without_a_header_in_another_encoding(store, upload, mapped):
    mapped(header=["ITEM_ID", "x", "USER_ID", "TIMESTAMP"], encoding="cp850", separator="#")
    upload("interactions/a.txt", f"i#1#ü#{T}\n".encode("cp850"))
    assert curated_rows(store) == [("ü", "i", T, None, None)]


def test_a_mapping_of_what_is_not_there_says_what_was_meant(upload, mapped):
    mapped(fields={"USER_ID": "Kunnde"})
    report = upload("interactions/a.csv", b"Kunde,item,time\nu,i,1577880000\n")
    assert report.problem["code"] == "bad_mapping"
    assert "did you mean 'Kunde'?" in report.problem["message"]


def test_a_field_that_no_log_has_says_what_was_meant(mapped):
    problem = mapped(fields={"USR_ID": "Kunde", "title": "Name"})
    assert "did you mean 'USER_ID'?" in problem["message"]
    assert "`fields.title`: interactions have no such field" in problem["message"]


def test_a_new_mapping_reads_the_same_file_anew(store, upload, mapped):
    data = b"a,b,c\nu,i,1577880000\n"
    report = upload("interactions/a.csv", data)
    assert "Rename them, or say in uploads/mapping.json" in report.problem["message"]
    mapped(fields={"USER_ID": "a", "ITEM_ID": "b", "TIMESTAMP": "c"})
    assert upload("interactions/a.csv", data).problem is None
    assert len(curated_rows(store)) == 1


def test_a_misspelt_heading_is_named(upload):
    report = upload("interactions/a.csv", b"user_id,itm_id,timestamp\nu,i,1577880000\n")
    assert "Did you mean ITEM_ID by 'itm_id'?" in report.problem["message"]
