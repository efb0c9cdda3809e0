"""Files that come while something else runs."""

import time
from threading import Event

import pytest

from local import watch
from local.system import LocalSystem
from local.watch import watching
from object2vec.core.progress import heard, tell
from object2vec.ingest.report import load_report
from tests.helpers.uploads import catalogue


@pytest.fixture
def system(tmp_path, monkeypatch):
    monkeypatch.setattr(watch, "LOOK_SECONDS", 0.01)
    (tmp_path / "data/uploads/catalog").mkdir(parents=True)
    return LocalSystem(tmp_path / "data", tmp_path / "work")


def put(system, name, count):
    items = catalogue({f"i{n}": f"red shirt {n}" for n in range(count)})
    (system.uploads.folder / "uploads/catalog" / name).write_bytes(items)


def read(system, name):
    return load_report(system.store, f"uploads/catalog/{name}")


def test_a_file_is_read_while_a_training_runs_and_the_training_is_heard_alone(system):
    shares = []
    with watching(system), heard(shares.append):  # as a step of a training is
        put(system, "a.jsonl", 3)
        while read(system, "a.jsonl") is None:
            time.sleep(0.01)
        tell(0.5)
    assert read(system, "a.jsonl").accepted == 3
    assert shares == [0.5]


def test_what_is_being_read_at_the_end_is_read_to_its_end(system, monkeypatch):
    begun, take = Event(), system.take_uploads

    def slowly():
        begun.set()
        yield from take()

    monkeypatch.setattr(system, "take_uploads", slowly)
    put(system, "a.jsonl", 2_000)
    with watching(system):
        begun.wait()
    assert read(system, "a.jsonl").accepted == 2_000


def test_an_error_of_the_training_does_not_wait_for_an_upload(system, monkeypatch):
    begun, goes_on = Event(), Event()

    def hangs():
        begun.set()
        goes_on.wait()
        return iter(())

    monkeypatch.setattr(system, "take_uploads", hangs)

    def fails():
        with watching(system):
            begun.wait()
            raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        fails()
    goes_on.set()
