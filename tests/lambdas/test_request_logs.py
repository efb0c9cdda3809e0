"""One id leads from API Gateway's access log through the function's lines to the endpoint's."""

import json
import logging

import orjson
import pytest
from aws_lambda_powertools.event_handler import Response

from lambdas.http import logs
from lambdas.http.router import Router
from lambdas.search.endpoint_encoder import RuntimeEndpoint
from local.gateway_event import gateway_event
from object2vec.serving.app import CALLER_HEADER, create_app, requests_log
from tests.helpers.servers import served


class Runtime:
    """SageMaker's runtime: keeps what it was asked."""

    def __init__(self):
        self.asked = {}

    def invoke_endpoint(self, **request):
        self.asked = request

        class Body:
            def read(self):
                return orjson.dumps({"model_version": "m", "predictions": [{"embeddings": [1.0]}]})

        return {"Body": Body()}


class Fixed:
    """Answers every invocation with the same."""

    version = "trained-1"

    def invoke(self, body, content_type, accept):
        class Reply:
            body, content_type = b"{}", "application/json"

        return Reply()


@pytest.fixture
def asked():
    """Routes whose one path asks the endpoint, and what the endpoint was asked."""
    runtime, routes = Runtime(), Router(auth="none")

    @routes.routes.get("/health", enable_validation=False)
    def search():
        RuntimeEndpoint("prefix", runtime)("m", "tent")
        logging.getLogger("object2vec.search").warning("slow")
        return Response(200, "application/json", "{}")

    return routes, runtime


def event(request):
    made = gateway_event("GET", "/health")
    made["requestContext"]["requestId"] = request
    return made


def lines(text):
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def test_the_id_of_a_request_is_in_its_answer_its_lines_and_at_the_endpoint(asked, capsys, monkeypatch):
    routes, runtime = asked
    library = logging.getLogger("object2vec")
    monkeypatch.setattr(library, "handlers", [])
    monkeypatch.setattr(library, "propagate", True)
    monkeypatch.setattr(logs.logger.registered_handler, "stream", _Stdout())
    logs.log_as_json()
    reply = logs.logged(routes.answer, event("req-1"), None)
    assert reply["multiValueHeaders"]["X-Request-Id"] == ["req-1"]
    assert runtime.asked["InferenceId"] == runtime.asked["CustomAttributes"] == "req-1"
    found = lines(capsys.readouterr().out)
    assert [(line["message"], line["correlation_id"]) for line in found] == [
        ("slow", "req-1"),
        ("request", "req-1"),
    ]
    assert found[1]["status"] == 200


class _Stdout:
    """What is standard output when a line is written."""

    def write(self, text):
        print(text, end="")

    def flush(self):
        pass


def test_an_id_that_no_endpoint_takes_is_none(asked):
    routes, runtime = asked
    reply = routes.answer(event("a\nb"), None)
    assert "X-Request-Id" not in reply["multiValueHeaders"]
    assert "InferenceId" not in runtime.asked


def test_the_endpoint_writes_a_line_with_its_callers_id(caplog):
    import httpx

    with served(create_app(Fixed())) as address, caplog.at_level(logging.INFO, requests_log.name):
        httpx.post(f"{address}/invocations", content=b"{}")
        httpx.post(f"{address}/invocations", content=b"{}", headers={CALLER_HEADER: "req-1"})
    (line,) = map(json.loads, caplog.messages)
    assert (line["correlation_id"], line["model_version"], line["status"]) == ("req-1", "trained-1", 200)
