"""Uploads of pictures: which item shows what, whatever comes first, goes, or comes again."""

import hashlib
import io
import tarfile
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import permutations
from types import SimpleNamespace

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from object2vec.core.catalog import COLOURS, VECTOR, CatalogItem, as_written, display_metadata, pictures_in
from object2vec.core.keys import (
    IMAGE_UPLOADS,
    PENDING_PICTURES,
    PICTURE_ENCODER,
    PICTURE_TABLE,
    PICTURE_VECTORS,
    SHOWN_PICTURES,
)
from object2vec.core.pictures import WIDTHS
from object2vec.core.progress import heard
from object2vec.ingest.pictures import archive as archives
from object2vec.ingest.pictures import table as table_of_pictures
from object2vec.ingest.pictures.attach import attach, mark
from object2vec.ingest.pictures.encode import InProcessReader, adopt, keep
from object2vec.ingest.pictures.kept import shown_key
from object2vec.ingest.pictures.owner import PictureOwner
from object2vec.ingest.pictures.sweep import UNUSED_S, sweep
from object2vec.ingest.pictures.table import Claim, PictureTable, change
from object2vec.ingest.preprocess import OWNERS, preprocess_upload
from object2vec.ingest.report import load_report
from object2vec.search.pictures import Pictures
from object2vec.storage import FolderStore, item_log
from object2vec.storage.log_checkpoint import remove_old, write_checkpoint
from tests.helpers.killing import KilledError
from tests.helpers.observed_store import ObservedStore, killed_at
from tests.helpers.pictures import BLUE, GREEN, RED, MeanColour, picture, zipped
from tests.helpers.uploads import put_at

CATALOG = "uploads/catalog/shop.jsonl"


def rows(*records):
    return b"\n".join(orjson.dumps(record) for record in records) + b"\n"


def item(label, **metadata):
    return {"label": label, "text": f"text of {label}", "metadata": metadata}


class Shop:
    """A store with uploads, as the functions work them off."""

    def __init__(self, store):
        self.store, self.encoder, self.time = store, MeanColour(), 1_000.0

    def upload(self, key, data, store=None):
        self.time += 1
        put_at(self.store, f"uploads/{key}", data, self.time)
        return self.take(key, store)

    def delete(self, key):
        self.store.delete(f"uploads/{key}")
        return self.take(key)

    def take(self, key, store=None):
        owners = {**OWNERS, IMAGE_UPLOADS: partial(PictureOwner, encoder=self.encoder)}
        report = preprocess_upload(store or self.store, f"uploads/{key}", owners=owners)
        attach(store or self.store)
        return report

    @property
    def items(self):
        return item_log.replay(item_log.read(self.store))[0]

    def colour(self, label):
        """Colour that the item's vector names; None without a vector."""
        vector = self.items[label].metadata.get(VECTOR)
        return vector and tuple(round(number, 1) for number in vector)


@pytest.fixture
def shop(store):
    return Shop(store)


@pytest.mark.parametrize(
    ("metadata", "file"),
    [
        ({"image": "images/a.png"}, "images/a.png"),
        ({"image": "a.png"}, "images/a.png"),
        ({"image": "uploads/images/summer/a.png"}, "images/summer/a.png"),
        ({"image": "https://cdn.example/x/a.png?width=3"}, "images/a.png"),
        ({}, "images/1.png"),
        ({"images": ["a.png"]}, "images/deep/down/A.PNG"),
        ({"image": "/media/a.png?v=3"}, "images/a.png"),
        ({"image": "media/rote%20M%C3%BCtze.png"}, "images/rote Mütze.png"),
        ({"image": "https://cdn.example/a%20b.png"}, "images/a%20b.png"),
        ({"image": "C:\\shop\\a.png"}, "images/a.png"),
        ({"image": "100%.png"}, "images/100%.png"),
        ({"image": "a.jpg"}, "images/a.png"),
        ({"image": "a"}, "images/a.png"),
        ({"images": "b.png, a.png"}, "images/a.png"),
        ({"images": "https://cdn.example/b.png|https://cdn.example/a.png?w=3"}, "images/a.png"),
        ({"image": "https://cdn.example/w_300,h_200/a.png"}, "images/a.png"),
        ({"image": "red, small; a.png"}, "images/red, small; a.png"),
    ],
)
def test_an_item_gets_the_vector_of_the_picture_that_it_names(shop, metadata, file):
    shop.upload("catalog/shop.jsonl", rows(item("1", **metadata)))
    report = shop.upload(file, picture(RED))
    assert (report.rows_read, report.accepted, report.added) == (1, 1, 1)
    assert shop.colour("1") == RED
    shown = shop.items["1"].metadata
    assert display_metadata(shown) == {**metadata, COLOURS: ["red"]}
    (name,) = pictures_in(shown)
    assert [entry.key for entry in shop.store.list(SHOWN_PICTURES)] == sorted(
        shown_key(name, w) for w in WIDTHS
    )


def test_what_may_be_one_of_several_pictures_is_none(shop):
    shop.upload("catalog/shop.jsonl", rows(item("1", image="a.jpg"), item("2", image="b.png")))
    pictures = {"x/a.png": picture(RED), "y/a.webp": picture(GREEN), "x/b.png": picture(RED)}
    shop.upload("images/all.zip", zipped(**pictures, **{"y/b.png": picture(GREEN)}))
    assert [shop.colour(label) for label in "12"] == [None, None]
    shop.upload("images/all.zip", zipped(**{"a.jpg": picture(BLUE, "JPEG"), "x/a.png": picture(RED)}))
    assert shop.colour("1") == BLUE


def test_an_archive_may_put_a_folder_before_those_that_items_name(shop):
    """A packed folder, with one a product and the same names in each; the ending may be another."""
    named = {"1": "x/front.png", "2": "shop/y/front.jpg", "3": "front.png", "4": "w/front.png"}
    shop.upload("catalog/shop.jsonl", rows(*(item(label, image=name) for label, name in named.items())))
    folder = {"X/front.png": picture(RED), "y/front.webp": picture(GREEN), "z/front.png": picture(BLUE)}
    shop.upload("images/all.zip", zipped(**{f"photos/{name}": content for name, content in folder.items()}))
    assert [shop.colour(label) for label in "1234"] == [RED, GREEN, None, None]


def test_a_picture_called_like_the_item_goes_before_one_of_the_name_with_another_ending(shop):
    """Addresses of many shops end in 1.jpg, 2.jpg: these are not the pictures of the items 1 and 2."""
    address = "https://shop.example/media/{}/1.jpg"
    items = [item(label, image=address.format(label)) for label in "12"]
    shop.upload("catalog/shop.jsonl", rows(*items, item("3", image="c.jpg")))
    shop.upload("images/all.zip", zipped(**{"1.png": picture(RED), "2.png": picture(GREEN)}))
    shop.upload("images/c.webp", picture(BLUE, "WEBP"))
    assert [shop.colour(label) for label in "123"] == [RED, GREEN, BLUE]


@pytest.mark.parametrize(
    ("name", "written_as"),
    [
        *(("Mütze größe.png", codec) for codec in ("cp437", "cp850", "cp1252", "utf-8")),
        ("红色帽子.png", "gbk"),
        ("赤い帽子.png", "cp932"),
        ("紅色帽子.png", "big5"),
        ("빨간모자.png", "cp949"),
        *(("красная шапка.png", codec) for codec in ("cp1251", "cp866")),
    ],
)
def test_names_in_a_zip_without_the_mark_for_utf_8(shop, name, written_as):
    """As Windows in several countries and as macOS write them."""
    raw = name.encode(written_as)
    archive = zipped(**{"n" * len(raw): picture(RED)}).replace(b"n" * len(raw), raw)
    shop.upload("catalog/shop.jsonl", rows(item("1", image=name.lower())))
    assert shop.upload("images/all.zip", archive).accepted == 1
    assert shop.colour("1") == RED


@pytest.mark.parametrize("order", permutations(["catalog", "early", "archive"]))
def test_pictures_may_come_before_and_after_their_items(shop, order):
    uploads = {
        "catalog": (
            "catalog/shop.jsonl",
            rows(item("1", image="a.png"), item("2", images=["b.png", "c.png"])),
        ),
        "early": ("images/a.png", picture(RED)),
        "archive": ("images/all.zip", zipped(**{"b.png": picture(GREEN), "c.png": picture(BLUE)})),
    }
    for name in order:
        shop.upload(*uploads[name])
    assert (shop.colour("1"), shop.colour("2")) == (RED, (0, 0.5, 0.5))


def test_a_replaced_picture_is_shown_and_a_deleted_one_goes(shop):
    shop.upload("catalog/shop.jsonl", rows(item("1"), item("2")))
    shop.upload("images/1.png", picture(RED))
    assert shop.upload("images/1.png", picture(BLUE)).changed == 1
    assert shop.colour("1") == BLUE
    report = shop.delete("images/1.png")
    assert (report.deleted, report.removed) == (True, 1)
    assert as_written(shop.items["1"].metadata) == display_metadata(shop.items["1"].metadata) == {}
    assert not PictureTable.read(shop.store).stems


def test_an_archive_owns_what_it_brought(shop):
    shop.upload("catalog/shop.jsonl", rows(item("1"), item("2"), item("3")))
    shop.upload("images/2.png", picture(BLUE))
    shop.upload("images/all.zip", zipped(**{"1.png": picture(RED), "2.png": picture(RED)}))
    assert [shop.colour(one) for one in "123"] == [RED, RED, None]
    report = shop.upload("images/all.zip", zipped(**{"3.png": picture(GREEN), "1.png": picture(RED)}))
    assert (report.added, report.changed, report.removed, report.unchanged) == (1, 0, 1, 1)
    assert [shop.colour(one) for one in "123"] == [RED, BLUE, GREEN]
    shop.delete("images/all.zip")
    assert [shop.colour(one) for one in "123"] == [None, BLUE, None]


@pytest.mark.parametrize("damage", [b"", b"[", b"[]", b'{"pictures": 5, "more": 1}'])
def test_where_the_note_on_an_archive_is_damaged_the_table_says_what_it_brought(shop, damage):
    shop.upload("catalog/shop.jsonl", rows(item("1"), item("2")))
    shop.upload("images/a.zip", zipped(**{"1.png": picture(RED), "2.png": picture(BLUE)}))
    (note,) = shop.store.list("pictures/owned/")
    shop.store.put(note.key, damage)
    report = shop.upload("images/a.zip", zipped(**{"2.png": picture(BLUE)}))
    assert report.problem is None
    assert (shop.colour("1"), shop.colour("2")) == (None, BLUE)
    assert {path for path, _ in PictureTable.read(shop.store).pictures()} == {"2.png"}


@pytest.mark.parametrize("damage", [b"", b"[", b"{}", b'["1"]'])
def test_a_damaged_marker_has_every_item_looked_at(shop, damage):
    shop.upload("images/1.png", picture(RED))
    item_log.append(shop.store, [CatalogItem("1", "a")])
    shop.store.put(f"{PENDING_PICTURES}a.json", damage)
    assert attach(shop.store) == 1
    assert list(shop.store.list(PENDING_PICTURES)) == []
    assert shop.colour("1") is not None


def test_a_catalogue_may_change_around_its_pictures(shop):
    first = rows(item("1", image="a.png", price=1), item("2"))
    shop.upload("catalog/shop.jsonl", first)
    shop.upload("images/a.png", picture(RED))
    end = item_log.end(shop.store)
    assert shop.upload("catalog/shop.jsonl", first).unchanged == 2
    written = [change for segment in item_log.read(shop.store, after=end) for change in segment.changes]
    assert not written  # the same rows, the same pictures: nothing to tell anybody
    shop.upload("catalog/shop.jsonl", rows(item("1", image="a.png", price=2), item("2", image="a.png")))
    assert (shop.colour("1"), shop.colour("2")) == (RED, RED)
    assert shop.items["1"].metadata["price"] == 2
    shop.upload("catalog/more.jsonl", rows(item("1", image="b.png")))
    assert shop.colour("1") is None
    shop.delete("catalog/more.jsonl")
    assert (shop.colour("1"), shop.items["1"].metadata["price"]) == (RED, 2)
    shop.delete("catalog/shop.jsonl")
    assert shop.items == {}


def test_a_checkpoint_keeps_what_pictures_said_and_who_wrote_the_rows(shop):
    shop.upload("catalog/shop.jsonl", rows(item("1", image="a.png"), item("2")))
    shop.upload("images/a.png", picture(RED))
    assert write_checkpoint(shop.store)
    remove_old(shop.store, [], now=9e9)
    assert shop.colour("1") == RED
    shop.upload("images/a.png", picture(GREEN))
    assert shop.colour("1") == GREEN
    assert shop.upload("catalog/shop.jsonl", rows(item("2"))).removed == 1
    assert list(shop.items) == ["2"]


def test_a_vector_of_the_shop_stays_and_the_picture_is_shown(shop):
    shop.upload("catalog/shop.jsonl", rows(item("1", vector=[0.5, 0.5, 0.5])))
    shop.upload("images/1.png", picture(RED))
    assert shop.colour("1") == (0.5, 0.5, 0.5)
    assert pictures_in(shop.items["1"].metadata)
    shop.delete("images/1.png")
    assert as_written(shop.items["1"].metadata) == {VECTOR: [0.5, 0.5, 0.5]}
    assert not pictures_in(shop.items["1"].metadata)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("shop.jsonl", rows(item("1", **{"$pictures": "x", "price": 3}), item("2"))),
        ("shop.csv", b"label,text,$pictures,price\n1,a hat,x,3\n2,a cap,y,4\n"),
    ],
)
def test_a_field_under_the_name_of_what_pictures_say_harms_nothing(shop, name, data):
    assert shop.upload(f"catalog/{name}", data).accepted == 2
    shop.upload("images/1.png", picture(RED))
    assert shop.colour("1") == RED
    assert display_metadata(shop.items["1"].metadata) == {"price": 3, COLOURS: ["red"]}
    assert shop.upload(f"catalog/{name}", data).unchanged == 2


def test_the_same_content_is_encoded_once(shop):
    shop.upload("images/a.png", picture(RED))
    shop.upload("images/b.png", picture(RED))
    shop.upload("images/a.png", picture(RED))
    assert shop.encoder.encoded == 1


@pytest.fixture
def encoded(shop):
    """A shop whose two pictures an encoder of before has encoded."""
    shop.upload("catalog/shop.jsonl", rows(item("1"), item("2"), item("3")))
    for label, colour in (("1", RED), ("2", BLUE)):
        shop.upload(f"images/{label}.png", picture(colour))
    shop.encoder = MeanColour()
    shop.encoder.version = "mean-2"
    return shop


def encoders_of(shop):
    return {shop.items[label].metadata["$pictures"]["encoder"] for label in ("1", "2")}


def test_the_first_upload_after_a_change_of_encoder_encodes_again_what_is_kept(encoded):
    encoded.upload("images/3.png", picture(GREEN))
    assert encoded.encoder.encoded == 3
    assert [encoded.colour(one) for one in "123"] == [RED, BLUE, GREEN]
    assert encoders_of(encoded) == {"mean-2"}


def test_items_keep_the_vectors_of_the_encoder_before_until_all_are_encoded(encoded):
    """Whoever was stopped half way goes on there."""
    encode = encoded.encoder.encode

    def stopped(pictures):
        if encoded.encoder.encoded == 1:
            raise KilledError
        return encode(pictures)

    encoded.encoder.encode = stopped
    with pytest.raises(KilledError):
        encoded.upload("images/3.png", picture(GREEN))
    assert encoders_of(encoded) == {"mean-1"}
    assert encoded.colour("1") == RED
    encoded.encoder.encode = encode
    encoded.take("images/3.png")
    assert encoded.encoder.encoded == 3
    assert [encoded.colour(one) for one in "123"] == [RED, BLUE, GREEN]


def test_a_request_after_a_change_of_encoder_encodes_its_own_picture_alone(encoded):
    """A shop has more kept pictures than a request has time for."""
    reader = InProcessReader(encoded.store, lambda: encoded.encoder)
    name = reader.keep(picture(GREEN))
    reader.vector(picture(GREEN))
    assert encoded.encoder.encoded == 2
    attach(encoded.store)
    assert encoders_of(encoded) == {"mean-1"}
    assert [encoded.colour(one) for one in "12"] == [RED, BLUE]
    encoded.upload("images/3.png", picture(GREEN))
    assert encoded.encoder.encoded == 4
    assert encoders_of(encoded) == {"mean-2"}
    assert pictures_in(encoded.items["3"].metadata) == [name]
    assert encoded.colour("3") == GREEN


def test_pictures_that_come_at_once_are_unpacked_one_after_another(tmp_path):
    """A small file may take most of a gigabyte, and twelve of them came at once."""
    inside, most = 0, 0

    class Watched(MeanColour):
        def encode(self, pictures):
            nonlocal inside, most
            inside += 1
            most = max(most, inside)
            time.sleep(0.002)
            inside -= 1
            return super().encode(pictures)

    reader = InProcessReader(FolderStore(tmp_path), Watched)
    contents = [picture((one / 8, 0, 0)) for one in range(8)]
    with ThreadPoolExecutor(len(contents)) as pool:
        vectors = list(pool.map(reader.vector, contents))
        names = set(pool.map(reader.keep, contents))
    assert most == 1
    assert [vector[0] for vector in vectors] == pytest.approx([one / 8 for one in range(8)], abs=0.01)
    assert len(names) == len(contents)


@pytest.mark.parametrize("write", ["before", "after"])
def test_items_that_were_looked_at_while_the_encoder_changed_are_looked_at_again(encoded, write):
    """Somebody else works off the markers just before or after the new encoder is named."""

    class Interleaved(ObservedStore):
        def put(self, key, data):
            if key == PICTURE_ENCODER and write == "before":
                attach(encoded.store)
            etag = encoded.store.put(key, data)
            if key == PICTURE_ENCODER and write == "after":
                attach(encoded.store)
            return etag

    adopt(Interleaved(encoded.store), encoded.encoder)
    attach(encoded.store)
    assert encoders_of(encoded) == {"mean-2"}


def test_who_began_with_the_encoder_before_takes_nothing_back(encoded):
    """One worker waits between reading the log and writing to it, while another one attaches new vectors."""
    put_at(encoded.store, CATALOG, rows(item("1", price=1), item("2", price=1)), 2_000.0)
    preprocess_upload(encoded.store, CATALOG)
    raced = []

    def around(name, request):
        if name == "create" and not raced:
            raced.append(True)
            adopt(encoded.store, encoded.encoder)
            attach(encoded.store)
        return request()

    attach(ObservedStore(encoded.store, around))
    assert raced
    assert encoders_of(encoded) == {"mean-2"}


def test_a_marker_that_another_worker_has_worked_off_meanwhile_is_left_to_it(encoded):
    mark(encoded.store, ["1"])
    mark(encoded.store, ["2"])
    raced = []

    def around(name, request):
        if name == "get" and not raced:
            raced.append(attach(encoded.store))
        return request()

    assert attach(ObservedStore(encoded.store, around)) == 0
    assert raced
    assert not [*encoded.store.list(PENDING_PICTURES)]
    assert [encoded.colour(one) for one in "12"] == [RED, BLUE]


def test_refused_pictures_are_reported_and_kept(shop):
    mixed = {
        "1.png": picture(RED),
        "drawing.svg": b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
        "cut.jpg": picture(RED, "JPEG")[:100],
        "../out.png": picture(RED),
        ".DS_Store": b"mac",
        "readme.txt": b"hello",
    }
    report = shop.upload("images/all.zip", zipped(**mixed))
    assert (report.rows_read, report.accepted, report.rejected) == (5, 1, 4)
    assert {code: reason.count for code, reason in report.reasons.items()} == {
        "picture_is_svg": 1, "picture_damaged": 1, "bad_picture_path": 1, "not_a_picture": 1,
    }  # fmt: skip
    assert "drawing.svg: SVG" in report.reasons["picture_is_svg"].examples[0]
    assert ".DS_Store" in report.notes[0]
    with zipfile.ZipFile(io.BytesIO(shop.store.get("quarantine/uploads/images/all.zip"))) as kept:
        assert kept.namelist() == ["drawing.svg", "cut.jpg", "readme.txt"]
        assert kept.read("cut.jpg") == mixed["cut.jpg"]
    shop.upload("images/all.zip", zipped(**{"1.png": picture(RED)}))
    assert not list(shop.store.list("quarantine/"))


def test_one_refused_file_lies_in_the_quarantine(shop):
    report = shop.upload("images/x.png", b"<svg/>")
    assert (report.rejected, report.quarantine) == (1, "quarantine/uploads/images/x.png")
    assert shop.store.get(report.quarantine) == b"<svg/>"


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.gif", picture(RED), "unknown_format"),
        ("a.zip", b"PK no archive", "damaged_archive"),
        ("a.zip", zipped(), "no_pictures"),
        ("a.tar.gz", b"\x1f\x8b damaged", "damaged_archive"),
        ("a.zip", zipped(**{f"{n}.png": b"" for n in range(6)}), "too_many_pictures"),
    ],
)
def test_what_is_no_archive_of_pictures_is_a_clear_report(shop, monkeypatch, name, data, code):
    monkeypatch.setattr(archives, "MAX_PICTURES", 5)
    report = shop.upload(f"images/{name}", data)
    assert report.problem["code"] == code
    assert load_report(shop.store, f"uploads/images/{name}") == report


def test_pictures_that_belong_to_no_item_are_named_until_one_shows_them(shop):
    shop.upload("catalog/shop.jsonl", rows(item("a"), item("b", image="bee.png")))
    shop.upload("images/x.zip", zipped(**{"a.png": picture(RED), "bea.png": picture(BLUE)}))
    (note,) = load_report(shop.store, "uploads/images/x.zip").notes
    assert note.startswith("No item has 1 of these pictures, when they were last looked at: bea.png.")
    shop.upload("images/x.zip", zipped(**{"a.png": picture(RED), "bee.png": picture(BLUE)}))
    assert load_report(shop.store, "uploads/images/x.zip").notes == []
    assert pictures_in(shop.items["b"].metadata)


def test_what_no_upload_brings_any_more_is_removed_a_week_later(shop):
    shop.upload("catalog/shop.jsonl", rows(item("a"), item("b")))
    shop.upload("images/a.png", picture(RED))
    shop.upload("images/b.png", picture(GREEN))
    shop.upload("images/again.png", picture(GREEN))
    shop.delete("images/a.png")
    shop.delete("images/b.png")  # the same content is still brought by another upload
    now = time.time()
    assert list(sweep(shop.store, now)) == []
    ((name, size),) = sweep(shop.store, now + UNUSED_S + 60)
    assert size > 0
    left = [entry.key for prefix in (PICTURE_VECTORS, SHOWN_PICTURES) for entry in shop.store.list(prefix)]
    assert len(left) == 1 + len(WIDTHS)
    assert not any(name in key for key in left)
    shop.upload("images/a.png", picture(RED))
    assert shop.colour("a") == RED


def test_a_picture_that_comes_again_is_not_removed_before_its_item_has_it(shop):
    shop.upload("images/a.png", picture(RED))
    shop.delete("images/a.png")
    (vector,) = shop.store.list(PICTURE_VECTORS)
    put_at(shop.store, vector.key, shop.store.get(vector.key), time.time() - UNUSED_S - 60)
    name = keep(shop.store, shop.encoder, picture(RED))  # a worker that has not yet written to the table
    assert vector.key.endswith(name)
    assert list(sweep(shop.store, time.time())) == []
    assert shop.encoder.encoded == 1


def test_vectors_of_an_encoder_before_are_removed_and_pictures_stay(shop):
    shop.upload("catalog/shop.jsonl", rows(item("a")))
    shop.upload("images/a.png", picture(RED))
    shop.encoder.version = "mean-2"
    shop.upload("images/a.png", picture(RED) + b" ")
    shop.store.put(f"{PICTURE_VECTORS}mean-1/{pictures_in(shop.items['a'].metadata)[0]}", b"[]\n")
    list(sweep(shop.store, time.time() + UNUSED_S + 60))
    assert {entry.key.split("/")[2] for entry in shop.store.list(PICTURE_VECTORS)} == {"mean-2"}
    assert len(list(shop.store.list(SHOWN_PICTURES))) == len(WIDTHS)


def test_tar_archives_bring_their_files_and_no_links(shop):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        for name, content in (("./sub/1.png", picture(RED)),):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        link = tarfile.TarInfo("2.png")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    shop.upload("catalog/shop.jsonl", rows(item("1"), item("2")))
    report = shop.upload("images/all.tar.gz", data.getvalue())
    assert (report.accepted, report.rejected) == (1, 1)
    assert (shop.colour("1"), shop.colour("2")) == (RED, None)


def test_a_tar_says_how_far_it_is_read(tmp_path):
    with tarfile.open(tmp_path / "all.tar", "w") as archive:
        for number in range(4):
            entry = tarfile.TarInfo(f"{number}.png")
            entry.size = 20_000
            archive.addfile(entry, io.BytesIO(bytes(entry.size)))
    shares = []
    with heard(shares.append):
        list(archives.members("uploads/images/all.tar", tmp_path / "all.tar", "tar", []))
    assert shares == sorted(shares)
    assert len({*shares}) >= 4
    assert shares[0] < 0.3 < shares[-1] <= 1.0


def test_an_archive_that_unpacks_to_too_much_is_refused(shop, monkeypatch):
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("large.png", bytes(archives.MAX_BYTES + 1))
        archive.writestr("1.png", picture(RED))
    report = shop.upload("images/all.zip", bomb.getvalue())
    assert (report.accepted, report.reasons["picture_too_large"].count) == (1, 1)
    monkeypatch.setattr(archives, "MAX_UNPACKED", 100)
    monkeypatch.setattr(archives, "_BOMB", archives._BOMB)
    many = zipped(**{f"{n}.png": picture(BLUE) for n in range(9)})
    assert shop.upload("images/many.zip", many).problem["code"] == "too_large"


def test_an_archive_that_lost_most_pictures_is_held_back(shop):
    many = {f"{n}.png": picture((n % 256 / 255, 0, 0)) for n in range(100)}
    shop.upload("images/all.zip", zipped(**many))
    report = shop.upload("images/all.zip", zipped(**{"1.png": many["1.png"]}))
    assert report.problem["code"] == "held_back"
    assert len(PictureTable.read(shop.store).stems) == 100


@pytest.mark.parametrize("after", [False, True])
def test_a_worker_that_is_killed_leaves_it_to_the_next(tmp_path, after):
    write = 0
    while True:
        shop = Shop(FolderStore(tmp_path / f"{write}"))
        shop.upload("catalog/shop.jsonl", rows(item("1"), item("2")))
        shop.upload("images/all.zip", zipped(**{"1.png": picture(RED)}))
        dying = killed_at(shop.store, write, after=after)
        try:
            shop.upload("images/all.zip", zipped(**{"2.png": picture(BLUE)}), store=dying)
        except KilledError:
            shop.take("images/all.zip")
            assert (shop.colour("1"), shop.colour("2")) == (None, BLUE), write
            write += 1
        else:
            break
    assert write > 8


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_damaged_archive_is_a_report_whatever_is_wrong(tmp_path_factory, data):
    content = bytearray(zipped(**{"1.png": picture(RED), "2.png": picture(BLUE)}))
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=8)):
        content[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    shop = Shop(FolderStore(tmp_path_factory.mktemp("store")))
    report = shop.upload("images/a.zip", bytes(content[:cut]))
    assert report.problem or report.accepted or report.rejected


def test_a_writer_of_the_table_waits_for_those_that_were_first(shop, monkeypatch):
    """Pictures of one name in many folders lie in one part, which all their uploads write to at once."""
    pauses, firsts = [], [*range(20)]
    monkeypatch.setattr(table_of_pictures, "time", SimpleNamespace(sleep=pauses.append))

    def around(name, request):
        if name in ("create", "replace") and firsts:
            number = firsts.pop()
            claim = Claim("", f"{IMAGE_UPLOADS}{number}/front.png", 1.0)
            change(shop.store, claim, {f"{number}/front.png": f"hash {number}"})
        return request()

    change(ObservedStore(shop.store, around), Claim("", "mine", 1.0), {"x/front.png": "hash"})
    assert len(PictureTable.read(shop.store, ["front"]).all_names) == 21
    assert len(pauses) == 20
    assert 0.1 < max(pauses) <= 2


def test_pictures_of_one_item_that_come_one_by_one_are_all_shown(shop):
    shop.upload("catalog/shop.jsonl", rows(item("1", images=["b.png", "c.png", "x/d.png"])))
    for name, colour in (("c", BLUE), ("x/d", RED), ("b", GREEN)):
        shop.upload(f"images/{name}.png", picture(colour))
    assert len(pictures_in(shop.items["1"].metadata)) == 3
    shop.delete("images/c.png")
    assert shop.colour("1") == (0.5, 0.5, 0)


@pytest.mark.parametrize("order", permutations(["catalog", "views", "front"]))
@pytest.mark.parametrize(
    "names",
    [
        ["a-1.png", "a_2.png", "a (10).png"],
        ["A/front.png", "a/back.png", "a/side.png"],
        ["deep/a/1.png", "deep/a/2.png", "deep/a/a-03.png"],
    ],
)
def test_views_are_found_by_the_items_name(shop, names, order):
    first, *others = names
    uploads = {
        "catalog": ("catalog/shop.jsonl", rows(item("a"), item("b"))),
        "front": (f"images/{first}", picture(RED)),
        "views": ("images/all.zip", zipped(**dict(zip(others, map(picture, (GREEN, BLUE)), strict=True)))),
    }
    for name in order:
        shop.upload(*uploads[name])
    assert [shop.colour(label) for label in "ab"] == [(0.3, 0.3, 0.3), None]
    assert pictures_in(shop.items["a"].metadata)[0] == hashlib.sha256(picture(RED)).hexdigest()[:32]


def test_a_picture_that_has_an_items_whole_name_is_no_view_of_another(shop):
    labels = ["a", "a-1", "b", "front", "c", "c-2", "d"]
    shop.upload("catalog/shop.jsonl", rows(*map(item, labels)))
    paths = ["a-1.png", "b/front.png", "d/c-2.png", "d/c-5.png", "a-1-2.png", "a-123.png"]
    shop.upload("images/all.zip", zipped(**{path: picture(RED) for path in paths}))
    shown = {label: len(pictures_in(shop.items[label].metadata)) for label in labels}
    assert shown == {"a": 0, "a-1": 1, "b": 0, "front": 1, "c": 1, "c-2": 1, "d": 0}
    shop.upload("catalog/shop.jsonl", rows(item("a"), item("b")))
    assert pictures_in(shop.items["a"].metadata)
    assert pictures_in(shop.items["b"].metadata)


def test_a_shops_one_folder_is_no_items(shop):
    """Its part of the table would be written with each of a hundred thousand pictures."""
    shop.upload("catalog/shop.jsonl", rows(item("products"), item("p7")))
    some = {f"products/p{n}.png": picture((n / 255, 0, 0)) for n in range(100)}
    shop.upload("images/all.zip", zipped(**some))
    shop.upload("images/products/more.png", picture(RED))
    assert not pictures_in(shop.items["products"].metadata)
    assert pictures_in(shop.items["p7"].metadata)
    assert sum("products/" in path for path in orjson.loads(shop.store.get(part_of("products")))) < 60


def part_of(name):
    return f"{PICTURE_TABLE}{hashlib.sha256(name.encode()).digest()[0]:02x}.json"


@pytest.mark.parametrize(
    ("metadata", "shown"),
    [({"image": "a.png"}, 3), ({"images": ["a.png", "b.png"]}, 2), ({"image": "z.png"}, 3)],
)
def test_views_by_name_follow_the_one_picture_that_an_item_names(shop, metadata, shown):
    files = {
        "a.png": picture(RED),
        "b.png": picture(BLUE),
        "a-1.png": picture(GREEN),
        "a-2.png": picture(GREEN),
    }
    files["a-2.png"] = picture((0, 0.5, 0))
    shop.upload("images/all.zip", zipped(**files))
    shop.upload("catalog/shop.jsonl", rows(item("a", **metadata)))
    found = pictures_in(shop.items["a"].metadata)
    assert len(found) == shown
    assert found[0] == hashlib.sha256(files["a.png"]).hexdigest()[:32]


def test_the_report_says_what_a_picture_was_taken_for_by_its_name(shop):
    shop.upload("catalog/shop.jsonl", rows(item("a"), item("b")))
    shop.upload(
        "images/all.zip",
        zipped(**{"a-1.png": picture(RED), "b/x.png": picture(BLUE), "c-1.png": picture(GREEN)}),
    )
    report = load_report(shop.store, "uploads/images/all.zip")
    assert report.notes == [
        "No item has 1 of these pictures, when they were last looked at: c-1.png. A picture is shown once an"
        " item names it in `image` or `images`, or is called like it.",
        "Views of an item by their names alone: 2 of these pictures, a-1.png (item a, by the number behind"
        " its id), b/x.png (item b, by the name of the folder).",
    ]


def test_what_the_api_writes_shows_views_by_name(shop):
    shop.upload("images/all.zip", zipped(**{"a-1.png": picture(RED), "a-2.png": picture(BLUE)}))
    change, _ = Pictures(shop.store).lines_of(CatalogItem("a", ""), 5.0, {"a-2"}.__contains__)
    assert change.metadata[VECTOR] == [1, 0, 0]
