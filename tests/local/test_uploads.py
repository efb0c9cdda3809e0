"""Files in a folder, looked at again and again."""

import errno
import json
import os
import shutil
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

import local.uploads as uploads_module
from local.uploads import RETRY_S, Uploads
from object2vec.core.catalog import display_metadata
from object2vec.ingest.mapping import MAPPING_KEY
from object2vec.ingest.pictures.attach import attach
from object2vec.ingest.report import load_report
from object2vec.storage import FolderStore, item_log
from tests.helpers.killing import KilledError
from tests.helpers.observed_store import ObservedStore, killed_at
from tests.helpers.uploads import catalogue, items

A = "uploads/catalog/a.jsonl"


class Shop:
    def __init__(self, folder):
        self.data, self.store, self.now = folder / "data", FolderStore(folder / "store"), 0.0
        (self.data / "uploads" / "catalog").mkdir(parents=True)
        self.restart()

    def restart(self, store=None):
        self.uploads = Uploads(self.data, store or self.store, clock=lambda: self.now)

    def drop(self, rows, key=A, moment=None):
        path = self.data / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(rows if isinstance(rows, bytes) else catalogue(rows))
        if moment is not None:
            os.utime(path, (moment, moment))

    def look(self):
        found = [(report.key, report.problem and report.problem["code"]) for report in self.uploads.sync()]
        self.uploads.attach_pictures()
        return found


@pytest.fixture
def shop(tmp_path):
    return Shop(tmp_path)


def test_new_changed_and_deleted_files_are_taken_once(shop):
    shop.drop({"1": "a", "2": "a"}, moment=10)
    assert shop.look() == [(A, None)]
    assert shop.look() == []
    shop.drop({"1": "b"}, moment=20)
    assert shop.look() == [(A, None)]
    assert items(shop.store) == {"1": "b"}
    (shop.data / A).unlink()
    assert shop.look() == [(A, None)]
    assert items(shop.store) == {}
    assert shop.look() == []


def test_a_restart_reads_nothing_again_and_sees_what_happened_meanwhile(shop):
    shop.drop({"1": "a"}, moment=10)
    shop.drop({"2": "b"}, "uploads/catalog/b.jsonl", moment=10)
    shop.look()
    shop.restart()
    assert shop.look() == []
    (shop.data / A).unlink()
    shop.drop({"3": "b"}, "uploads/catalog/b.jsonl", moment=20)
    shop.restart()
    assert sorted(shop.look()) == [(A, None), ("uploads/catalog/b.jsonl", None)]
    assert items(shop.store) == {"3": "b"}


def test_an_idle_look_asks_the_store_for_nothing(shop, monkeypatch):
    shop.drop({"1": "a"}, moment=10)
    observed = ObservedStore(shop.store)
    shop.restart(observed)
    shop.look()
    observed.requests.clear()
    monkeypatch.setattr("builtins.open", lambda *_a, **_k: pytest.fail("a file was read"))
    assert shop.look() == shop.look() == []
    assert not observed.requests


def test_a_replacement_survives_a_process_that_ends_at_any_write(shop, tmp_path):
    shop.drop({"1": "a", "2": "a"}, moment=10)
    shop.look()
    shutil.copytree(tmp_path / "store", tmp_path / "before", copy_function=shutil.copy2)
    shop.drop({"1": "b", "3": "b"}, moment=20)
    for write in range(30):
        shutil.rmtree(tmp_path / "store")
        shutil.copytree(tmp_path / "before", tmp_path / "store", copy_function=shutil.copy2)
        dying = killed_at(FolderStore(tmp_path / "store"), write, after=True)
        shop.restart(dying)
        ended = False
        try:
            shop.look()
        except KilledError:
            ended = True
        shop.store = FolderStore(tmp_path / "store")
        shop.restart()
        shop.look()
        assert items(shop.store) == {"1": "b", "3": "b"}
        assert load_report(shop.store, A).etag == shop.store.head(A).etag
        if not ended:
            assert write > 5
            return
    pytest.fail("more writes than were tried")


ODD = [
    "uploads/.DS_Store",
    "uploads/catalog/.hidden.csv",
    "uploads/.git/x.csv",
    os.fsdecode(b"uploads/caf\xe9.csv"),
]
FINE = ["a b +%20.jsonl", "e\u0301.jsonl", "\u00e9.jsonl", "😀 #?.jsonl", "'\";.jsonl"]


@pytest.mark.parametrize("name", ODD)
def test_a_file_with_an_odd_name_is_ignored_and_said_once(shop, name):
    shop.drop(b"", name)
    shop.drop({"1": "a"})
    assert sorted(shop.look(), key=str) == sorted(
        [(os.fsencode(name).decode(errors="backslashreplace"), "ignored"), (A, None)], key=str
    )
    assert shop.look() == []
    assert items(shop.store) == {"1": "a"}


@pytest.mark.parametrize(
    "name", ["a b +%20.jsonl", "e\u0301.jsonl", "\u00e9.jsonl", "😀 #?.jsonl", "'\";.jsonl"]
)
def test_any_other_name_is_an_uploads(shop, name):
    shop.drop({"1": "a"}, f"uploads/catalog/{name}")
    assert shop.look() == [(f"uploads/catalog/{name}", None)]
    assert items(shop.store) == {"1": "a"}
    (shop.data / "uploads/catalog" / name).unlink()
    shop.look()
    assert items(shop.store) == {}


def test_two_of_the_longest_names_are_read_and_let_go(shop):
    one, other = (f"uploads/catalog/{'é' * 124}{end}.jsonl" for end in "ab")
    for key, item in ((one, "1"), (other, "2")):
        assert len(Path(key).name.encode()) == 255
        shop.drop(catalogue({item: "a"}) + b"not JSON\n", key)
    assert shop.look() == [(one, None), (other, None)]
    assert shop.look() == []
    assert items(shop.store) == {"1": "a", "2": "a"}
    assert len(list(shop.store.list("quarantine/"))) == len(list(shop.store.list("reports/"))) == 2
    (shop.data / one).unlink()
    shop.look()
    assert items(shop.store) == {"2": "a"}
    assert shop.uploads.unread == ""


def test_hidden_files_are_no_trouble_and_of_many_others_three_are_named(shop):
    shop.drop(b"", "uploads/catalog/.DS_Store")
    shop.look()
    assert shop.uploads.unread == ""
    for number in range(5):
        shop.drop(b"", os.fsdecode(b"uploads/catalog/caf\xe9%d.csv" % number))
    shop.look()
    assert shop.uploads.unread.count("rename it") == 3
    assert shop.uploads.unread.endswith("and 2 more")


def test_an_upload_that_fails_is_said_and_stops_no_other(shop, monkeypatch):
    bad, tries = "uploads/catalog/bad.jsonl", []
    shop.drop({"1": "a"}, bad)
    shop.drop({"2": "b"}, "uploads/catalog/z.jsonl")
    create = FolderStore.create

    def failing(self, key, data):
        if bad in key:
            tries.append(key)
            raise OSError(36, "File name too long")
        return create(self, key, data)

    monkeypatch.setattr(FolderStore, "create", failing)
    assert shop.look() == [(bad, "failed"), ("uploads/catalog/z.jsonl", None)]
    assert shop.look() == []
    shop.now += RETRY_S
    assert shop.look() == []  # tried again, and said before
    assert len(tries) == 2
    assert items(shop.store)["2"] == "b"
    assert shop.uploads.unread == f"{bad}: OSError: [Errno 36] File name too long. It is tried again."
    monkeypatch.setattr(FolderStore, "create", create)
    (shop.data / bad).unlink()
    shop.look()
    assert (items(shop.store), shop.uploads.unread) == ({"2": "b"}, "")


def test_what_failed_for_a_moment_is_taken_later(shop, monkeypatch):
    shop.drop({"1": "a"}, moment=10)
    with monkeypatch.context() as patch:
        patch.setattr(FolderStore, "upload", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
        assert shop.look() == [(A, "failed")]
    assert shop.look() == []
    shop.now += RETRY_S
    assert shop.look() == [(A, None)]


def test_a_folder_that_is_not_there_deletes_nothing(shop):
    shop.drop({"1": "a"})
    shop.look()
    (shop.data / "uploads").rename(shop.data / "elsewhere")
    assert shop.look() == []
    assert items(shop.store) == {"1": "a"}


def test_a_held_back_version_is_confirmed_by_a_file(shop):
    shop.drop({str(n): "a" for n in range(200)}, moment=10)
    shop.look()
    shop.drop({"1": "a"}, moment=20)
    assert shop.look() == [(A, "held_back")]
    assert len(items(shop.store)) == 200
    shop.drop(b"", f"{A}.confirm", moment=30)
    assert shop.look() == [(A, None)]
    assert items(shop.store) == {"1": "a"}
    shop.restart()
    assert shop.look() == []


def test_pictures_come_with_the_catalogue_and_are_attached_once(shop, monkeypatch):
    drawn = BytesIO()
    Image.new("RGB", (40, 40), "red").save(drawn, "PNG")
    shop.drop({"1": "a", "2": "b"}, moment=10)
    for name in ("1.png", "2.png"):
        shop.drop(drawn.getvalue(), f"uploads/images/{name}", moment=10)
    attachments = []
    monkeypatch.setattr(uploads_module, "attach", lambda store: attachments.append(attach(store)))
    assert len(shop.look()) == 3
    assert attachments == [2]
    found, _ = item_log.replay(item_log.read(shop.store))
    assert found["1"].metadata["vector"] == found["2"].metadata["vector"]
    (shop.data / "uploads/images/1.png").unlink()
    shop.look()
    found, _ = item_log.replay(item_log.read(shop.store))
    assert not display_metadata(found["1"].metadata)
    assert found["2"].metadata["vector"]


def test_logs_are_read_anew_when_the_mapping_changes(shop):
    log = "uploads/interactions/log.csv"
    shop.drop({"1": "a"})
    shop.drop(b"Kunde,Ding,Wann\nann,1,1700000000\n", log)
    fields = {"USER_ID": "Kunde", "ITEM_ID": "Ding", "TIMESTAMP": "Wann"}
    shop.drop(json.dumps({"interactions/*": {"fields": fields}}).encode(), MAPPING_KEY)
    shop.look()
    assert load_report(shop.store, log).accepted == 1
    shop.drop(
        json.dumps({"interactions/*": {"fields": fields | {"EVENT_VALUE": "Wann"}}}).encode(), MAPPING_KEY
    )
    assert log in [key for key, _ in shop.look()]


def test_without_the_mapping_files_are_read_as_they_are(shop):
    shop.drop(b"Nr,Wort\n1,Kessel\n", "uploads/catalog/a.csv")
    shop.drop(json.dumps({"catalog/*": {"fields": {"id": "Nr", "title": "Wort"}}}).encode(), MAPPING_KEY)
    shop.look()
    assert items(shop.store) == {"1": "Kessel"}
    (shop.data / MAPPING_KEY).unlink()
    assert "uploads/catalog/a.csv" in [key for key, _ in shop.look()]
    assert items(shop.store) == {}


def test_a_mapping_that_cannot_be_removed_reads_nothing_anew(shop, monkeypatch):
    shop.drop({"1": "a"})
    shop.drop(json.dumps({"catalog/*": {"fields": {"id": "label"}}}).encode(), MAPPING_KEY)
    shop.look()
    (shop.data / MAPPING_KEY).unlink()
    deleting, shop.store.delete = shop.store.delete, failing
    shop.look()
    read, work_off = [], uploads_module.work_off
    monkeypatch.setattr(uploads_module, "work_off", lambda *about: read.append(about) or work_off(*about))
    shop.look()
    assert read == []
    shop.store.delete, shop.now = deleting, shop.now + RETRY_S
    shop.look()
    assert len(read) == 2, "the mapping, and the file that it told about"


def failing(_key):
    raise OSError("the disk does not answer")


def test_a_link_to_a_file_elsewhere_is_read_as_the_file(tmp_path):
    shop = Shop(tmp_path)
    (tmp_path / "elsewhere.jsonl").write_bytes(catalogue({"1": "red shirt"}))
    (shop.data / A).symlink_to(tmp_path / "elsewhere.jsonl")
    (shop.data / "uploads/catalog/b.jsonl").symlink_to(tmp_path / "nowhere")
    nowhere, report = shop.uploads.sync()
    assert nowhere.problem["code"] == "ignored"
    assert shop.uploads.unread.startswith("uploads/catalog/b.jsonl: It is a link to what is not there")
    assert (report.key, report.accepted, report.problem) == (A, 1, None)
    assert items(shop.store)["1"] == "red shirt"


def test_a_folder_that_moves_to_another_disk_loses_nothing_and_a_disk_that_is_away_neither(shop, tmp_path):
    shop.drop({"1": "a"})
    shop.look()
    folder, disk = shop.data / "uploads/catalog", tmp_path / "disk"
    folder.rename(disk)
    folder.symlink_to(disk)
    assert shop.look() == []
    disk.rename(tmp_path / "away")
    for _ in range(2):
        assert shop.look() == [("uploads/catalog", "ignored")]
        assert items(shop.store) == {"1": "a"}
        shop.restart()
    folder.unlink()
    assert shop.look() == [(A, None)]
    assert items(shop.store) == {}


def test_a_folder_that_cannot_be_listed_loses_nothing(shop, monkeypatch):
    shop.drop({"1": "a"})
    shop.look()
    shop.drop({"2": "b"}, "uploads/catalog/more/b.jsonl")
    listed = os.scandir

    def scandir(folder):
        if str(folder).endswith("uploads/catalog"):
            raise OSError(errno.EIO, "Input/output error", str(folder))
        return listed(folder)

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", scandir)
        assert shop.look() == [("uploads/catalog", "ignored")]
        assert "What was read from it stays: OSError" in shop.uploads.unread
        assert items(shop.store) == {"1": "a"}
    assert shop.look() == [("uploads/catalog/more/b.jsonl", None)]
    assert shop.uploads.unread == ""


def test_links_in_a_circle_end(shop, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "b.jsonl").write_bytes(catalogue({"2": "b"}))
    shop.drop({"1": "a"})
    uploads = shop.data / "uploads"
    for link, to in (
        (uploads / "catalog/a-loop", uploads),
        (uploads / "catalog/outside", outside),
        (uploads / "catalog/outside-again", outside),
        (outside / "back", uploads),
        (outside / "self", outside),
    ):
        link.symlink_to(to)
    assert shop.look() == [(A, None), ("uploads/catalog/outside/b.jsonl", None)]
    assert items(shop.store) == {"1": "a", "2": "b"}
