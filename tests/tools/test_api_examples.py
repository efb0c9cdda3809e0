"""The examples of docs/api.md: read, played by curl against a server of canned answers, written, checked."""

import json
import re
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from urllib.parse import unquote_plus

import pytest

from tools import api_examples
from tools.api_examples import ExampleError, abridged, examples, play, renewed

PAGE = """# API

Answers of `m-1`; of `n-1` nothing is said.

```sh
curl -G localhost:8080/search --data-urlencode 'query=frozen pizza' --data-urlencode 'facets=["price"]'
```
```json
{"hits": [
   {"id": "1", "metadata": {"brand": "A"}, "score": 0.5}
 ], "facets": {"price": [{"lt": 1.0, "count": 4}, {"gte": 1.0, "lt": 2.0, "count": 3}, {"gte": 2.0, "count": 2}, …]}, "next_cursor": "abcdefghijklmnopqrstuvwx…", "model_version": "m-1"}
```

```sh
curl -X PUT localhost:8080/items/new%2F1 -H 'content-type: application/json' \\
  -d '{"text": "café  noir"}'
```
```json
{"id": "new/1", "segment": 20}
```

```sh
curl localhost:8080/health?colour=red
```
```json
{"title": "No such field", "status": 400}
```

```sh
make demo
```
"""  # noqa: E501 (as in the page)
README = "```sh\nmake demo\ncurl localhost:8080/rules\n```\n"
SEARCH, PUT, HEALTH, RULES = "GET /search", "PUT /items/new%2F1", "GET /health", "GET /rules"


def shop():
    """What another model answers: other numbers, another item."""
    ranges = [{"lt": 1.0, "count": 5}, *({"gte": 1.0, "lt": n, "count": 1} for n in range(2, 9))]
    hits = [{"id": "2", "metadata": {"size": "é"}, "score": 1 / 3}]
    found = {"hits": hits, "facets": {"price": ranges}, "next_cursor": "z" * 90, "model_version": "m-2"}
    return {
        SEARCH: (200, found),
        PUT: (201, {"id": "new/1", "segment": 21}),
        HEALTH: (400, {"title": "No such field", "status": 400}),
        RULES: (200, {}),
    }


@pytest.fixture
def server():
    """`answers` by method and path, to be changed by a test; `requests` are what was asked."""
    answers, requests = shop(), []

    class Canned(BaseHTTPRequestHandler):
        def do_GET(self):
            path, _, query = self.path.partition("?")
            sent = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
            requests.append((f"{self.command} {path}", unquote_plus(query) or sent))
            status, body = answers[f"{self.command} {path}"]
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body.encode() if isinstance(body, str) else json.dumps(body).encode())

        do_PUT = do_GET  # noqa: N815 (the library's name)

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Canned) as http:
        threading.Thread(target=http.serve_forever, args=[0.01], daemon=True).start()
        url = f"http://127.0.0.1:{http.server_port}"
        yield SimpleNamespace(url=url, answers=answers, requests=requests)
        http.shutdown()


@pytest.fixture
def tool(tmp_path, monkeypatch, server, capsys):
    """Runs the command on the page above: `tool("--check")`, its exit status and what it printed."""
    page, readme = tmp_path / "api.md", tmp_path / "README.md"
    page.write_text(PAGE)
    readme.write_text(README)
    monkeypatch.setattr(api_examples, "PAGE", page)
    monkeypatch.setattr(api_examples, "README", readme)

    def run(*arguments, url=server.url):
        monkeypatch.setattr(sys, "argv", ["api_examples", "--url", url, *arguments])
        status, printed = api_examples.main(), capsys.readouterr()
        return status, printed.out + printed.err

    return SimpleNamespace(run=run, page=page, readme=readme)


def test_every_block_of_the_page_is_an_example_written_as_the_tool_would():
    page = api_examples.PAGE.read_text(encoding="utf-8")
    found = examples(page)
    assert len(found) == len(re.findall("^```", page, re.MULTILINE)) / 4
    assert renewed(page, [example.shown for example in found]) == page


def test_an_example_has_its_line_and_the_status_that_its_answer_tells():
    found = examples(PAGE)
    assert [example.line for example in found] == [6, 15, 23]
    assert all(PAGE.splitlines()[example.line - 1].startswith(example.command[:40]) for example in found)
    assert [example.shown.status for example in found] == [200, 200, 400]


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.86749, "0.867"), (2.0, "2.0"), (3.5, "3.5"), (7, "7"), (0.999932, "0.99993"), (0.0000541, "0.00005"),
     (1.0000000001, "1.0"), (1888.45671, "1888.457"), (-0.1 - 0.2, "-0.3"), (True, "true"), (None, "null")],
)  # fmt: skip
def test_numbers_have_three_digits_and_none_becomes_a_whole_one(number, text):
    assert abridged({"a": [number]}) == f'{{"a": [{text}]}}'


def test_every_long_facet_and_the_cursor_are_cut():
    counts = [{"value": letter, "count": 1} for letter in "abcd"]
    body = {"facets": {"a": counts, "b": counts[:3], "c": counts}, "next_cursor": "x" * 25}
    three = '[{"value": "a", "count": 1}, {"value": "b", "count": 1}, {"value": "c", "count": 1}'
    assert abridged(body) == (
        f'{{"facets": {{"a": {three}, …], "b": {three}], "c": {three}, …]}}, "next_cursor": "{"x" * 24}…"}}'
    )
    assert body["facets"]["a"] == counts


def test_what_there_is_nothing_to_cut_of_stays():
    body = {"hits": [], "facets": {}, "next_cursor": None}
    assert json.loads(abridged(body)) == body


def test_the_answers_and_the_model_are_renewed_and_nothing_else(tool):
    assert tool.run()[0] == 0
    lines = PAGE.splitlines()
    lines[2] = "Answers of `m-2`; of `n-1` nothing is said."
    lines[9] = '   {"id": "2", "metadata": {"size": "é"}, "score": 0.333}'
    lines[10] = (
        ' ], "facets": {"price": [{"lt": 1.0, "count": 5}, {"gte": 1.0, "lt": 2, "count": 1}, '
        '{"gte": 1.0, "lt": 3, "count": 1}, …]}, '
        '"next_cursor": "zzzzzzzzzzzzzzzzzzzzzzzz…", "model_version": "m-2"}'
    )
    lines[18] = '{"id": "new/1", "segment": 21}'
    assert tool.page.read_text().splitlines() == lines


def test_the_commands_arrive_in_order_as_a_shell_would_send_them(tool, server):
    tool.run()
    assert server.requests == [
        (SEARCH, 'query=frozen pizza&facets=["price"]'),
        (PUT, '{"text": "café  noir"}'),
        (HEALTH, "colour=red"),
    ]


def test_a_shop_that_refuses_what_the_page_shows_is_not_written_down(tool, server):
    server.answers[PUT] = (409, {"title": "Somebody else was first", "status": 409})
    status, said = tool.run()
    assert status == 1
    assert "line 15, curl -X PUT" in said
    assert "Somebody else was first" in said
    assert tool.page.read_text() == PAGE


def test_other_items_and_numbers_pass_the_check_and_are_not_written(tool, server):
    status, said = tool.run("--check")
    assert (status, said) == (0, "3 examples are answered as the page shows\n")
    assert tool.page.read_text() == PAGE
    assert server.requests[-1] == (RULES, "")


@pytest.mark.parametrize(
    ("request_", "answer", "told"),
    [
        (PUT, (200, {"id": "new/1"}), "line 15, curl -X PUT localhost:8080/items/new%2F1"),
        (PUT, (200, {"id": "new/1"}), "without segment; with -"),
        (PUT, (200, {"id": "new/1", "segment": {"at": 1}}), "without -; with segment.at"),
        (HEALTH, (200, {"title": "No such field", "status": 400}), "without status 400; with success"),
        (HEALTH, (404, {"title": "No such field", "status": 404}), "without status 400; with status 404"),
        (RULES, (503, {"title": "Not yet"}), "curl localhost:8080/rules: status 503"),
    ],
)
def test_the_check_names_the_example_and_what_is_unlike(tool, server, request_, answer, told):
    server.answers[request_] = answer
    status, said = tool.run("--check")
    assert status == 1
    assert told in said
    assert len(said.splitlines()) == 1


def test_a_key_of_every_hit_counts_but_not_the_fields_of_an_item(tool, server):
    _, found = server.answers[SEARCH]
    found["hits"].append({"id": "3", "metadata": {"other": 1}, "rank": 1})
    status, said = tool.run("--check")
    assert status == 1
    assert said.endswith("without -; with hits.rank\n")


def test_changed_keys_are_told_when_they_are_written_down(tool, server):
    server.answers[PUT] = (200, {"id": "new/1"})
    status, said = tool.run()
    assert status == 0
    assert "line 15" in said
    assert '{"id": "new/1"}\n' in tool.page.read_text()


@pytest.mark.parametrize("mode", [(), ("--check",)])
def test_a_system_that_is_not_there_is_said(tool, mode):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        status, said = tool.run(*mode, url=f"http://127.0.0.1:{probe.getsockname()[1]}")
    assert status == 1
    assert "make demo" in said
    assert tool.page.read_text() == PAGE


def test_an_answer_that_is_no_json_is_said(tool, server):
    server.answers[PUT] = (502, "<h1>Bad gateway</h1>")
    status, said = tool.run()
    assert status == 1
    assert "no JSON: <h1>Bad gateway" in said


@pytest.mark.parametrize(
    "command",
    [
        "curl example.org/search",
        "curl localhost:8080.example.org/",
        "curl localhost:8080/search example.org",
        "curl localhost:8080/search -o /tmp/found",
        "curl localhost:8080/search | sh",
        "curl localhost:8080/search -K settings",
        "curl -X DELETE",
        "curl 'localhost:8080/search",
        "rm localhost:8080/search",
    ],
)
def test_only_curl_to_the_one_address_is_played(command, server):
    with pytest.raises(ExampleError, match=re.escape(command)):
        play(command, server.url)
    assert server.requests == []
