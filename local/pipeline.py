"""Executes a SageMaker pipeline definition on this machine, step by step, each job as its own process.

A job behind a condition runs beside the step that the condition reads, where it needs nothing of it: the
index is built while the model is judged, on a core that would be idle. Nothing of it is stored before its
turn comes, and nothing at all where the condition refuses it.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, Literal, Self

from local.containers import EarlyStart, run_processing, run_training
from local.references import resolve, steps_referred_to
from local.transforms import Transforms
from object2vec.storage import ObjectStore

Definition = Mapping[str, Any]
StepDefinition = Mapping[str, Any]
Outputs = dict[str, Any]


Around = Callable[[str], AbstractContextManager[None]]
"""A context that is entered while the step of a name runs."""


def unwatched(_name: str) -> AbstractContextManager[None]:
    """A context that does nothing while a step runs."""
    return nullcontext()


class StepFailedError(RuntimeError):
    """A step ended the execution; the message is the reason the pipeline would show."""


@dataclass(frozen=True, kw_only=True)
class Services:
    """The services that steps call outside their own process."""

    function: Callable[[str, dict[str, Any]], dict[str, str]]
    """Invokes a Lambda function by its ARN with an event."""
    callback: Callable[[str, dict[str, Any]], dict[str, str]]
    """Sends a callback step's arguments to the queue of that URL and waits for the outputs. Raises
    StepFailedError."""
    register: Callable[[dict[str, Any]], str]
    """Takes a `CreateModelPackage` request and returns the package's ARN."""
    on_step: Callable[[str, float], None] = lambda _name, _seconds: None
    """Told of every finished step."""
    around: Around = unwatched
    """Entered while a step of that name runs."""


@dataclass
class Execution:
    """One run of the pipeline."""

    id: str
    status: Literal["Executing", "Succeeded", "Failed"] = "Executing"
    reason: str = ""
    values: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.values["Execution.PipelineExecutionId"] = self.id
        self.values["Execution.StartDateTime"] = datetime.now(UTC).isoformat(timespec="seconds")


class PipelineRunner:
    """Runs definitions against one store; `scratch` holds the folders of the jobs while they run."""

    def __init__(self, store: ObjectStore, scratch: Path, services: Services) -> None:
        self._store = store
        self._scratch = scratch
        self._services = services
        self._transforms = Transforms(store)
        self._ahead = _Ahead()
        self._types: dict[str, Callable[[str, Any, StepDefinition], Outputs]] = {
            "Lambda": self._function,
            "Processing": self._processing,
            "Training": self._training,
            "Model": self._model,
            "Transform": self._transform,
            "RegisterModel": self._register,
            "Callback": self._callback,
            "Fail": self._fail,
        }

    def run(self, definition: Definition, execution_id: str) -> Execution:
        """Runs to the end. A failed step is the execution's status and reason, not an exception."""
        execution = Execution(execution_id)
        with _Ahead() as self._ahead:
            try:
                self._run_steps(definition["Steps"], execution)
            except RuntimeError as error:
                execution.status, execution.reason = "Failed", str(error)
            else:
                execution.status = "Succeeded"
        return execution

    def _start_ahead(self, steps: Sequence[StepDefinition], done: set[str], execution: Execution) -> None:
        """Starts the jobs behind a condition once nothing is left to do before it but the steps it reads."""
        for condition in (step for step in steps if step["Type"] == "Condition"):
            judges = {*steps_referred_to(condition["Arguments"]["Conditions"])}
            before = {step["Name"] for step in steps if step["Type"] != "Condition"}
            if before - done != judges:
                continue
            for later in condition["Arguments"]["IfSteps"]:
                if later["Type"] == "Processing" and done.issuperset(steps_referred_to(later)):
                    self._ahead.start(later["Name"], partial(self._processed, execution, later))

    def _processed(self, execution: Execution, step: StepDefinition, early: EarlyStart) -> dict[str, str]:
        request = _in_half_the_threads(self._resolved(step["Arguments"], execution))
        with _folder(self._scratch / execution.id / step["Name"]) as folder:
            return run_processing(self._store, folder, request, early)

    def _run_steps(self, steps: Sequence[StepDefinition], execution: Execution) -> None:
        done: set[str] = set()
        for step in _in_order(steps):
            self._start_ahead(steps, done, execution)
            done.add(step["Name"])
            if step["Type"] == "Condition":
                branch = "IfSteps" if self._holds(step, execution) else "ElseSteps"
                self._run_steps(step["Arguments"][branch], execution)
                continue
            started = time.monotonic()
            arguments = self._resolved(step["Arguments"], execution)
            with self._services.around(step["Name"]):
                outputs = self._types[step["Type"]](execution.id, arguments, step)
            execution.values |= {f"Steps.{step['Name']}.{path}": value for path, value in outputs.items()}
            self._services.on_step(step["Name"], time.monotonic() - started)

    def _holds(self, step: StepDefinition, execution: Execution) -> bool:
        conditions = self._resolved(step["Arguments"]["Conditions"], execution)
        for condition in conditions:
            if condition["Type"] != "Equals":
                raise StepFailedError(f"condition {condition['Type']} is not supported here: use Equals")
        return all(condition["LeftValue"] == condition["RightValue"] for condition in conditions)

    def _function(self, _execution_id: str, event: Any, step: StepDefinition) -> Outputs:
        return _output_parameters(self._services.function(step["FunctionArn"], event), step)

    def _callback(self, _execution_id: str, arguments: Any, step: StepDefinition) -> Outputs:
        return _output_parameters(self._services.callback(step["SqsQueueUrl"], arguments), step)

    def _processing(self, execution_id: str, request: Any, step: StepDefinition) -> Outputs:
        uris = self._ahead.outputs(step["Name"])
        if uris is None:
            if self._ahead.busy():
                request = _in_half_the_threads(request)
            with _folder(self._scratch / execution_id / step["Name"]) as folder:
                uris = run_processing(self._store, folder, request)
        files = step.get("PropertyFiles", ())
        return {
            f"PropertyFiles.{file['PropertyFileName']}": f"{uris[file['OutputName']]}/{file['FilePath']}"
            for file in files
        }

    def _training(self, execution_id: str, request: Any, step: StepDefinition) -> Outputs:
        with _folder(self._scratch / execution_id / step["Name"]) as folder:
            return {"ModelArtifacts.S3ModelArtifacts": run_training(self._store, folder, request)}

    def _model(self, execution_id: str, request: Any, step: StepDefinition) -> Outputs:
        return {"ModelName": self._transforms.create_model(f"{execution_id}-{step['Name']}", request)}

    def _transform(self, _execution_id: str, request: Any, _step: StepDefinition) -> Outputs:
        self._transforms.run(request)
        return {}

    def _register(self, _execution_id: str, request: Any, _step: StepDefinition) -> Outputs:
        return {"ModelPackageArn": self._services.register(request)}

    def _fail(self, _execution_id: str, arguments: Any, _step: StepDefinition) -> Outputs:
        raise StepFailedError(arguments["ErrorMessage"])

    def _resolved(self, node: Any, execution: Execution) -> Any:
        prefix = f"{self._store.url}/"
        return resolve(node, execution.values, lambda uri: self._store.get(uri.removeprefix(prefix)))


class _Ahead:
    """Jobs that run before it is their turn, each on a thread of its own."""

    def __init__(self) -> None:
        self._jobs: dict[str, tuple[EarlyStart, Future[dict[str, str]]]] = {}
        self._threads = ThreadPoolExecutor()

    def start(self, name: str, job: Callable[[EarlyStart], dict[str, str]]) -> None:
        """Starts a job, once. It gets an `EarlyStart`, which later tells it whether its outputs are
        wanted."""
        if name not in self._jobs:
            early = EarlyStart()
            self._jobs[name] = early, self._threads.submit(job, early)

    def busy(self) -> bool:
        """Whether a job was started whose turn has not come."""
        return any(not early.wanted.done() for early, _job in self._jobs.values())

    def outputs(self, name: str) -> dict[str, str] | None:
        """Stores the outputs of a job whose turn has come and returns their URIs; None if it was not started.
        Raises JobFailedError."""
        if name not in self._jobs:
            return None
        early, job = self._jobs[name]
        early.wanted.set_result(True)
        return job.result()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Ends the jobs whose turn never came, and one that is still waited for when this is interrupted."""
        for early, _job in self._jobs.values():
            if not early.wanted.done():
                early.wanted.set_result(False)
            early.over.set_result(None)
        self._threads.shutdown()


def _in_half_the_threads(request: Mapping[str, Any]) -> Mapping[str, Any]:
    """A job's request with half the threads, for a machine that two jobs share: with more threads than cores
    they would wait for each other. Numbers of threads that the environment sets stay."""
    share = str(max((os.cpu_count() or 1) // 2, 1))
    threads = {} if "OMP_NUM_THREADS" in os.environ else {"OMP_NUM_THREADS": share}
    return {**request, "Environment": threads | request.get("Environment", {})}


def _in_order(steps: Sequence[StepDefinition]) -> Iterator[StepDefinition]:
    by_name = {step["Name"]: step for step in steps}
    graph = {name: [d for d in steps_referred_to(step) if d in by_name] for name, step in by_name.items()}
    return (by_name[name] for name in TopologicalSorter(graph).static_order())


def _output_parameters(outputs: Mapping[str, str], step: StepDefinition) -> Outputs:
    names = [parameter["OutputName"] for parameter in step["OutputParameters"]]
    return {f"OutputParameters['{name}']": outputs[name] for name in names}


@contextmanager
def _folder(path: Path) -> Iterator[Path]:
    """An empty folder for one job, gone afterwards whatever happens."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
