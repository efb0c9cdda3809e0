import boto3
import orjson
import pytest
from botocore.stub import Stubber

from lambdas.release import handler as module
from object2vec.release import live, load
from tests.helpers.rollouts import FAILS, REASON, settle

AGAIN = {"batchItemFailures": [{"itemIdentifier": "m1"}]}
ENDED = {"batchItemFailures": []}


@pytest.fixture
def sagemaker(world, monkeypatch):
    """The pipeline service: a report that is not expected, or not well-formed, fails."""
    client = boto3.client("sagemaker")
    monkeypatch.setenv("RELEASE_ATTEMPTS", "60")
    monkeypatch.setattr(module, "configured_endpoints", lambda _: world.endpoints)
    monkeypatch.setattr(boto3, "client", lambda _name: client)
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()


@pytest.fixture
def deliver(world):
    """Delivers the callback step's message, for the n-th time."""
    evaluation = "executions/e1/evaluation/evaluation.json"
    world.store.put(evaluation, b'{"gate": {"passed": true}, "metrics": {"model": {"ndcg": 0.5}}}')
    arguments = {
        "version": "new", "created_at": "2026-11-24T00:00:00Z", "instead_of": world.old.model_version,
        "data_version": "d1", "watermark": "0", "model_artifact": world.new.model_artifact,
        "model_package": "arn", "evaluation": f"{world.store.url}/{evaluation}",
    }  # fmt: skip

    def send(attempt=1, status="Executing", **changes):
        message = {"token": "callback-token", "status": status, "arguments": arguments | changes}
        body = orjson.dumps(message).decode()
        record = {
            "messageId": "m1", "body": body, "eventSource": "aws:sqs",
            "attributes": {"ApproximateReceiveCount": str(attempt)},
        }  # fmt: skip
        return module.handler({"Records": [record]}, None)

    return send


def expect_success(sagemaker, version):
    expected = {
        "CallbackToken": "callback-token",
        "OutputParameters": [{"Name": "live_version", "Value": version}],
    }
    sagemaker.add_response("send_pipeline_execution_step_success", {}, expected)


def expect_failure(sagemaker, reason):
    expected = {"CallbackToken": "callback-token", "FailureReason": reason}
    sagemaker.add_response("send_pipeline_execution_step_failure", {}, expected)


def test_a_release_under_way_comes_back_and_is_no_error(sagemaker, deliver, world):
    """Polling by failed messages must not count as failed invocations, which ring an alarm."""
    assert deliver() == AGAIN
    assert deliver(attempt=2) == AGAIN
    assert live(world.store) == world.old


def test_the_step_is_told_when_the_version_is_live(sagemaker, deliver, world):
    expect_success(sagemaker, "new")
    assert [deliver(attempt=n) for n in (1, 2, 3)] == [AGAIN, AGAIN, ENDED]
    now = live(world.store)
    assert (now.version, now.metrics, now.data_version) == ("new", {"model": {"ndcg": 0.5}}, "d1")
    assert world.endpoints.names() == [world.endpoints.name_for(now.model_version)]


def test_a_version_without_an_endpoint_is_a_success_too(sagemaker, deliver, world):
    world.endpoints.refusal = "no quota"
    expect_success(sagemaker, "new")
    assert deliver() == ENDED


def test_the_step_fails_with_the_reason_of_a_refusal(sagemaker, deliver, world):
    reason = f"model {world.old.model_version} went live while this one, judged against trained-0, was built"
    expect_failure(sagemaker, reason)
    assert deliver(instead_of="trained-0") == ENDED
    assert world.endpoints.names() == [world.endpoints.name_for(world.old.model_version)]
    assert live(world.store) == world.old


def test_after_the_last_attempt_the_step_fails_with_what_it_waited_for(sagemaker, deliver, world):
    deliver()
    name = world.endpoints.name_for(world.new.model_version)
    expect_failure(sagemaker, f"endpoint {name} is starting")
    assert deliver(attempt=60) == ENDED
    assert live(world.store) == world.old


def test_an_error_is_tried_again_and_at_last_told_to_the_step(sagemaker, deliver, world):
    """Else the pipeline would wait for a callback that never comes."""
    assert deliver(version="missing") == AGAIN
    expect_failure(sagemaker, "NotFoundError: 'releases/missing/encoder/manifest.json'")
    assert deliver(attempt=60, version="missing") == ENDED


def test_a_reason_is_never_longer_than_the_service_takes(sagemaker, deliver, world, monkeypatch):
    def broken(*_arguments, **_keywords):
        raise RuntimeError("x" * 1000)

    monkeypatch.setattr(module, "advance", broken)
    expect_failure(sagemaker, ("RuntimeError: " + "x" * 1000)[:256])
    assert deliver(attempt=61) == ENDED


def test_attempts_that_were_ended_without_a_word_are_reported_too(sagemaker, deliver, world):
    """A function that is killed for its memory or time reports nothing, and a step would wait for days."""
    expect_failure(sagemaker, "the function that releases was ended in its last attempts: its log says why")
    assert deliver(attempt=64) == ENDED
    assert live(world.store) == world.old


def test_a_release_that_is_live_is_reported_as_such_however_late(sagemaker, deliver, world):
    settle(world.store, world.endpoints, world.new, instead_of=world.old.model_version)
    expect_success(sagemaker, "new")
    assert deliver(attempt=64) == ENDED


def test_a_report_that_did_not_arrive_is_sent_again(sagemaker, deliver, world):
    world.endpoints.refusal = "no quota"
    sagemaker.add_client_error("send_pipeline_execution_step_success", "ThrottlingException")
    assert deliver() == AGAIN
    expect_success(sagemaker, "new")
    assert deliver(attempt=2) == ENDED


def test_without_endpoints_it_ends_at_once(sagemaker, deliver, monkeypatch):
    monkeypatch.setattr(module, "configured_endpoints", lambda _: None)
    expect_success(sagemaker, "new")
    assert deliver() == ENDED


def test_a_failed_endpoint_ends_in_a_release_with_a_note(sagemaker, deliver, world):
    world.endpoints.script = FAILS
    expect_success(sagemaker, "new")
    assert [deliver() for _ in range(3)] == [AGAIN, AGAIN, ENDED]
    note = world.store.get(f"releases/{world.new.model_version}.endpoint.json")
    assert orjson.loads(note) == {"reason": REASON}


@pytest.mark.parametrize("code", ["ResourceNotFound", "ConflictException", "ValidationException"])
def test_a_report_of_a_step_that_ended_before_is_no_error(sagemaker, deliver, world, code):
    """Killed after the report and before the message was deleted, or the execution was stopped."""
    world.endpoints.refusal = "no quota"
    sagemaker.add_client_error("send_pipeline_execution_step_success", code)
    assert deliver() == ENDED
    assert live(world.store).version == "new"


def test_what_is_given_up_leaves_no_endpoint_behind(sagemaker, deliver, world):
    deliver()
    world.endpoints.silent = "Received server error (500)"
    name = world.endpoints.name_for(world.new.model_version)
    deliver(attempt=2)
    expect_failure(sagemaker, f"endpoint {name} does not answer yet: Received server error (500)")
    assert deliver(attempt=60) == ENDED
    assert world.endpoints.names() == [world.endpoints.name_for(world.old.model_version)]


def test_with_manual_approval_the_step_ends_and_the_version_waits(sagemaker, deliver, world, monkeypatch):
    monkeypatch.setenv("APPROVAL", "manual")
    expect_success(sagemaker, "old")
    assert deliver() == ENDED
    assert live(world.store) == world.old
    assert load(world.store, "new").metrics == {"model": {"ndcg": 0.5}}
    assert world.endpoints.names() == [world.endpoints.name_for(world.old.model_version)]


def test_a_run_that_is_stopped_does_not_release(sagemaker, deliver, world):
    """SageMaker asks with another message and waits for the answer; the first one still comes back."""
    assert deliver() == AGAIN
    expect_failure(sagemaker, "its run was stopped")
    assert deliver(status="Stopping") == ENDED
    sagemaker.add_client_error("send_pipeline_execution_step_failure", "ConflictException")
    for attempt in (2, 3, 4):
        if deliver(attempt) == ENDED:
            break
    assert live(world.store) == world.old
    assert world.endpoints.names() == [world.endpoints.name_for(world.old.model_version)]


def test_a_run_that_is_stopped_too_late_has_released(sagemaker, deliver, world):
    world.endpoints.refusal = "no quota"
    expect_success(sagemaker, "new")
    assert deliver() == ENDED
    expect_success(sagemaker, "new")
    assert deliver(status="Stopping") == ENDED
    assert live(world.store).version == "new"
