"""The page's curl against the events function: it signs as API Gateway wants, and the person is gone."""

import json
import os
import re
import shutil
import subprocess

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from lambdas.events import handler as events
from lambdas.settings import UserDataSettings
from lambdas.user_data import handler as worker
from local.http import gateway
from tests.helpers.documented import REGION, line
from tests.helpers.servers import served

KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token"}
pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="the page's command needs curl")


@pytest.fixture
def seen():
    """Requests as they came."""
    return []


@pytest.fixture
def url(tmp_path, monkeypatch, seen):
    monkeypatch.setenv("STORE_URL", (tmp_path / "store").as_uri())
    monkeypatch.setenv("HISTORY_URL", f"sqlite://{tmp_path / 'sessions.db'}")
    monkeypatch.setenv("AUTH", "none")
    for cached in (events._api, events._service):
        cached.cache_clear()

    def handler(event, context):
        seen.append(event)
        return events.handler(event, context)

    with served(gateway(handler)) as address:
        yield f"{address}/"
    for cached in (events._api, events._service):
        cached.cache_clear()


def run(start, url):
    text = line(start, ApiUrl=url, UserId="ann", Region=REGION) + " --silent --fail"
    ran = subprocess.run(
        ["bash", "-c", text], env=os.environ | KEYS, capture_output=True, check=True, timeout=30
    )
    return json.loads(ran.stdout)


def signature_of(event, url):
    """What AWS's own signer makes of the request, from the headers that were signed."""
    headers = {name.lower(): value for name, value in event["headers"].items()}
    given = headers["authorization"]
    names = re.search(r"SignedHeaders=([\w;-]+)", given)[1].split(";")
    request = AWSRequest(event["httpMethod"], url.rstrip("/") + event["path"], {n: headers[n] for n in names})
    request.context["timestamp"] = headers["x-amz-date"]
    keys = Credentials(KEYS["AWS_ACCESS_KEY_ID"], KEYS["AWS_SECRET_ACCESS_KEY"])
    signer = SigV4Auth(keys, "execute-api", REGION)
    expected = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    assert {"host", "x-amz-date", "x-amz-security-token"} <= set(names)
    assert headers["x-amz-security-token"] == KEYS["AWS_SESSION_TOKEN"]
    return given.rpartition("Signature=")[2], expected


def test_a_person_is_erased_and_the_report_says_so(url, seen):
    events._service().record([{"event_id": "1", "user_id": "ann", "item_id": "x"}])
    asked = run("curl --request DELETE", url)
    assert (asked["status"], asked["removed"]["session_events"]) == ("scheduled", 1)
    worker.erase_pending(UserDataSettings.read())
    report = run("curl --request GET", url)
    assert (report["status"], report["removed"]["logged_events"]) == ("done", 1)
    for event in seen:
        given, expected = signature_of(event, url)
        assert given == expected
