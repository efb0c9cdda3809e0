"""The steps that are no job, as the SageMaker SDK renders them."""

import pytest


@pytest.fixture(scope="module", autouse=True)
def _sdk():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        patch.setenv("SAGEMAKER_VALIDATE_ROLE", "false")
        pytest.importorskip("sagemaker.mlops.workflow.steps")
        yield


def rendered(node):
    """The SDK's references as the JSON it would write."""
    if isinstance(node, dict):
        return {key: rendered(value) for key, value in node.items()}
    if isinstance(node, list):
        return [rendered(value) for value in node]
    return rendered(node.expr) if hasattr(node, "expr") else node


def evaluated(path):
    from sagemaker.core.workflow.functions import JsonGet
    from sagemaker.core.workflow.properties import PropertyFile

    file = PropertyFile(name="evaluation", output_name="evaluation", path="evaluation.json")
    return JsonGet(step_name="Evaluate", property_file=file, json_path=path)


def execution_id():
    from sagemaker.core.workflow.execution_variables import ExecutionVariables

    return ExecutionVariables.PIPELINE_EXECUTION_ID


@pytest.mark.filterwarnings("ignore:Lambda function won't be updated")
def test_the_lambda_step(steps):
    from sagemaker.core.lambda_helper import Lambda
    from sagemaker.mlops.workflow.lambda_step import LambdaOutput, LambdaOutputTypeEnum, LambdaStep

    ours = steps["Snapshot"]
    names = [output["OutputName"] for output in ours["OutputParameters"]]
    theirs = LambdaStep(
        name="Snapshot",
        lambda_func=Lambda(function_arn=ours["FunctionArn"]),
        inputs={"execution_id": execution_id()},
        outputs=[LambdaOutput(name, LambdaOutputTypeEnum.String) for name in names],
        depends_on=["Pictures"],
    )
    assert rendered(theirs.to_request()) == ours


def test_the_callback_step(steps):
    from sagemaker.mlops.workflow.callback_step import CallbackOutput, CallbackOutputTypeEnum, CallbackStep

    ours = steps["Release"]
    theirs = CallbackStep(
        name="Release",
        sqs_queue_url=ours["SqsQueueUrl"],
        inputs=ours["Arguments"],
        outputs=[CallbackOutput("live_version", CallbackOutputTypeEnum.String)],
        depends_on=["Index"],
    )
    assert rendered(theirs.to_request()) == ours


def test_the_condition_step(steps):
    from sagemaker.core.workflow.conditions import ConditionEquals
    from sagemaker.mlops.workflow.condition_step import ConditionStep
    from sagemaker.mlops.workflow.fail_step import FailStep

    fail = FailStep(name="Refused", error_message=evaluated("gate.reason"))
    theirs = ConditionStep(
        name="Gate",
        conditions=[ConditionEquals(left=evaluated("gate.passed"), right=True)],
        if_steps=[],
        else_steps=[fail],
    )
    request = rendered(theirs.to_request())
    ours = steps["Gate"]
    assert request["Arguments"]["Conditions"] == ours["Arguments"]["Conditions"]
    assert {key: request[key] for key in ("Name", "Type")} == {key: ours[key] for key in ("Name", "Type")}
    assert set(request["Arguments"]) == set(ours["Arguments"])
    assert rendered(fail.to_request()) == steps["Refused"]


def test_a_property_file_is_declared_as_the_sdk_does(steps):
    file = evaluated("gate.passed").property_file
    assert steps["Evaluate"]["PropertyFiles"] == [file.expr]


def test_references_are_the_sdks_own(steps):
    from sagemaker.core.workflow.functions import Join

    uri = Join(
        on="/", values=["s3://data-bucket", "executions", execution_id(), "evaluation/evaluation.json"]
    )
    assert steps["Release"]["Arguments"]["evaluation"] == rendered(uri)


@pytest.mark.parametrize("name", ["Pictures", "Prepare", "Train", "Evaluate", "Index"])
def test_jobs_are_tried_again_where_the_fault_is_not_ours(steps, name):
    from sagemaker.mlops.workflow.retry import (
        SageMakerJobExceptionTypeEnum,
        SageMakerJobStepRetryPolicy,
        StepExceptionTypeEnum,
        StepRetryPolicy,
    )

    service, job = steps[name]["RetryPolicies"]
    theirs = StepRetryPolicy(
        exception_types=[StepExceptionTypeEnum.SERVICE_FAULT, StepExceptionTypeEnum.THROTTLING],
        interval_seconds=service["IntervalSeconds"],
        backoff_rate=service["BackoffRate"],
        max_attempts=service["MaxAttempts"],
    )
    assert rendered(theirs.to_request()) == service
    theirs = SageMakerJobStepRetryPolicy(
        exception_types=[
            SageMakerJobExceptionTypeEnum.INTERNAL_ERROR,
            SageMakerJobExceptionTypeEnum.CAPACITY_ERROR,
        ],
        interval_seconds=job["IntervalSeconds"],
        backoff_rate=job["BackoffRate"],
        max_attempts=job["MaxAttempts"],
    )
    assert rendered(theirs.to_request()) == job
