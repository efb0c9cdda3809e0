"""Releases come and go under the running API; it keeps answering."""

from pathlib import Path
from threading import Event, Thread

import pytest

from object2vec import release
from object2vec.core.catalog import CatalogItem
from object2vec.search.index import Request
from object2vec.storage import item_log
from object2vec.storage.item_log import Removed


def folder(store):
    return Path(store.url.removeprefix("file://"))


def test_other_writers_are_seen_within_a_second(client, store, clock):
    assert client("GET", "/items/new")[0] == 404
    item_log.append(store, [CatalogItem("new", "Rye bread"), Removed("p1")])
    assert client("GET", "/items/new")[0] == 404
    clock.now += 1.1
    assert client("GET", "/items/new")[0] == 200
    assert client("GET", "/items/p1")[0] == 404
    assert client("GET", "/health")[1]["index"]["watermark"] == 2


def test_a_new_release_takes_over_with_the_tail(client, store, clock, publish):
    client("PUT", "/items/new", {"text": "bread"})
    publish("v2", watermark=1, model="topics-2")
    clock.now += 1.1
    answer = client("POST", "/search", {"query": "bread"})[1]
    assert answer["model_version"] == "topics-2"
    assert answer["total"] == 1
    state = client("GET", "/health")[1]
    assert (state["status"], state["index"]["version"], state["index"]["watermark"]) == ("ok", "v2", 2)


def break_index(path):
    (path / "index" / "vectors.npy").write_bytes(b"nonsense")


def lose_index(path):
    (path / "index" / "documents.bin").unlink()


def lose_encoder(path):
    (path / "encoder" / "version").unlink()


def mix_models(path):
    (path / "encoder" / "version").write_text("another model")


@pytest.mark.parametrize("damage", [break_index, lose_index, lose_encoder, mix_models])
def test_a_damaged_release_never_reaches_a_request(client, store, clock, publish, damage):
    client("GET", "/health")
    publish("v2", watermark=1, model="topics-2")
    damage(folder(store) / "releases" / "v2")
    clock.now += 1.1
    status, answer, _ = client("POST", "/search", {"query": "pizza"})
    assert (status, answer["model_version"], answer["total"]) == (200, "topics-1", 2)
    assert answer["degraded"] is True
    state = client("GET", "/health")[1]
    assert state["status"] == "degraded"
    assert state["problem"]
    assert client("PUT", "/items/new", {"text": "bread"})[0] == 200
    assert client("GET", "/items/new")[0] == 200
    release.go_live(store, "v1", instead_of="v2")
    clock.now += 1.1
    assert client("GET", "/health")[1]["status"] == "ok"


def test_a_pointer_to_nowhere_is_reported_and_survived(client, store, clock):
    client("GET", "/health")
    store.put(release.manifest.LIVE, b'{"version": "v9", "previous": null}')
    clock.now += 1.1
    assert client("POST", "/search", {"query": "pizza"})[1]["total"] == 2
    assert "v9" in client("GET", "/health")[1]["problem"]


def test_a_failing_store_is_survived(client, live, clock, monkeypatch):
    client("GET", "/health")

    class Broken:
        def __getattr__(self, name):
            raise TimeoutError("the store does not answer")

    monkeypatch.setattr(live._newest, "_store", Broken())
    clock.now += 1.1
    assert client("POST", "/search", {"query": "pizza"})[1]["degraded"] is True
    assert "does not answer" in client("GET", "/health")[1]["problem"]
    monkeypatch.undo()
    clock.now += 1.1
    assert client("GET", "/health")[1]["status"] == "ok"


def test_releases_change_under_concurrent_readers_without_a_failure(live, publish, clock, store):
    item_log.append(store, [CatalogItem("p1", "pizza")])
    publish("v0", watermark=1)
    live.get()
    done, failures = Event(), []

    def read():
        while not done.is_set():
            try:
                current = live.get()
                snapshot = current.index.snapshot
                result = snapshot.search(Request(text="pizza"))
                assert result.total
                assert snapshot.version == current.manifest.version
            except Exception as error:
                failures.append(error)

    readers = [Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(1, 8):
        publish(f"v{number}", watermark=1)
        clock.now += 1.1
        live.catch_up()
    done.set()
    for reader in readers:
        reader.join()
    assert failures == []
    assert live.get().manifest.version == "v7"


def test_a_first_release_without_a_base_index_answers_from_the_log(bare, store, clock):
    item_log.append(store, [CatalogItem("1", "pizza")])
    (folder(store) / "releases/seed/encoder").mkdir(parents=True)
    (folder(store) / "releases/seed/encoder/version").write_text("topics-1")
    seed = release.Manifest(
        version="seed", model_version="topics-1", kind="seed", encoder="releases/seed/encoder/"
    )
    release.save(store, seed)
    release.go_live(store, "seed", instead_of=None)
    assert bare("POST", "/search", {"query": "pizza"})[1]["total"] == 1
