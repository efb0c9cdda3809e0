import json
import os
import time
from datetime import UTC, datetime

import pytest

from local.counts import SharedCounts
from local.gateway_event import gateway_event
from local.http import GUARDED, problem_response
from local.pages import LocalPages
from local.run import report
from local.waiting import KINDS
from object2vec.storage import FolderStore

HEALTH = {"status": "ok", "index": {"items": 7}, "model": {"created_at": "2026-11-24T00:00:00+00:00"}}


def answers(event, _context):
    body = HEALTH if event["path"] == "/health" else {"hits": [], "total": 0, "facets": {}}
    found = 404 if event["path"].startswith("/items/") else 200
    return {"statusCode": found, "body": json.dumps(body, separators=(",", ":"))}


@pytest.fixture
def store(tmp_path):
    return FolderStore(tmp_path / "store")


@pytest.fixture
def get(store, tmp_path):
    pages = LocalPages(answers, store, SharedCounts(tmp_path / "metrics"), tmp_path / "data")
    return lambda path: pages.answer(gateway_event("GET", path), None)


POLICY = "default-src 'none'; style-src 'sha256-x'"
REPORT = f'<!doctype html><meta http-equiv="Content-Security-Policy" content="{POLICY}"><title>Report</title>'


def evaluated(store, execution="e1", report=REPORT):
    store.put("executions/latest.json", json.dumps({"id": execution, "ended": True, "reason": ""}).encode())
    store.put(f"executions/{execution}/evaluation/report.html", report.encode())


def test_every_page_tells_browsers_what_the_api_tells_them(store, get):
    evaluated(store)
    for path in ("/report", "/metrics", "/images/x.jpg"):
        assert GUARDED.items() <= get(path)["headers"].items()
    assert GUARDED.keys() >= {"X-Content-Type-Options", "Referrer-Policy", "Cache-Control"}
    refused = problem_response(403, "forbidden", "No", "no").headers
    assert {name: refused[name] for name in GUARDED} == GUARDED


@pytest.mark.parametrize("damaged", [b"", b"[]", b"{}", b'{"id"'])
def test_where_the_latest_training_is_not_known_there_is_no_report(store, get, damaged):
    store.put("executions/latest.json", damaged)
    assert get("/report")["statusCode"] == 404


def test_the_report_of_the_latest_training_is_served(store, get):
    assert get("/report")["statusCode"] == 404
    evaluated(store)
    answer = get("/report")
    assert (answer["statusCode"], answer["body"]) == (200, REPORT)
    assert answer["headers"]["Content-Security-Policy"] == f"{POLICY}; frame-ancestors 'none'"


def test_a_report_without_a_policy_is_not_shown_but_named(store, get, tmp_path):
    evaluated(store, report="<!doctype html><style>p { color: red }</style>")
    answer = get("/report")
    assert answer["headers"]["Content-Type"].startswith("text/plain")
    assert answer["body"].endswith(f": {tmp_path}/store/executions/e1/evaluation/report.html")


def test_metrics_count_by_route_and_tell_health_and_freshness(get):
    for path in ("/items/a", "/items/b", "/search"):
        get(path)
    lines = get("/metrics")["body"].splitlines()
    assert 'object2vec_request_seconds_count{method="GET",route="/items/{id}",status="404"} 2.0' in lines
    assert "object2vec_searches_without_result_total 1.0" in lines
    assert "object2vec_healthy 1.0" in lines
    assert "object2vec_items 7.0" in lines
    (created,) = (line for line in lines if line.startswith("object2vec_model_created_timestamp_seconds "))
    assert float(created.split()[1]) == datetime(2026, 11, 24, tzinfo=UTC).timestamp()


def test_metrics_tell_the_share_of_searches_with_a_click_and_what_is_stored(store, get):
    assert 'object2vec_searches{kind="all"} 0.0' in get("/metrics")["body"].splitlines()
    report = {"searches": 30, "followed": 20, "clicks": 5}
    store.put("reports/searches/latest.json", json.dumps(report).encode())
    lines = get("/metrics")["body"].splitlines()
    for kind, count in (("all", 30), ("followed", 20), ("with_click", 5)):
        assert f'object2vec_searches{{kind="{kind}"}} {count}.0' in lines
    assert f"object2vec_store_bytes {float(len(json.dumps(report)))}" in lines


def test_metrics_tell_what_waits_and_how_long(store, get, tmp_path):
    def told(what):
        lines = dict(
            line.rsplit(" ", 1) for line in get("/metrics")["body"].splitlines() if "waiting" in line
        )
        names = "object2vec_waiting", "object2vec_oldest_waiting_seconds"
        return [float(lines[f'{name}{{what="{what}"}}']) for name in names]

    assert [told(kind) for kind in KINDS] == [[0.0, 0.0]] * 3
    upload = tmp_path / "data/uploads/catalog/a.csv"
    upload.parent.mkdir(parents=True)
    upload.write_text("label,text\na,red shirt\n")
    (upload.parent / ".hidden").write_text("nobody reads it")
    store.put("events/2026-11-24/abc.jsonl", b"{}\n")
    os.utime(tmp_path / "store/events/2026-11-24/abc.jsonl", (time.time() - 900, time.time() - 900))
    assert told("uploads")[0] == told("events")[0] == 1.0
    assert told("events")[1] >= 900
    store.adopt(upload, "uploads/catalog/a.csv")
    assert told("uploads") == [0.0, 0.0]


def test_the_command_prints_the_path_and_says_where_there_is_none(store, tmp_path, capsys):
    assert report(tmp_path, show=False) == 2
    assert "train first" in capsys.readouterr().out
    evaluated(store)
    assert report(tmp_path, show=False) == 0
    printed = capsys.readouterr().out.strip().splitlines()[-1]
    assert printed.endswith("executions/e1/evaluation/report.html")
