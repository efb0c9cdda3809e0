"""`/health` says that the disk takes nothing, although the news cannot be written down there."""

import errno
import json

import pytest

from lambdas.http.problems import problem
from local import troubles
from local.gateway_event import gateway_event
from local.troubles import told

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


def test_a_refused_write_says_what_to_do():
    answer = problem(OSError(errno.ENOSPC, "No space left on device"))
    assert answer.status_code == 503
    assert answer.body is not None
    assert "make room" in json.loads(answer.body)["detail"]
