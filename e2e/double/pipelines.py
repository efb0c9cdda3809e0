"""Pipelines and their executions: the deployed definition runs for real, job by job, against the buckets."""

import json
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import boto3

from e2e.double.errors import Record, no_such
from e2e.double.registry import Registry
from e2e.machine import with_interpreters
from local.pipeline import Execution, PipelineRunner, Services, StepFailedError
from object2vec.storage import ObjectStore


class Callback:
    """A step that waits until somebody reports its token."""

    def __init__(self) -> None:
        self.token = uuid.uuid4().hex
        self._ended = threading.Event()
        self._outputs: dict[str, str] = {}
        self._reason = ""

    def report(self, *, outputs: dict[str, str] | None = None, reason: str = "") -> None:
        self._outputs, self._reason = outputs or {}, reason
        self._ended.set()

    def wait(self) -> dict[str, str]:
        """Raises StepFailedError with the reason reported."""
        self._ended.wait()
        if self._reason:
            raise StepFailedError(self._reason)
        return self._outputs


class Run:
    """One execution; `steps` are those that have ended, with their seconds."""

    def __init__(self, pipeline: str, arn: str) -> None:
        self.pipeline = pipeline
        self.arn = arn
        self.started = time.time()
        self.steps: list[tuple[str, float]] = []
        self.result = Execution(arn.rpartition("/")[2])
        self.stopped = False

    @property
    def status(self) -> str:
        return "Stopped" if self.stopped else self.result.status

    def ended(self, step: str, seconds: float) -> None:
        """A stopped execution ends with the step it is in."""
        self.steps.append((step, seconds))
        if self.stopped:
            raise StepFailedError("stopped")


class Pipelines:
    """The part of the API that orchestrates."""

    def __init__(self, store: ObjectStore, registry: Registry, scratch: Path, arn: str) -> None:
        self._store = store
        self._registry = registry
        self._scratch = scratch
        self._arn = arn
        self._pipelines: dict[str, Record] = {}
        self._runs: dict[str, Run] = {}
        self._tokens: dict[str, str] = {}
        self._callbacks: dict[str, Callback] = {}

    def create_pipeline(self, request: Record) -> Record:
        self._pipelines[request["PipelineName"]] = request
        return {"PipelineArn": self._pipeline_arn(request["PipelineName"])}

    def update_pipeline(self, request: Record) -> Record:
        self._pipelines[request["PipelineName"]] |= request
        return {"PipelineArn": self._pipeline_arn(request["PipelineName"])}

    def delete_pipeline(self, request: Record) -> Record:
        self._found(request["PipelineName"])
        del self._pipelines[request["PipelineName"]]
        return {"PipelineArn": self._pipeline_arn(request["PipelineName"])}

    def list_pipelines(self, _request: Record) -> Record:
        names = self._pipelines
        return {
            "PipelineSummaries": [{"PipelineName": n, "PipelineArn": self._pipeline_arn(n)} for n in names]
        }

    def start_pipeline_execution(self, request: Record) -> Record:
        """The same token twice starts one execution."""
        name = request["PipelineName"].rpartition("/")[2]
        definition = json.loads(self._found(name)["PipelineDefinition"])
        token = request["ClientRequestToken"]
        if token in self._tokens:
            return {"PipelineExecutionArn": self._tokens[token]}
        run = Run(name, f"{self._pipeline_arn(name)}/execution/{uuid.uuid4().hex[:12]}")
        self._runs[run.arn] = run
        self._tokens[token] = run.arn
        threading.Thread(target=self._execute, args=[run, definition], daemon=True).start()
        return {"PipelineExecutionArn": run.arn}

    def describe_pipeline_execution(self, request: Record) -> Record:
        run = self._run(request["PipelineExecutionArn"])
        reason = {"FailureReason": run.result.reason} if run.result.reason else {}
        return self._state(run) | {"PipelineArn": self._pipeline_arn(run.pipeline)} | reason

    def list_pipeline_executions(self, request: Record) -> Record:
        self._found(request["PipelineName"])
        runs = [run for run in self._runs.values() if run.pipeline == request["PipelineName"]]
        return {
            "PipelineExecutionSummaries": [
                self._state(run) | {"StartTime": run.started} for run in reversed(runs)
            ]
        }

    def list_pipeline_execution_steps(self, request: Record) -> Record:
        run = self._run(request["PipelineExecutionArn"])
        steps = [
            {"StepName": name, "StepStatus": "Succeeded", "StartTime": 0, "EndTime": seconds}
            for name, seconds in run.steps
        ]
        return {"PipelineExecutionSteps": steps}

    def stop_pipeline_execution(self, request: Record) -> Record:
        self._run(request["PipelineExecutionArn"]).stopped = True
        return {"PipelineExecutionArn": request["PipelineExecutionArn"]}

    def send_pipeline_execution_step_success(self, request: Record) -> Record:
        outputs = {item["Name"]: item["Value"] for item in request.get("OutputParameters", [])}
        self._reported(request["CallbackToken"]).report(outputs=outputs)
        return {}

    def send_pipeline_execution_step_failure(self, request: Record) -> Record:
        self._reported(request["CallbackToken"]).report(reason=request["FailureReason"])
        return {}

    def _execute(self, run: Run, definition: Record) -> None:
        services = Services(
            function=_invoke,
            callback=lambda queue, arguments: self._call_back(run, queue, arguments),
            register=lambda request: str(self._registry.create_model_package(request)["ModelPackageArn"]),
            on_step=run.ended,
        )
        runner = PipelineRunner(self._store, self._scratch, services)
        run.result = runner.run(with_interpreters(definition), run.result.id)

    def _call_back(self, run: Run, queue: str, arguments: Record) -> dict[str, str]:
        """https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-steps-types.html (callback)."""
        callback = Callback()
        self._callbacks[callback.token] = callback
        message = {"token": callback.token, "pipelineExecutionArn": run.arn, "arguments": arguments}
        boto3.client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(message))
        return callback.wait()

    def _reported(self, token: str) -> Callback:
        """Takes a token out of the list: it is valid for one report."""
        if token not in self._callbacks:
            raise no_such(f"callback {token}")
        return self._callbacks.pop(token)

    def _found(self, name: str) -> Record:
        if name not in self._pipelines:
            raise no_such(f"Pipeline {self._pipeline_arn(name)}")
        return self._pipelines[name]

    def _run(self, arn: str) -> Run:
        if arn not in self._runs:
            raise no_such(f"Pipeline execution {arn}")
        return self._runs[arn]

    def _state(self, run: Run) -> Record:
        return {"PipelineExecutionArn": run.arn, "PipelineExecutionStatus": run.status}

    def _pipeline_arn(self, name: str) -> str:
        return f"{self._arn}:pipeline/{name}"


def _invoke(function: str, event: dict[str, Any]) -> dict[str, str]:
    """Raises StepFailedError with the function's own words."""
    answer = boto3.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
    payload: dict[str, str] = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise StepFailedError(payload["errorMessage"])
    return payload
