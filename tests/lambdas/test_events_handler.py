"""The events API and its worker, as their handlers are deployed, over a folder and a file."""

import json
import time

import pytest

from lambdas.events import handler as api
from lambdas.search.app import SearchRoutes
from lambdas.user_data import handler as worker
from local.gateway_event import gateway_event
from object2vec.ingest.preprocess import preprocess_upload
from object2vec.storage import FolderStore
from object2vec.users.histories import open_session_store
from object2vec.users.uploaded import UploadedHistories
from tests.helpers.sample_events import pairs


@pytest.fixture
def store(tmp_path, monkeypatch):
    store = FolderStore(tmp_path / "store")
    monkeypatch.setenv("STORE_URL", store.url)
    monkeypatch.setenv("HISTORY_URL", f"sqlite://{tmp_path}/sessions.db")
    monkeypatch.setenv("AUTH", "none")
    api._api.cache_clear()
    api._service.cache_clear()
    yield store
    api._api.cache_clear()
    api._service.cache_clear()


@pytest.fixture
def sessions(store, tmp_path):
    return open_session_store(f"sqlite://{tmp_path}/sessions.db")


def call(method, path, body=None, handler=api.handler):
    raw = body if isinstance(body, str) else "" if body is None else json.dumps(body)
    answer = handler(gateway_event(method, path, body=raw.encode()), None)
    return answer["statusCode"], json.loads(answer["body"])


def event(**more):
    return {"event_id": "1", "user_id": "u", "item_id": "i", **more}


def queue(*bodies):
    return {"Records": [{"body": json.dumps(body)} for body in bodies]}


def created(key):
    return {"detail-type": "Object Created", "detail": {"object": {"key": key}}}


def test_events_are_recorded_and_items_unknown_so_far_are_named(store, sessions):
    status, answer = call("POST", "/events", {"events": [event(), event(event_id="2", item_id="j", value=2)]})
    assert (status, answer) == (200, {"accepted": 2, "unknown_items": ["i", "j"]})
    assert len(sessions.recent("u")) == 2


BAD = {
    "none": {"events": []},
    "too many": {"events": [event(event_id=str(n)) for n in range(101)]},
    "no id": {"events": [{"user_id": "u", "item_id": "i"}]},
    "misspelt": {"events": [event(item="i")]},
    "no list": {"events": event()},
    "bare": [event()],
    "future": {"events": [event(timestamp=int(time.time()) + 86_400)]},
    "endless": '{"events": [{"value": 1e999}]}',
    "not a number": '{"events": [{"value": NaN}]}',
    "long": {"events": [event(user_id="u" * 257)]},
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
def test_a_bad_call_is_a_problem_and_keeps_nothing(store, sessions, body):
    status, answer = call("POST", "/events", body)
    assert (status, answer["status"]) == (400, 400)
    assert answer["detail"]
    assert sessions.recent("u") == []
    assert not list(store.list("events/"))


@pytest.mark.parametrize(("method", "path"), [("GET", "/events"), ("PUT", "/users/u"), ("DELETE", "/events")])
def test_other_methods_are_405(store, method, path):
    assert call(method, path)[0] == 405


def test_the_schedule_curates_for_the_next_training(store):
    call("POST", "/events", {"events": [event()]})
    worker.handler(queue({"detail-type": "Scheduled Event", "detail": {}}), None)
    (entry,) = store.list("curated/interactions/")
    assert entry.key.startswith("curated/interactions/events/")
    assert not list(store.list("events/"))


def test_an_upload_gives_its_users_a_past(store):
    store.put("uploads/interactions/a.csv", b"USER_ID,ITEM_ID,TIMESTAMP\nu,i,5\n")
    report = preprocess_upload(store, "uploads/interactions/a.csv")
    worker.handler(queue(created(report.outputs[0])), None)
    assert pairs(UploadedHistories(store).recent("u")) == [("i", 5)]


@pytest.mark.parametrize("user", ["u", "a/b c", "ä%2F"])
def test_a_person_is_forgotten_at_once_and_erased_soon_after(store, sessions, user):
    from urllib.parse import quote

    path = f"/users/{quote(user, safe='')}"
    assert call("GET", path) == (200, {**call("GET", path)[1], "status": "none"})
    call("POST", "/events", {"events": [event(user_id=user), event(event_id="2", user_id="other")]})
    status, answer = call("DELETE", path)
    assert (status, answer["status"], answer["removed"]["session_events"]) == (200, "scheduled", 1)
    assert (sessions.recent(user), len(sessions.recent("other"))) == ([], 1)
    (request,) = store.list("erasures/")
    worker.handler(queue(created(request.key)), None)
    status, answer = call("GET", path)
    assert (answer["status"], answer["removed"]["logged_events"]) == ("done", 1)
    assert store.get(answer["report"])
    worker.handler(queue(created(request.key)), None)


def test_the_one_document_describes_both_functions(store):
    answer = SearchRoutes(None, auth="none").answer(
        {"httpMethod": "GET", "path": "/openapi.json", "requestContext": {"stage": "v1"}, "headers": {}}, None
    )
    document = json.loads(answer["body"])
    assert {"/search", "/events", "/users/{user_id}"} <= set(document["paths"])
    assert set(document["paths"]["/users/{user_id}"]) == {"delete", "get"}
    assert "EventsBody" in document["components"]["schemas"]
