"""What a report says: counts that add up, and sentences about the file as it is."""

import re

import pytest

WOO = """ID;Type;SKU;Name;Published;Regular price;Parent
44;variable;tee;Tee;1;;
45;variation;tee-red;Tee - Red;1;20;tee
47;simple;mug;Mug;1;9;
47;simple;mug;Mug;1;9;
48;simple;old;Old;-1;1;
49;simple;cut
"""


def test_the_counts_of_a_summary_add_up(upload):
    summary = upload("catalog/a.csv", WOO.encode()).summary()
    assert "1 merged into their variants" in summary
    read, *parts = (
        int(re.search(rf"(\d+) {what}", summary)[1])
        for what in ("rows read", "accepted", "with the id", "merged", "rejected")
    )
    assert read == sum(parts) == 6


@pytest.mark.parametrize(("count", "end"), [(10, "c9 in"), (12, "c9 and 2 more in")])
def test_a_summary_says_how_many_columns_it_does_not_name(upload, count, end):
    names = [f"c{n}" for n in range(count)]
    head, row = ",".join(["user", "item", "time", *names]), ",".join(["u", "i", "2026-01-01", *names])
    assert end in upload("interactions/a.csv", f"{head}\n{row}\n".encode()).summary()


def test_a_mapping_is_said_to_be_read(upload):
    assert upload("mapping.json", b"{}").summary() == (
        "uploads/mapping.json: read; it says how the columns of uploads are named"
    )
    assert "not read: " in upload("mapping.json", b"{").summary()


@pytest.mark.parametrize(("sign", "name"), [(";", "semicolon"), (",", "comma"), ("\t", "tab")])
@pytest.mark.parametrize(
    ("key", "names", "row"),
    [("catalog/a.csv", "sku|name|price", "1|Pan|5"),
     ("interactions/a.csv", "user|item|time", "u|i|2026-01-01")],
)  # fmt: skip
def test_a_row_of_another_width_is_told_the_files_separator(upload, key, names, row, sign, name):
    lines = [names, *([row] * 5), row + "|1"]
    report = upload(key, "\n".join(lines).replace("|", sign).encode())
    assert report.reasons["wrong_columns"].message.endswith(f"quote values that hold a {name}.")


def test_a_date_before_1970_is_said_to_be_one(upload):
    report = upload("interactions/a.csv", b"user;item;date\nu;i;31.12.1969\nu;i;31.12.2025\n")
    message = report.reasons["timestamp_out_of_range"].message
    assert message.startswith("The time lies before 1970 or after 2099 (")
