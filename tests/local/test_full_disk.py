"""`/health` says that the disk takes nothing, although the news cannot be written down there."""

import errno
import json
from pathlib import Path

import pytest

from lambdas.http.problems import problem
from local import troubles
from local.containers import CODE
from local.gateway_event import gateway_event
from local.releases import usable
from local.troubles import Troubles, told
from object2vec.release.seed import publish_seed
from object2vec.storage import FolderStore

OK = {"statusCode": 200, "body": '{"status": "ok", "problem": null}'}


def health(file):
    reply = told(lambda event, context: dict(OK), file)(gateway_event("GET", "/health"), None)
    return json.loads(reply["body"])


@pytest.mark.parametrize(
    ("code", "said"),
    [(errno.ENOSPC, "the disk is full: make room"), (errno.EROFS, "the disk is read-only")],
)
def test_health_says_so_until_it_takes_writes_again(tmp_path, monkeypatch, code, said):
    def refuses(**_):
        raise OSError(code, "refused")

    with monkeypatch.context() as patched:
        patched.setattr(troubles, "TemporaryFile", refuses)
        found = health(tmp_path / "troubles.json")
    assert found["status"] == "degraded"
    assert said in found["problem"]
    assert health(tmp_path / "troubles.json") == {"status": "ok", "problem": None}
    assert not list(tmp_path.iterdir())


def test_what_could_not_be_told_at_once_is_told_at_the_next_look(tmp_path, monkeypatch):
    file = tmp_path / "troubles.json"
    found = Troubles(file)
    with found.guard("index"):
        raise ValueError("broken")
    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", lambda *_: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
        found.over("index")
    assert "index" in health(file)["problem"]
    found.over("another")
    assert health(file)["status"] == "ok"


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EDQUOT])
def test_the_disks_fault_makes_no_other_release_live(tmp_path, code):
    store = FolderStore(tmp_path)
    publish_seed(store, CODE)

    def starts():
        raise OSError(code, "refused")

    with pytest.raises(OSError, match="refused"):
        usable(store, CODE, starts)


def test_a_refused_write_says_what_to_do():
    answer = problem(OSError(errno.ENOSPC, "No space left on device"))
    assert answer.status_code == 503
    assert answer.body is not None
    assert "make room" in json.loads(answer.body)["detail"]
