"""People are erased while uploads with their rows keep arriving: none comes back."""

import threading

import duckdb

from local.system import LocalSystem
from object2vec.ingest.report import load_report
from object2vec.users.erasure import pending
from tests.helpers.uploads import catalogue
from tests.local.test_damaged_state import ask, drop, event_of

PEOPLE = [f"person-{n}" for n in range(24)]


def held(store):
    """Whom the curated data and the histories hold."""
    found = set()
    for entry in store.list("curated/interactions/"):
        if entry.key.endswith(".parquet"):
            path = store.url.removeprefix("file://") + "/" + entry.key
            found |= {user for (user,) in duckdb.sql(f"SELECT DISTINCT user_id FROM '{path}'").fetchall()}
    return found


def test_nobody_who_was_erased_while_uploads_arrived_is_back(tmp_path):
    drop(tmp_path, "uploads/catalog/a.jsonl", catalogue({"i1": "red shirt", "i2": "blue jeans"}))
    system = LocalSystem(tmp_path / "data", tmp_path / "work")
    list(system.take_uploads())
    ended = threading.Event()

    def watch():
        while not ended.is_set():
            list(system.take_uploads())
            system.curate()

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        for n, person in enumerate(PEOPLE):
            assert ask(system, "POST", "/events", event_of(person, f"i{n}"))[0] == 200
            assert ask(system, "POST", "/events", event_of(f"stays-{n}", f"i{n}"))[0] == 200
            drop(
                tmp_path, f"uploads/interactions/{n}.csv", b"USER_ID,ITEM_ID,TIMESTAMP\nother,i1,1700000000\n"
            )
            assert ask(system, "DELETE", f"/users/{person}")[0] == 200
    finally:
        ended.set()
        watching.join()
    list(system.take_uploads())
    system.curate()
    assert pending(system.store) == []
    assert held(system.store) == {"other", *(f"stays-{n}" for n in range(len(PEOPLE)))}
    states = {ask(system, "GET", f"/users/{person}")[1]["status"] for person in PEOPLE}
    assert states == {"done"}


def test_an_upload_that_waited_for_a_training_brings_back_nobody_who_was_erased_meanwhile(tmp_path):
    drop(tmp_path, "uploads/catalog/a.jsonl", catalogue({"i1": "red shirt"}))
    system = LocalSystem(tmp_path / "data", tmp_path / "work")
    list(system.take_uploads())
    waiting = "uploads/interactions/waits.csv"
    rows = b"USER_ID,ITEM_ID,TIMESTAMP\nann,i1,1700000000\nbob,i1,1700000000\n"
    drop(tmp_path, waiting, rows)
    assert ask(system, "DELETE", "/users/ann")[0] == 200
    list(system.take_uploads())
    assert held(system.store) == {"bob"}
    report = ask(system, "GET", "/users/ann")[1]
    assert report["status"] == "done"
    assert report["left"]["uploads"] == [waiting]
    assert load_report(system.store, waiting).left_out["erased"].count == 1
    assert pending(system.store) == []
