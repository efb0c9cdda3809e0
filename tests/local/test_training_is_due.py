"""A restart trains what has changed since the latest training, by an earlier run or by the API."""

import json

import pytest

import local.system as module
from local.pipeline import Execution
from local.system import LocalSystem
from object2vec.core.keys import LATEST_EXECUTION
from object2vec.storage import item_log
from tests.helpers.uploads import catalogue

LOG = b"USER_ID,ITEM_ID,TIMESTAMP\nann,1,1700000000\nbob,2,1700000100\n"


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "train", lambda *_args, **_kwargs: Execution("run", status="Succeeded"))

    def start():
        system = LocalSystem(tmp_path / "shop", tmp_path / "work")
        return system, system.is_trained

    return tmp_path / "shop" / "uploads", start


def put(folder, name, content):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def test_what_was_read_while_serving_is_trained_at_a_restart(shop):
    uploads, start = shop
    put(uploads, "catalog/a.jsonl", catalogue({"1": "tea", "2": "milk"}))
    put(uploads, "interactions/log.csv", LOG)
    system, trained = start()
    assert not trained
    list(system.take_uploads())
    system.train(None, {})
    assert start()[1]
    put(uploads, "catalog/b.jsonl", catalogue({"3": "bread"}))
    list(system.take_uploads())
    system, trained = start()
    assert not trained
    system.train(None, {})
    (uploads / "interactions" / "log.csv").unlink()
    list(system.take_uploads())
    assert not start()[1]


def test_so_is_what_came_by_the_api(shop):
    uploads, start = shop
    put(uploads, "catalog/a.jsonl", catalogue({"1": "tea"}))
    system, _ = start()
    list(system.take_uploads())
    system.train(None, {})
    item_log.append(system.store, [item_log.Removed("1")])
    assert not start()[1]


def test_a_training_of_an_earlier_program_is_not_repeated(shop):
    _, start = shop
    system, _ = start()
    system.store.put(LATEST_EXECUTION, json.dumps({"id": "run", "ended": True, "reason": ""}).encode())
    assert start()[1]
