"""The work folder of a local server, damaged in every way: it starts, answers, and says what is wrong."""

import errno
import json
import os
import shutil

import duckdb
import pytest

from local import api as local_api
from local import system as local_system
from local.gateway_event import gateway_event
from local.system import LocalSystem
from object2vec.ingest.report import load_report
from object2vec.storage import FolderStore
from object2vec.users.uploaded import UploadedHistories
from tests.helpers.pictures import RED, picture
from tests.helpers.uploads import catalogue, items

CATALOGUE = {f"i{n}": f"red shirt {n}" for n in range(8)}


def drop(folder, key, data):
    path = folder / "data" / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def start(folder):
    system = LocalSystem(folder / "data", folder / "work")
    list(system.take_uploads())
    system.curate()
    system.converge()
    return system


def ask(system, method, path, body=b"", **query):
    headers = [("content-type", "application/json")]
    event = gateway_event(method, path, query=list(query.items()), headers=headers, body=body)
    reply = system.answer(event, None)
    return reply["statusCode"], json.loads(reply["body"])


def event_of(user, item="i1"):
    return json.dumps({"events": [{"event_id": f"{user}-{item}", "user_id": user, "item_id": item}]}).encode()


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A shop whose server was killed: a release, curated events, one batch that is not curated yet."""
    folder = tmp_path_factory.mktemp("shop")
    drop(folder, "uploads/catalog/a.jsonl", catalogue(CATALOGUE))
    drop(
        folder,
        "uploads/interactions/a.csv",
        b"USER_ID,ITEM_ID,TIMESTAMP\nann,i1,1700000000\nbob,i2,1700000001\n",
    )
    drop(folder, "uploads/images/i1.png", picture(RED))
    with pytest.MonkeyPatch.context() as patch:  # even so small a log gets a base
        patch.setattr(local_system.indexer, "TAIL_CHANGES", 0)
        system = start(folder)
    for person in ("cat", "fay", "gil"):
        assert ask(system, "POST", "/events", event_of(person))[0] == 200
        system.curate()
    system.reindex()  # there are not twice as many at the next start, which would build a base anew
    assert ask(system, "POST", "/events", event_of("dan"))[0] == 200
    for name in ("rules", "synonyms"):
        assert ask(system, "PUT", f"/{name}", json.dumps({name: []}).encode())[0] == 200
    system.api.report_queries()
    assert ask(system, "GET", "/health")[1]["status"] == "ok"
    system.store.put("executions/latest.json", b'{"id": "1", "ended": true, "reason": ""}')
    return folder


@pytest.fixture
def copy(shop, tmp_path):
    shutil.copytree(shop, tmp_path / "shop", copy_function=shutil.copy2)
    return tmp_path / "shop"


STATE = {
    "live pointer": "store/releases/live.json",
    "manifest": "store/releases/*/manifest.json",
    "encoder": "store/releases/*/encoder/*.safetensors",
    "encoder's manifest": "store/releases/*/encoder/*.json",
    "endpoint's archive": "store/releases/*/model.tar.gz",
    "pictures' table": "store/pictures/table/*.json",
    "pictures of an upload": "store/pictures/owned/*.json",
    "pictures' encoder": "store/pictures/encoder",
    "picture's vector": "store/pictures/vectors/*/*",
    "rows of a catalogue": "store/catalog/files/*/*.jsonl",
    "index of these rows": "store/catalog/files/*/*.index",
    "synonyms": "store/synonyms/synonyms.json",
    "rules": "store/rules/rules.json",
    "query report": "store/reports/searches/latest.json",
    "query log": "query-log/*.jsonl",
    "report of an upload": "store/reports/uploads/catalog/*.json",
    "report of a log": "store/reports/uploads/interactions/*.json",
    "report of events": "store/reports/events/*.json",
    "curated log": "store/curated/interactions/*.parquet",
    "curated events": "store/curated/interactions/events/*.parquet",
    "batch of events": "store/events/*/*.jsonl",
    "histories' pointer": "store/histories/current.json",
    "histories' state": "store/histories/state.json",
    "histories": "store/histories/*/*.json.gz",
    "last execution": "store/executions/latest.json",
    "sessions": "work/../sessions.db",
    "hint at the log's end": "store/catalog/end.json",
    "vectors": "store/releases/*/index*/vectors.npy",
    "words": "store/releases/*/index*/lexical/*.term",
    "texts of words": "store/releases/*/index*/lexical/*.store",
    "documents": "store/releases/*/index*/documents.bin",
    "columns": "store/releases/*/index*/columns.npz",
    "ids": "store/releases/*/index*/ids.json",
    "statistics": "store/releases/*/index*/statistics.npz",
    "header of the index": "store/releases/*/index*/index.json",
}


def one_of(copy, what):
    """The first file of a kind; of releases that have one, that of the live release."""
    work = copy / "work"
    paths = sorted(work.glob(STATE[what].removeprefix("work/../")))
    assert paths, f"no {what} to damage"
    live = work / "store/releases" / json.loads((work / "store/releases/live.json").read_bytes())["version"]
    return next((path for path in paths if live in path.parents), paths[0])


def flipped(data):
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 0x55]) + data[middle + 1 :]


CHECKSUM = b'"checksum":"'
"""A flip elsewhere may leave a header that is no JSON: that is no base, and it is built again."""
DAMAGES = {"cut": lambda data: data[: len(data) // 2], "empty": lambda data: b"", "flip": flipped}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("what", STATE)
def test_a_damaged_file_keeps_no_server_from_starting_and_answering(copy, what, damage):
    path = one_of(copy, what)
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    system = start(copy)
    status, found = ask(system, "GET", "/search", query="red shirt")
    assert (status, found["total"]) == (200, len(CATALOGUE))
    assert ask(system, "POST", "/events", event_of("eve"))[0] == 200
    assert ask(system, "POST", "/recommendations", b'{"user_id": "ann"}')[0] == 200
    assert ask(system, "DELETE", "/users/ann")[0] == 200
    health = ask(system, "GET", "/health")[1]
    assert health["status"] in ("ok", "degraded")
    assert (health["status"] == "ok") == (health["problem"] is None)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_end_of_the_item_log_is_told_and_the_index_before_it_answers(copy, damage):
    assert ask(start(copy), "PUT", "/items/late", b'{"text": "late", "metadata": {}}')[0] == 200
    path = max((copy / "work/store/item-log").iterdir())
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    system = start(copy)
    assert ask(system, "GET", "/search", query="red shirt")[1]["total"] == len(CATALOGUE)
    assert ask(system, "POST", "/events", event_of("eve"))[0] == 200
    assert f"restore item-log/{path.name}" in ask(system, "GET", "/health")[1]["problem"]


@pytest.mark.parametrize(
    ("what", "key"),
    [("pictures' table", "uploads/images/i2.png"), ("index of these rows", "uploads/catalog/b.jsonl")],
)
def test_an_upload_that_damage_keeps_from_being_read_is_told_and_the_others_are_read(copy, what, key):
    path = one_of(copy, what)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    system = start(copy)
    drop(copy, "uploads/images/i2.png", picture(RED))
    drop(copy, "uploads/catalog/b.jsonl", catalogue({"i1": "blue scarf"}))
    drop(copy, "uploads/interactions/b.csv", b"USER_ID,ITEM_ID,TIMESTAMP\nzoe,i1,1700000009\n")
    list(system.take_uploads())
    problem = ask(system, "GET", "/health")[1]["problem"]
    assert path.relative_to(copy / "work/store").as_posix() in problem
    assert UploadedHistories(system.store).recent("zoe")
    path.write_bytes(whole)
    system.uploads._failed.clear()
    list(system.take_uploads())
    system.converge()
    assert ask(system, "GET", "/health")[1]["status"] == "ok"
    assert load_report(system.store, key).accepted == 1


@pytest.mark.parametrize("what", [what for what, place in STATE.items() if "/index*/" in place])
def test_one_flipped_bit_in_the_index_is_noticed_and_told(copy, what):
    path = one_of(copy, what)
    data = bytearray(path.read_bytes())
    place = data.index(CHECKSUM) + len(CHECKSUM) if what == "header of the index" else len(data) // 3
    data[place] ^= 1
    path.write_bytes(data)
    system = start(copy)
    assert ask(system, "GET", "/search", query="red shirt")[1]["total"] == len(CATALOGUE)
    health = ask(system, "GET", "/health")[1]
    assert health["status"] == "degraded"
    assert "cannot be used" in health["problem"]


@pytest.mark.parametrize("name", [".DS_Store", "old/.DS_Store", "untitled folder/x", "desktop.ini"])
def test_a_file_of_a_file_manager_in_the_log_is_ignored(copy, name):
    stray = copy / "work/store/item-log" / name
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_bytes(b"Bud1")
    system = start(copy)
    assert ask(system, "PUT", "/items/new", b'{"text": "green scarf", "metadata": {}}')[0] in (200, 201)
    assert ask(system, "GET", "/search", query="green scarf")[1]["hits"][0]["id"] == "new"


@pytest.mark.parametrize("name", [".DS_Store", "desktop.ini", "0123.json.tmp", "日本.json"])
def test_a_file_of_another_name_among_the_requests_is_none(copy, name):
    FolderStore(copy / "work/store").put(f"erasures/{name}", b"Bud1")
    system = start(copy)
    assert ask(system, "GET", "/health")[1]["status"] == "ok"
    assert ask(system, "DELETE", "/users/bob")[0] == 200
    assert ask(system, "GET", "/users/bob")[1]["status"] == "done"


def test_an_empty_request_for_an_erasure_is_told_and_the_others_are_done(copy):
    store = FolderStore(copy / "work/store")
    store.put("erasures/0123.json", b"")
    system = start(copy)
    assert ask(system, "DELETE", "/users/bob")[0] == 200
    assert ask(system, "GET", "/users/bob")[1]["status"] == "done"
    assert "erasures/0123.json" in ask(system, "GET", "/health")[1]["problem"]
    store.delete("erasures/0123.json")
    list(system.take_uploads())
    system.curate()
    assert ask(system, "GET", "/health")[1]["status"] == "ok"


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS])
def test_a_disk_that_takes_nothing_is_a_state_and_not_an_end(copy, monkeypatch, code):
    system = start(copy)
    drop(copy, "uploads/catalog/b.jsonl", catalogue({"b": "blue jeans"}))
    drop(copy, "uploads/interactions/b.csv", b"USER_ID,ITEM_ID,TIMESTAMP\nann,i3,1700000009\n")
    with monkeypatch.context() as patch:
        # Every write of the store begins with a file in its scratch folder.
        patch.setattr(FolderStore, "_scratch_file", lambda _: (_ for _ in ()).throw(OSError(code, "no")))
        assert {report.problem["code"] for report in system.take_uploads()} == {"failed"}
        assert ask(system, "GET", "/search", query="red shirt")[0] == 200
        assert ask(system, "PUT", "/items/x", b'{"text": "x", "metadata": {}}')[0] == 503
        assert ask(system, "POST", "/events", event_of("gus"))[0] == 503
    system.uploads._failed.clear()
    list(system.take_uploads())
    assert items(system.store)["b"] == "blue jeans"
    assert ask(system, "GET", "/health")[1]["status"] == "ok"


def test_whatever_an_upload_does_is_told_in_health_until_it_is_over(copy, monkeypatch):
    system = start(copy)
    with monkeypatch.context() as patch:
        patch.setattr(system.uploads, "sync", lambda: (_ for _ in ()).throw(MemoryError("too much")))
        assert list(system.take_uploads()) == []
        health = ask(system, "GET", "/health")[1]
    problem = "uploads: MemoryError: too much. It is tried again."
    assert (health["status"], health["problem"]) == ("degraded", problem)
    list(system.take_uploads())
    assert ask(system, "GET", "/health")[1]["status"] == "ok"


def test_an_index_that_could_not_be_built_is_built_at_the_next_look(copy, monkeypatch):
    system = start(copy)
    drop(copy, "uploads/catalog/b.jsonl", catalogue({"b": "blue jeans"}))
    looks = []
    with monkeypatch.context() as patch:
        patch.setattr(local_system.indexer, "look", lambda _: (_ for _ in ()).throw(OSError("broken")))
        list(system.take_uploads())
        assert "index: OSError: broken" in ask(system, "GET", "/health")[1]["problem"]
    monkeypatch.setattr(local_system.indexer, "look", looks.append)
    list(system.take_uploads())
    assert len(looks) == 1
    assert ask(system, "GET", "/health")[1]["status"] == "ok"


@pytest.mark.parametrize("what", ["curated log", "curated events"])
def test_a_damaged_curated_file_is_named_and_everybody_is_erased_from_the_others(copy, what, monkeypatch):
    start(copy)  # curates the last batch
    path = one_of(copy, what)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    system, key = start(copy), path.relative_to(copy / "work/store").as_posix()
    for person in ("ann", "cat"):  # of the upload, and of the events
        assert ask(system, "DELETE", f"/users/{person}")[0] == 200
    list(system.take_uploads())
    system.curate()
    assert f"{key} is damaged: restore it" in ask(system, "GET", "/health")[1]["problem"]
    assert ask(system, "GET", "/users/ann")[1]["status"] == "scheduled"
    others = (copy / "work/store/curated/interactions").rglob("*.parquet")
    rows = duckdb.read_parquet([str(other) for other in others if other != path]).project("user_id")
    assert not {user for (user,) in rows.fetchall()} & {"ann", "cat"}
    erase, tries = local_api.user_data.erase_pending, []
    monkeypatch.setattr(
        local_api.user_data,
        "erase_pending",
        lambda *given, **how: tries.append(given) or erase(*given, **how),
    )
    list(system.take_uploads())  # not tried at each look, and told at each
    assert (tries, key in ask(system, "GET", "/health")[1]["problem"]) == ([], True)
    path.write_bytes(whole)
    monkeypatch.setattr(local_api, "RETRY_S", 0.0)
    list(system.take_uploads())
    system.curate()
    assert ask(system, "GET", "/health")[1]["status"] == "ok"
    assert ask(system, "GET", "/users/ann")[1]["status"] == "done"


def test_a_file_that_cannot_be_read_for_its_name_is_told_until_it_has_another(copy):
    system = start(copy)
    name = os.fsdecode(b"caf\xe9.jsonl")
    drop(copy, f"uploads/catalog/{name}", catalogue({"b": "blue jeans"}))
    list(system.take_uploads())
    assert (
        "not UTF-8, as one from an old zip archive may be; rename it"
        in ask(system, "GET", "/health")[1]["problem"]
    )
    folder = copy / "data/uploads/catalog"
    (folder / name).rename(folder / "b.jsonl")
    list(system.take_uploads())
    assert ask(system, "GET", "/health")[1]["status"] == "ok"
    assert items(system.store)["b"] == "blue jeans"
