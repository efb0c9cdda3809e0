"""Item ids in paths, in events as a REST API sends them: `path` as it came in, `pathParameters` decoded."""

from urllib.parse import quote

import httpx
import pytest

from local.http import gateway

IDS = [
    "a/b", "100%", "50% off/x", "b 1", "x?y#z", "a+b", "%2F", "ünï·比萨", "deep/er/similar", "similar", "..",
    "deep/er/bought-together", "bought-together",
    "a//b", "x%20y", "'\"<&>",
]  # fmt: skip


def event(method, path, body=None):
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": {"Host": "abc.execute-api.eu-west-1.amazonaws.com", "Content-Type": "application/json"},
        "multiValueHeaders": {"Content-Type": ["application/json"]},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"proxy": path.lstrip("/")},
        "stageVariables": None,
        "requestContext": {
            "resourcePath": "/{proxy+}",
            "path": f"/v1{path}",
            "stage": "v1",
            "requestId": "1",
        },
        "body": body,
        "isBase64Encoded": False,
    }


@pytest.mark.parametrize("item_id", IDS)
def test_an_id_of_any_characters_is_written_read_likened_and_removed(client, item_id):
    api, path = client._api, f"/items/{quote(item_id, safe='')}"
    written = api.answer(event("PUT", path, '{"text": "pizza cheese"}'), None)
    assert written["statusCode"] == 200, written["body"]
    read = api.answer(event("GET", path), None)
    assert (read["statusCode"], client.parsed(read)["id"]) == (200, item_id)
    similar = client.parsed(api.answer(event("GET", f"{path}/similar"), None))
    assert similar["hits"][0]["id"] == "p1"
    assert api.answer(event("GET", f"{path}/bought-together"), None)["statusCode"] == 200
    assert api.answer(event("DELETE", path), None)["statusCode"] == 200
    assert api.answer(event("GET", path), None)["statusCode"] == 404


@pytest.mark.parametrize("path", ["/items/a/b", "/items/a%2Fb", "/items/a%2fb"])
def test_a_slash_may_be_encoded_or_not(client, path):
    client("PUT", "/items/a%2Fb", {"text": "bread"})
    assert client("GET", path)[1]["id"] == "a/b"


def test_a_path_that_is_no_utf8_is_a_400_that_says_so(client):
    status, problem, _ = client("GET", "/items/%ff%fe")
    assert status == 400
    assert "UTF-8" in problem["detail"]


@pytest.mark.parametrize("path", ["/items/", "/items", "/items//similar"])
def test_no_id_is_no_item(client, path):
    assert client("GET", path)[0] in {400, 404}


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("item_id", ["a/b", "100%", "ünï·比萨", "%2F"])
async def test_the_local_server_sends_the_same_events(client, item_id):
    transport = httpx.ASGITransport(app=gateway(client._api.answer))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as http:
        path = f"/items/{quote(item_id, safe='')}"
        assert (await http.put(path, json={"text": "bread"})).status_code == 200
        assert (await http.get(path)).json()["id"] == item_id
