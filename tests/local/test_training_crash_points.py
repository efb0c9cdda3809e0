"""A training ends after any of its writes: the next start answers, from the release before or the new one."""

import json
import os
import shutil
from pathlib import Path

import pytest

from local.gateway_event import gateway_event
from local.system import LocalSystem
from object2vec.core.keys import LIVE
from object2vec.storage import FolderStore
from tests.helpers.observed_store import WRITES, ObservedStore
from tests.local.test_builtin_shop import shop

SHIRTS = 4
AROUND_GOING_LIVE = 4


def started(folder: Path, work: Path) -> LocalSystem:
    """A service as a new process starts it."""
    system = LocalSystem(folder / "data", work)
    list(system.take_uploads())
    system.curate()
    system.converge()
    return system


def ask(system: LocalSystem, path: str, **query: str):
    event = gateway_event("GET", path, query=list(query.items()), headers=[], body=b"")
    reply = system.answer(event, None)
    return reply["statusCode"], json.loads(reply["body"])


@pytest.fixture(scope="module")
def states(tmp_path_factory):
    """The store after each write of a training that released a model, and the keys written."""
    folder = tmp_path_factory.mktemp("trained")
    shop(folder / "data")
    system, keys = started(folder, folder / "work"), []

    def around(name, request):
        answer = request()
        if name in WRITES:
            state = folder / "states" / str(len(keys))
            shutil.copytree(folder / "work" / "store", state / "store", copy_function=os.link)
            keys.append(name)
        return answer

    before = system.live_version()
    system.store = ObservedStore(system.store, around)
    execution = system.train(lambda *_: None, {"epochs": "4"})
    assert execution.status == "Succeeded", execution.reason
    after = system.live_version()
    assert before.startswith("seed")
    assert after.startswith("trained")
    return folder, len(keys), (before, after)


def live_pointer(state: Path) -> bytes:
    return FolderStore(state / "store").get(LIVE)


@pytest.mark.slow
def test_whatever_was_written_last_the_next_start_answers(states):
    folder, count, versions = states
    pointers = [live_pointer(folder / "states" / str(n)) for n in range(count)]
    went_live = next(n for n in range(count) if pointers[n] != pointers[0])
    tried = {
        *range(0, count, 8),
        *range(went_live - AROUND_GOING_LIVE, min(went_live + AROUND_GOING_LIVE, count)),
    }
    for write in sorted(tried):
        system = started(folder, folder / "states" / str(write))
        hits = ask(system, "/search", query="shirt")[1]["hits"]
        assert {"shirt" in hit["text"] for hit in hits[:SHIRTS]} == {True}, f"write {write}"
        health = ask(system, "/health")[1]
        assert health["status"] == "ok", f"write {write}: {health['problem']}"
        assert health["model"]["version"] == versions[write >= went_live], f"write {write}"


@pytest.mark.slow
def test_a_training_after_one_that_was_killed_releases(states, tmp_path):
    folder, count, (_, trained) = states
    work = tmp_path / "work"
    shutil.copytree(folder / "states" / str(count // 2), work)
    system = started(folder, work)
    execution = system.train(lambda *_: None, {"epochs": "4"})
    assert execution.status == "Succeeded", execution.reason
    assert system.live_version() == trained, "the same data and seed make the same model"
