"""The local server answers this machine's own programs and pages, not those of other sites."""

import http.client
import json

import pytest
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from local.server import application
from tests.helpers.servers import served


def answer(_event, _context):
    return {"statusCode": 200, "body": "{}", "headers": {"content-type": "application/json"}}


@pytest.fixture(scope="module")
def port():
    endpoint = Route("/endpoints/x", lambda _request: PlainTextResponse("x"))
    with served(application(endpoint, answer)) as url:
        yield int(url.rpartition(":")[2])


def ask(port, path="/search", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("POST", path, "{}", {"content-type": "application/json", **headers})
    reply = connection.getresponse()
    return reply.status, reply.read()


def test_its_own_names_are_answered(port):
    for host in ("127.0.0.1", "localhost", "[::1]"):
        assert ask(port, Host=f"{host}:{port}")[0] == 200
        assert ask(port, Host=f"{host}:{port}", Origin=f"http://{host}:{port}")[0] == 200


@pytest.mark.parametrize("host", ["shop.example", "127.0.0.1.shop.example", "[", "", "localhost@x.example"])
@pytest.mark.parametrize("path", ["/search", "/endpoints/x"])
def test_another_name_of_this_machine_is_refused(port, host, path):
    status, body = ask(port, path, Host=host)
    assert status in (400, 403)
    if status == 403:
        assert "localhost" in json.loads(body)["detail"]


@pytest.mark.parametrize("origin", ["http://shop.example", "null", "http://127.0.0.1:1", "https://localhost"])
def test_pages_of_another_origin_are_refused(port, origin):
    status, body = ask(port, Origin=origin)
    assert (status, json.loads(body)["type"]) == (403, "urn:object2vec:problem:forbidden")
