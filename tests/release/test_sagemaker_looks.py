"""What an endpoint says of itself: its state, and its answer to a real payload."""

import io
import socket
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import boto3
import orjson
import pytest
from botocore.config import Config
from botocore.response import StreamingBody
from botocore.stub import Stubber

from object2vec.core.endpoints import (
    Embedding,
    EndpointProviderError,
    EndpointSilentError,
    EndpointState,
)
from object2vec.release import sagemaker
from object2vec.release.sagemaker import SageMakerEndpoints
from tests.helpers.sagemaker_service import (
    NAME,
    SETTINGS,
    VERSION,
    described,
    over,
)

STATES = {
    "InService": EndpointState.IN_SERVICE,
    "Failed": EndpointState.FAILED,
    "OutOfService": EndpointState.FAILED,
    "Deleting": EndpointState.STOPPING,
}


def test_every_state_botocore_knows_is_mapped():
    shape = boto3.client("sagemaker").meta.service_model.shape_for("EndpointStatus")
    assert set(STATES) < set(shape.enum)
    for state in shape.enum:
        client = boto3.client("sagemaker")
        with Stubber(client) as stub:
            answer = described(state, FailureReason="why")
            stub.add_response("describe_endpoint", answer, {"EndpointName": NAME})
            found = SageMakerEndpoints(SETTINGS, client).status(NAME)
        assert (found.state, found.reason) == (STATES.get(state, EndpointState.STARTING), "why")


def test_a_state_has_an_age(service):
    changed = datetime.now(UTC) - timedelta(minutes=12)
    service.add_response("describe_endpoint", described("Creating", LastModifiedTime=changed))
    assert 12 <= over(service).status(NAME).minutes < 13


def test_a_status_that_may_not_be_read_is_an_error(service):
    service.add_client_error("describe_endpoint", "AccessDeniedException", "not authorized", 400)
    with pytest.raises(EndpointProviderError, match="AccessDeniedException: not authorized"):
        over(service).status(NAME)


@pytest.mark.parametrize("code", ["ModelError", "ServiceUnavailable"])
def test_an_endpoint_that_does_not_answer_yet_is_told_apart(code):
    client = boto3.client("sagemaker-runtime")
    with Stubber(client) as stub:
        stub.add_client_error("invoke_endpoint", code, "Received server error (500)", 424)
        with pytest.raises(EndpointSilentError, match="500"):
            SageMakerEndpoints(SETTINGS, boto3.client("sagemaker"), client).embed(NAME, "x")


def test_an_invocation_that_is_not_allowed_is_an_endpoint_without_an_answer():
    client = boto3.client("sagemaker-runtime")
    with Stubber(client) as stub:
        stub.add_client_error("invoke_endpoint", "AccessDeniedException", "not authorized", 403)
        with pytest.raises(EndpointSilentError, match="AccessDeniedException"):
            SageMakerEndpoints(SETTINGS, boto3.client("sagemaker"), client).embed(NAME, "x")


def test_a_real_invocation_is_object2vecs_own_payload():
    client = boto3.client("sagemaker-runtime")
    body = orjson.dumps({"predictions": [{"embeddings": [0.6, 0.8]}], "model_version": VERSION})
    with Stubber(client) as stub:
        stub.add_response(
            "invoke_endpoint",
            {"Body": StreamingBody(io.BytesIO(body), len(body)), "ContentType": "application/json"},
            {
                "EndpointName": NAME, "ContentType": "application/json", "Accept": "application/json",
                "Body": b'{"instances":[{"text":"a red shirt"}]}',
            },
        )  # fmt: skip
        endpoints = SageMakerEndpoints(SETTINGS, boto3.client("sagemaker"), client)
        assert endpoints.embed(NAME, "a red shirt") == Embedding(VERSION, [0.6, 0.8])


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<html>", b"[]", b'{"predictions": []}', b'{"predictions": [{"scores": [1]}]}',
        b'{"predictions": [{"embeddings": ["x"]}]}', b'{"predictions": [{"embeddings": [[1], [1, 2]]}]}',
        b'{"predictions": [{"embeddings": null}]}', b'{"predictions": [{"embeddings": [1, null]}]}',
    ],
)  # fmt: skip
def test_an_answer_of_another_form_is_no_answer(body):
    client = boto3.client("sagemaker-runtime")
    with Stubber(client) as stub:
        stub.add_response("invoke_endpoint", {"Body": StreamingBody(io.BytesIO(body), len(body))})
        with pytest.raises(EndpointSilentError, match="no embedding"):
            SageMakerEndpoints(SETTINGS, boto3.client("sagemaker"), client).embed(NAME, "x")


def test_an_endpoint_that_says_nothing_is_given_up_in_time(monkeypatch):
    """Real sockets: the service takes the connection and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv(
            "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", f"http://127.0.0.1:{silent.getsockname()[1]}"
        )
        monkeypatch.setattr(sagemaker, "INVOCATION", sagemaker.INVOCATION.merge(Config(read_timeout=0.1)))
        with pytest.raises(EndpointSilentError, match="timeout"):
            SageMakerEndpoints(SETTINGS, boto3.client("sagemaker")).embed(NAME, "x")
        silent.setblocking(False)
        silent.accept()[0].close()
        with pytest.raises(BlockingIOError):  # it was asked once
            silent.accept()


@pytest.mark.parametrize(
    "sent", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"], ids=["head", "body"]
)
def test_an_endpoint_that_sends_a_byte_now_and_then_is_given_up_in_time(monkeypatch, sent):
    """Each byte comes before the socket's time-out, the answer never."""
    ended = threading.Event()

    def trickle(service):
        connection, _ = service.accept()
        connection.sendall(sent)
        with suppress(OSError):
            while not ended.wait(0.02):
                connection.sendall(b"H")

    with socket.create_server(("127.0.0.1", 0)) as service:
        address = f"http://127.0.0.1:{service.getsockname()[1]}"
        monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", address)
        monkeypatch.setattr(sagemaker, "ANSWERED_S", 0.5)
        thread = threading.Thread(target=trickle, args=[service])
        thread.start()
        try:
            with pytest.raises(EndpointSilentError, match="timeout"):
                SageMakerEndpoints(SETTINGS, boto3.client("sagemaker")).embed(NAME, "x")
        finally:
            ended.set()
            thread.join()


def test_no_call_can_outlast_the_function_that_makes_it():
    for config in (sagemaker.CONTROL, sagemaker.INVOCATION):
        attempts = config.retries["total_max_attempts"]
        assert attempts * (config.connect_timeout + config.read_timeout) <= 60
    assert sagemaker.ANSWERED_S <= 60
