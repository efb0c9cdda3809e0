"""Excel workbooks: the sheet that holds the table is read, as the cells are meant; and within bounds."""

import io
import zipfile
from datetime import datetime

import pytest
from openpyxl import Workbook

from object2vec.ingest.readers import workbook
from object2vec.storage import item_log
from tests.helpers.curated import curated_rows

GERMAN = [
    ["Artikelnummer", "Bezeichnung", "Verkaufspreis", "Marke", "EAN", "Lagernd", "Seit"],
    [1001, "Wasserkocher\naus Stahl", 29.99, "Öko", 4006381333931, True, datetime(2024, 1, 31)],
    [1002, 'Pfanne; 28 cm, "flach"', 35, None, 4006381333948, False, datetime(2024, 2, 1)],
]


def made(*sheets, formats=()):
    """The bytes of a workbook of these (title, rows); `formats` are (cell, number format) of the first."""
    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    for cell, shown_as in formats:
        book.worksheets[0][cell].number_format = shown_as
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def edited(data, part, change):
    """The workbook with one part of its archive changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, change(content) if name.endswith(part) else content)
    return out.getvalue()


MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
KINDS = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def as_excel_writes(rows, texts):
    """A workbook whose cells share their texts, with no more in it than Excel needs."""
    out = io.BytesIO()
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        f'<Override PartName="/xl/workbook.xml" ContentType="{KINDS}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{KINDS}.worksheet+xml"/>'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{KINDS}.sharedStrings+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {MAIN} xmlns:r="{OFFICE}"><sheets>'
        '<sheet name="Tabelle1" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f"<worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>",
        "xl/sharedStrings.xml": f"<sst {MAIN}>{texts}</sst>",
    }
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' + content)
    return out.getvalue()


SHARED = as_excel_writes(
    '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="D1" t="s"><v>2</v></c></row>'
    '<row r="4"><c r="A4"><v>7</v></c><c r="B4" t="s"><v>3</v></c><c r="D4" t="b"><v>1</v></c></row>'
    '<row r="5"><c r="A5"><v>8</v></c><c r="B5" t="str"><f>B4</f><v>Pan</v></c>'
    '<c r="D5" t="b"><v>0</v></c></row>',
    "<si><t>id</t></si><si><t>title</t></si><si><t>new</t></si>"
    "<si><r><t>Ket</t></r><r><t>tle_x000D_\nof steel</t></r></si>",
)


def test_texts_that_cells_share_are_found(store, upload):
    report = upload("catalog/a.xlsx", SHARED)
    assert (report.problem, report.accepted) == (None, 2)
    assert [(item.text, item.metadata["new"]) for item in items(store).values()] == [
        ("Kettle\nof steel", True),
        ("Pan", False),
    ]


def items(store):
    return item_log.replay(item_log.read(store))[0]


def test_a_sheet_is_read_as_a_table_of_its_cells(store, upload):
    report = upload("catalog/artikel.xlsx", made(("Artikel", GERMAN)))
    assert (report.problem, report.accepted) == (None, 2)
    assert report.read_as == {"format": "Excel workbook", "sheet": "Artikel"}
    kettle, pan = items(store)["1001"], items(store)["1002"]
    assert kettle.metadata["price"] == 29.99
    assert (kettle.metadata["brand"], kettle.metadata["EAN"]) == ("Öko", "4006381333931")
    assert (kettle.metadata["Lagernd"], kettle.metadata["Seit"]) == (True, "2024-01-31")
    assert pan.text == 'Pfanne; 28 cm, "flach"'


def test_line_numbers_are_those_of_the_sheet_and_rejected_rows_are_kept_as_csv(store, upload):
    rows = [["Preisliste 2024"], [], ["sku", "title", "price"], ["a", "Kettle\nsteel", 5], []]
    rows += [[None, "Nothing", 6], ["a", "Kettle", 7]]
    report = upload("catalog/list.xlsx", made(("Liste", rows)))
    assert report.accepted == 1
    assert report.reasons["missing_label"].lines == [6]
    assert report.duplicate_id_lines == [4]
    assert report.quarantine == "quarantine/uploads/catalog/list.xlsx.csv"
    mended = store.get(report.quarantine).replace(b'"","Nothing"', b'"b","Nothing"')
    again = upload("catalog/mended.csv", mended)
    assert (again.accepted, again.rejected) == (1, 0)


def test_logs_come_as_workbooks_too(store, upload):
    rows = [["Kunde", "Artikel-Nr", "Datum", "Menge"]]
    rows += [[n, 1001, datetime(2024, 1, 1 + n, 12, 30), 2] for n in range(1, 4)]
    report = upload("interactions/verkauf.xlsx", made(("Verkauf", rows)))
    assert (report.problem, report.accepted) == (None, 3)
    assert curated_rows(store)[0][:2] == ("1", "1001")
    assert report.times == {"ISO 8601": 3}


def test_pairs_do_not(upload):
    assert "JSON Lines" in upload("pairs/a.xlsx", made(("a", [["label", "in0"]]))).problem["message"]


def test_numbers_are_what_excel_keeps_of_them(store, upload):
    rows = [
        ["sku", "title", "plz", "weight", "share"],
        [501, "whole", 1234, 0.1 + 0.2, 19.0],
        [1234567890123456789, "rounded", 987, 1e-3, 2.5],
    ]
    report = upload("catalog/a.xlsx", made(("a", rows), formats=[("C2", "00000"), ("C3", "00000")]))
    assert report.reasons["ruined_label"].lines == [3]
    assert items(store)["501"].metadata == {"title": "whole", "plz": "01234", "weight": 0.3, "share": 19}


def test_the_currency_of_a_cell_format_is_that_of_the_price(store, upload):
    rows = [["sku", "title", "price"], *([f"k{n}", "Pan", 19.5 + n] for n in range(4))]
    shown = ["#,##0.00 [$€-407]", '"$"#,##0.00', '#,##0.00 "CHF"', "0.00"]
    data = made(("a", rows), formats=[(f"C{place}", one) for place, one in enumerate(shown, 2)])
    upload("catalog/a.xlsx", data)
    found = items(store)
    assert [found[f"k{n}"].metadata["price"] for n in range(4)] == [19.5, 20.5, 21.5, 22.5]
    assert [found[f"k{n}"].metadata["currency"] for n in range(3)] == ["EUR", "USD", "CHF"]


@pytest.mark.parametrize("shown", ['"SKU"0000', '0 "EAN"', "0;[RED]0", "[$-409]0", "[$€-407]0", '0 "TOP"'])
def test_what_the_format_of_an_id_says_is_no_currency(store, upload, shown):
    rows = [["Our pans of 2024"], ["sku", "title", "EAN"], [4200, "Pan", 4006381333931]]
    upload("catalog/a.xlsx", made(("a", rows), formats=[("A3", shown), ("C3", shown)]))
    assert items(store)["4200"].metadata == {"title": "Pan", "EAN": "4006381333931"}


@pytest.mark.parametrize("shown", ["[$-407]#,##0.00", '0.00 "SKU"', "[RED]0.00", "[>100]0.00"])
def test_a_format_without_a_currency_says_none(store, upload, shown):
    data = made(("a", [["sku", "title", "price"], ["a", "Pan", 19.5]]), formats=[("C2", shown)])
    upload("catalog/a.xlsx", data)
    assert items(store)["a"].metadata == {"title": "Pan", "price": 19.5}


def test_the_sheet_with_the_table_is_found_and_the_others_are_named(store, upload):
    readme, products = [["How to fill in"], ["Take care"]], [["id", "title"], ["1", "Kettle"], ["2", "Pan"]]
    data = made(("Read me", readme), ("Products", products), ("Empty", []))
    report = upload("catalog/a.xlsx", data)
    assert report.accepted == 2
    assert [note for note in report.notes if "'Products' is read; 'Read me' is not" in note]


def test_formulas_without_a_result_are_said(upload):
    rows = [["id", "title", "price"], ["1", "Kettle", "=2+3"], ["2", "Pan", 6]]
    report = upload("catalog/a.xlsx", made(("a", rows)))
    assert report.accepted == 2
    assert [note for note in report.notes if note.startswith("1 formulas have no stored result")]


def test_errors_are_empty_cells(store, upload):
    data = made(("a", [["id", "title", "price"], ["1", "Kettle", 5], ["2", "Pan", "#N/A"]]))
    assert upload("catalog/a.xlsx", data).accepted == 2
    assert "price" not in items(store)["2"].metadata


BROKEN = {
    "cut": (made(("a", GERMAN))[:-40], "broken_workbook"),
    "no archive": (b"id,title\n1,a\n", "broken_workbook"),
    "another archive": (made(("a", GERMAN)).replace(b"[Content_", b"[Kontent_"), "not_a_workbook"),
    "no xml": (edited(made(("a", GERMAN)), "sheet1.xml", lambda _: b"<worksheet><row"), "broken_workbook"),
    "entities": (
        edited(made(("a", GERMAN)), "sheet1.xml", lambda xml: b'<!DOCTYPE a [<!ENTITY b "c">]>' + xml),
        "broken_workbook",
    ),
    "wide": (
        edited(made(("a", GERMAN)), "sheet1.xml", lambda xml: xml.replace(b'r="G1"', b'r="XFD1"')),
        "too_large",
    ),
    "empty": (made(("a", [])), "empty_file"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_workbook_that_cannot_be_read_says_what_to_do(store, upload, case):
    data, code = BROKEN[case]
    report = upload("catalog/a.xlsx", data)
    assert (report.problem["code"], report.accepted) == (code, 0)
    assert "save" in report.problem["message"] or "upload" in report.problem["message"]
    assert not [*store.list("catalog/files/"), *store.list("quarantine/")]


@pytest.mark.parametrize(
    ("bound", "most"),
    [
        ("MAX_SHEET_BYTES", 100),
        ("MAX_SHARED_BYTES", 100),
        ("MAX_SHARED_TEXTS", 2),
        ("MAX_PART_BYTES", 100),
        ("MAX_SHEET_ROWS", 2),
        ("MAX_CELLS", 4),
    ],
)
def test_what_a_workbook_unpacks_to_is_bounded(upload, monkeypatch, bound, most):
    monkeypatch.setattr(workbook, bound, most)
    assert upload("catalog/a.xlsx", SHARED).problem["code"] == "too_large"


@pytest.mark.parametrize("name", ["a.xls", "a.ods", "a.numbers"])
def test_other_spreadsheets_are_told_what_to_become(upload, name):
    assert "save it as one of these" in upload(f"catalog/{name}", b"x").problem["message"]


def test_a_workbook_within_an_archive_is_to_come_by_itself(upload):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("list.xlsx", made(("a", GERMAN)))
    assert "list.xlsx is compressed as it is" in upload("catalog/a.zip", data.getvalue()).problem["message"]
