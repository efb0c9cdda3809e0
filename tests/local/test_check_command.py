"""`check FILE`: how a file would be read; nothing is stored."""

import orjson
from openpyxl import Workbook

from local.check import check
from tests.helpers.pictures import RED, picture, zipped


def test_a_file_is_shown_before_and_after_and_stores_nothing(tmp_path, capsys):
    path = tmp_path / "shop.csv"
    path.write_text("Artikelnummer;Bezeichnung;Preis\n1;Kessel;19,99 €\n4.0E+12;Topf;5\n", encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))
    assert check(path, None) == 0
    said = capsys.readouterr().out
    assert "semicolon" in said
    assert '"price":19.99' in said
    assert "a spreadsheet rounded a long number" in said
    assert sorted(tmp_path.rglob("*")) == before


def test_a_file_of_which_nothing_would_be_loaded_is_status_2(tmp_path, capsys):
    path = tmp_path / "a.csv"
    path.write_text("lable,text\n1,a\n")
    assert check(path, None) == 2
    assert "Did you mean `label` by `lable`?" in capsys.readouterr().out
    assert check(tmp_path / "gone.csv", None) == 2


def test_a_mapping_is_tried_before_it_is_uploaded(tmp_path, capsys):
    path, mapping = tmp_path / "a.csv", tmp_path / "mapping.json"
    path.write_text("Nr,Wort\n1,Kessel\n")
    mapping.write_bytes(orjson.dumps({"catalog/*": {"fields": {"id": "Nr", "title": "Wort"}}}))
    assert check(path, None) == 2
    assert check(path, mapping) == 0
    mapping.write_text('{"catalog/*": {"feilds": {}}}')
    assert check(path, mapping) == 2
    assert "did you mean `fields`" in capsys.readouterr().out


def test_a_workbook_is_shown_as_the_table_that_it_is_read_as(tmp_path, capsys):
    book = Workbook()
    for row in (["Art.-Nr.", "Bezeichnung", "VK brutto"], ["00017", "Bürostuhl", 129.9]):
        book.active.append(row)
    book.save(tmp_path / "artikel.xlsx")
    assert check(tmp_path / "artikel.xlsx", None) == 0
    text = capsys.readouterr().out
    assert "Excel workbook" in text
    assert '"label":"00017"' in text


def test_pictures_are_read_as_uploads_of_pictures(tmp_path, capsys):
    folder = tmp_path / "uploads/images"
    folder.mkdir(parents=True)
    good, bad = picture(RED), b"<svg/>"
    for path in (tmp_path / "a.png", folder / "a.png"):
        path.write_bytes(good)
        assert check(path, None) == 0
        assert "uploads/images/a.png: 1 row read, 1 accepted" in capsys.readouterr().out
    (tmp_path / "all.zip").write_bytes(zipped(**{"a.png": good, "b.png": bad}))
    assert check(tmp_path / "all.zip", None) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "Read as it would be in uploads/images/: put it there" in text
    assert "b.png: SVG is a drawing" in text
    (tmp_path / "b.png").write_bytes(bad)
    assert check(tmp_path / "b.png", None) == 2
    text = " ".join(capsys.readouterr().out.split())
    assert "Not read in uploads/images/: SVG is a drawing" in text
    assert "uploads/catalog" not in text


def test_a_log_that_lacks_a_column_is_told_what_logs_need(tmp_path, capsys):
    (tmp_path / "a.csv").write_bytes(b"Kd.-Nr.;Art.-Nr.;Wann\n1;2;gestern\n")
    assert check(tmp_path / "a.csv", None) == 2
    text = " ".join(capsys.readouterr().out.split())
    assert "TIMESTAMP missing among: Kd.-Nr., Art.-Nr., Wann" in text


def test_a_recognised_export_is_a_catalogue_although_its_tags_look_like_queries(tmp_path, capsys):
    path = tmp_path / "prodotti.csv"
    path.write_text(
        "ID,Tipo,SKU,Nome,Pubblicato,Prezzo di listino,Categorie,Tag\n"
        '1,simple,B-1,Barbecue Etna,1,"189,00",Giardino,griglia\n'
    )
    assert check(path, None) == 0
    said = capsys.readouterr().out
    assert "Read as it would be in uploads/catalog/: put it there" in said
    assert "Recognised as WooCommerce" in said


def test_of_a_table_that_cannot_be_read_the_values_are_shown(tmp_path, capsys):
    path = tmp_path / "a.csv"
    path.write_text("buyer;what;x\nu1;A;[red]B\nu2;C;D\n")
    assert check(path, None) == 2
    said = capsys.readouterr().out
    assert "A, C" in said
    assert "[red]B, D" in said
    assert "Name the columns that are needed in uploads/mapping.json" in said


def test_orders_of_a_known_shop_system_are_no_catalogue(tmp_path, capsys):
    path = tmp_path / "a.txt"
    path.write_text(
        "amazon-order-id\tpurchase-date\torder-status\tproduct-name\tsku\tasin\tquantity\n"
        "1\t2024-01-31T10:00:00+00:00\tShipped\tLamp\tA\tB000000001\t1\n"
    )
    assert check(path, None) == 0
    assert "uploads/interactions/" in capsys.readouterr().out


def test_a_catalogue_with_keywords_is_no_search_log(tmp_path, capsys):
    (tmp_path / "a.csv").write_text('sku,title,keywords\n1,A,"red, blue"\n2,B,green\n')
    assert check(tmp_path / "a.csv", None) == 0
    assert "uploads/catalog/: put it there" in capsys.readouterr().out


def test_where_nothing_reads_a_file_the_kind_it_resembles_says_why(tmp_path, capsys):
    (tmp_path / "a.csv").write_text("user_id,itm_id,timestamp\nu,i,1577880000\n")
    (tmp_path / "b.csv").write_text("<!DOCTYPE html><html><form>log in")
    assert check(tmp_path / "a.csv", None) == 2
    said = " ".join(capsys.readouterr().out.split())
    assert said.startswith("Not read in uploads/interactions/: Interactions need the columns")
    assert "Did you mean ITEM_ID by 'itm_id'?" in said
    assert "uploads/catalog/" not in said
    assert check(tmp_path / "b.csv", None) == 2
    assert "This is a web page (HTML)" in capsys.readouterr().out


def test_a_mapping_tells_the_kind_of_a_file_too(tmp_path, capsys):
    path, mapping = tmp_path / "a.csv", tmp_path / "mapping.json"
    path.write_text("a,b,c\nu,i,1577880000\n")
    mapping.write_bytes(
        orjson.dumps({"interactions/*": {"fields": {"USER_ID": "a", "ITEM_ID": "b", "TIMESTAMP": "c"}}})
    )
    assert check(path, mapping) == 0
    assert "uploads/interactions/: put it there" in capsys.readouterr().out


def test_a_search_log_has_shoppers_too_and_a_log_of_events_some_searches(tmp_path, capsys):
    (tmp_path / "a.csv").write_text("query,item_id,timestamp,user_id\nlamp,1,1577880000,u\n")
    (tmp_path / "b.csv").write_text(
        "user_id,item_id,timestamp,search_term\nu,1,1577880000,\nv,1,1577880000,lamp\nw,1,1577880000,\n"
    )
    for name, kind in (("a.csv", "queries"), ("b.csv", "interactions")):
        assert check(tmp_path / name, None) == 0
        assert f"uploads/{kind}/: put it there" in capsys.readouterr().out
