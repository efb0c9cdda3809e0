"""The emulator's own process: ministack, with what it lacks put in. Runs under `.venv-e2e`.

* SageMaker's CloudFormation types, handed to the double at AWS_ENDPOINT_URL_SAGEMAKER;
* functions run under LAMBDA_PYTHON, an interpreter with nothing installed, instead of ministack's own;
* an alarm on an expression is one on the expression's first metric: nothing in the story makes it ring;
* requests count as encrypted, so that the policies that refuse plain HTTP do not refuse everything here;
* a function that gets other code ends the answers it is at, as in AWS, where ministack would kill it;
* S3 is as far away as STORE_CALL_S says;
* a queue's messages wait for a free execution, as Lambda's pollers do, where ministack gives them back.
"""

import asyncio
import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Iterable
from threading import Thread
from typing import Any

from ministack.core import iam_evaluator, lambda_runtime
from ministack.services import lambda_svc, s3
from ministack.services.cloudformation import provisioners
from ministack.services.cloudformation.provisioners import _RESOURCE_HANDLERS

Properties = dict[str, Any]
Created = tuple[str, dict[str, str]]
LONGEST_ANSWER = 30.0
"""Seconds; the API's own limit is 29."""
LONGEST_WAIT = 300.0
"""Seconds that a poller tries to have a message executed; no queue of the stack shows it again earlier."""


def call(operation: str, **request: Any) -> dict[str, Any]:
    """An operation of the double. Raises ValueError with its message, which fails the resource."""
    headers = {"X-Amz-Target": f"SageMaker.{operation}", "Content-Type": "application/x-amz-json-1.1"}
    url = os.environ["AWS_ENDPOINT_URL_SAGEMAKER"]
    message = urllib.request.Request(url, json.dumps(request).encode(), headers)
    try:
        with urllib.request.urlopen(message, timeout=60) as answer:
            return dict(json.load(answer))
    except urllib.error.HTTPError as error:
        raise ValueError(json.load(error)["message"]) from error


def create_group(_logical_id: str, properties: Properties, _stack: str) -> Created:
    """Ref and physical id of a group are its ARN."""
    name = properties["ModelPackageGroupName"]
    arn = call("CreateModelPackageGroup", ModelPackageGroupName=name)["ModelPackageGroupArn"]
    return arn, {"ModelPackageGroupArn": arn}


def delete_group(arn: str, _properties: Properties) -> None:
    """Fails as in AWS if packages are left."""
    call("DeleteModelPackageGroup", ModelPackageGroupName=arn.rpartition("/")[2])


def create_pipeline(_logical_id: str, properties: Properties, stack: str) -> Created:
    """Ref of a pipeline is its name."""
    call("CreatePipeline", **pipeline(properties), ClientRequestToken=f"{stack:-<32}")
    return properties["PipelineName"], {}


def update_pipeline(name: str, _old: Properties, new: Properties, _stack: str) -> Created:
    """The next execution runs the new definition."""
    call("UpdatePipeline", **pipeline(new))
    return name, {}


def delete_pipeline(name: str, _properties: Properties) -> None:
    """Does not stop executions that are under way."""
    call("DeletePipeline", PipelineName=name, ClientRequestToken=f"{name:-<32}"[:128])


def pipeline(properties: Properties) -> Properties:
    """CloudFormation's properties as the API's request."""
    return {
        "PipelineName": properties["PipelineName"],
        "PipelineDescription": properties.get("PipelineDescription", ""),
        "PipelineDefinition": properties["PipelineDefinition"]["PipelineDefinitionBody"],
        "RoleArn": properties["RoleArn"],
    }


def of_first_metric(
    record: Callable[[str, Properties], Properties],
) -> Callable[[str, Properties], Properties]:
    """The stored form of an alarm."""

    def recorded(name: str, properties: Properties) -> Properties:
        metrics = [m["MetricStat"] for m in properties.get("Metrics", ()) if "MetricStat" in m]
        if not metrics:
            return record(name, properties)
        first = {**metrics[0]["Metric"], "Period": metrics[0]["Period"], "Statistic": "Sum"}
        return record(name, {k: v for k, v in properties.items() if k != "Metrics"} | first)

    return recorded


def with_bare_python(detect: Callable[[str], tuple[str, str]]) -> Callable[[str], tuple[str, str]]:
    """Which binary and which worker script run a Lambda runtime."""

    def detected(runtime: str) -> tuple[str, str]:
        binary, script = detect(runtime)
        return (os.environ["LAMBDA_PYTHON"] if runtime.startswith("python") else binary), script

    return detected


def as_encrypted(pin: Callable[[str, bool], None]) -> Callable[[str, bool], None]:
    """Lets every request count as `aws:SecureTransport`."""
    return lambda source_ip, _secure: pin(source_ip, True)


def once_idle(kill: Callable[[list[Any]], None]) -> Callable[[Iterable[Any]], None]:
    """Ends the processes of a function once they are idle. One that is answering has left the pool and gets
    no further request."""

    def wait_and_kill(worker: Any) -> None:
        deadline = time.monotonic() + LONGEST_ANSWER
        while worker.in_use and time.monotonic() < deadline:
            time.sleep(0.05)
        kill([worker])

    def kill_idle(workers: Iterable[Any]) -> None:
        known = [worker for worker in workers if worker is not None]
        for busy in (worker for worker in known if worker.in_use):
            Thread(target=wait_and_kill, args=(busy,), daemon=True).start()
        kill([worker for worker in known if not worker.in_use])

    return kill_idle


def far_away(answer: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """A service whose answers take their time."""
    seconds = float(os.environ.get("STORE_CALL_S", "0"))

    async def answered(*arguments: Any, **more: Any) -> Any:
        await asyncio.sleep(seconds)
        return await answer(*arguments, **more)

    return answered


def when_free(execute: Callable[[Any, Any], dict[str, Any]]) -> Callable[[Any, Any], dict[str, Any]]:
    """Executes what a queue holds as soon as one of the account's executions is free. Others are refused.
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html"""

    def executed(function: Any, event: Any) -> dict[str, Any]:
        deadline = time.monotonic() + LONGEST_WAIT
        result = execute(function, event)
        while result.get("throttle") and is_from_queue(event) and time.monotonic() < deadline:
            time.sleep(0.2)
            result = execute(function, event)
        return result

    return executed


def is_from_queue(event: Any) -> bool:
    """Whether it holds messages of SQS."""
    records = event.get("Records") if isinstance(event, dict) else None
    return records[0].get("eventSource") == "aws:sqs" if records else False


_RESOURCE_HANDLERS["AWS::SageMaker::ModelPackageGroup"] = {"create": create_group, "delete": delete_group}
_RESOURCE_HANDLERS["AWS::SageMaker::Pipeline"] = {
    "create": create_pipeline,
    "update": update_pipeline,
    "delete": delete_pipeline,
}
provisioners._cw_metric_alarm_record = of_first_metric(provisioners._cw_metric_alarm_record)
lambda_runtime._detect_runtime_binary = with_bare_python(lambda_runtime._detect_runtime_binary)
lambda_runtime.kill_workers = once_idle(lambda_runtime.kill_workers)
iam_evaluator.pin_request_origin = as_encrypted(iam_evaluator.pin_request_origin)
s3.handle_request = far_away(s3.handle_request)
lambda_svc._execute_function = when_free(lambda_svc._execute_function)

if __name__ == "__main__":
    from ministack.app import main  # takes pin_request_origin as it is by then

    main()
