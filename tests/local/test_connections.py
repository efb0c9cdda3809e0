"""Connections that send, or take, next to nothing are closed; one too many is told to come again."""

import socket
import threading
from contextlib import suppress

import pytest
from starlette.responses import PlainTextResponse, StreamingResponse
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from local import connections
from local.connections import bounded
from tests.helpers.servers import served

REQUEST = b"GET /%s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
LARGE = 32 << 20
"""More than the system keeps for somebody who does not read."""
ENDED = (b"", "reset")


ANSWERED = threading.Event()


async def app(scope, receive, send):
    if scope["path"] == "/large":
        await StreamingResponse(parts())(scope, receive, send)
        ANSWERED.set()
    else:
        await PlainTextResponse("fine")(scope, receive, send)


async def parts():
    for _ in range(32):
        yield b"a" * (LARGE // 32)


@pytest.fixture(params=[HttpToolsProtocol, H11Protocol], ids=["httptools", "h11"])
def server(request):
    """Opens connections to a server whose patience is short."""
    opened = []

    def connect():
        found = socket.create_connection(address, timeout=30)
        opened.append(found)
        return found

    with served(app, http=bounded(request.param, slow_seconds=0.3)) as url:
        host, port = url.removeprefix("http://").split(":")
        address = host, int(port)
        yield connect
        for one in opened:
            one.close()


def rest(connection):
    """All that comes until the server closes the connection."""
    found = b""
    try:
        while data := connection.recv(1 << 20):
            found += data
    except ConnectionResetError:
        return found or "reset"
    return found


@pytest.mark.parametrize("sent", [b"", b"GET /", REQUEST[:-2] % b"x"], ids=["nothing", "a start", "no end"])
def test_a_head_that_never_ends_is_given_up(server, sent):
    slow = server()
    slow.sendall(sent)
    assert rest(slow) in ENDED


def test_the_head_of_a_second_request_is_given_up_too(server):
    slow = server()
    slow.sendall(REQUEST % b"x" + b"GET /")
    assert rest(slow).count(b"fine") == 1


def test_a_head_without_end_is_given_up(server):
    endless = server()
    with pytest.raises(OSError):  # noqa: PT011  # reset or a broken pipe, as it happens
        endless.sendall(b"GET /" + b"a" * LARGE)


def test_who_does_not_take_the_answer_is_let_go(server):
    slow = server()
    ANSWERED.clear()
    slow.sendall(REQUEST % b"large")
    assert ANSWERED.wait(30), "the server still waits"
    assert len(rest(slow)) < LARGE


def test_one_connection_too_many_is_told_to_come_again(server, monkeypatch):
    monkeypatch.setattr(connections, "CONNECTIONS", 2)
    first, second, third = server(), server(), server()
    third.sendall(REQUEST % b"x")
    refused = rest(third)
    assert refused.startswith(b"HTTP/1.1 503")
    assert b"retry-after: 1" in refused.lower()
    first.close()
    second.sendall(REQUEST % b"x")
    assert second.recv(1000).startswith(b"HTTP/1.1 200")


def test_a_large_head_in_one_piece_is_given_up_and_a_large_body_is_not(server):
    large = server()
    with suppress(OSError):  # a broken pipe, as it happens
        large.sendall((REQUEST[:-2] % b"x") + b"X-Much: " + b"a" * 100_000 + b"\r\n\r\n")
    assert rest(large) in ENDED
    body = b"b" * 100_000
    head = b"POST /x HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(
        body
    )
    for parts in ([head + body], [head[:-2], head[-2:] + body]):
        fine = server()
        for part in parts:
            fine.sendall(part)
        assert b"fine" in rest(fine)
