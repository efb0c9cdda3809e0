"""Runs the training pipeline on this machine: the deployed definition, functions and jobs, without AWS."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

import lambdas.release.handler as release
from lambdas.settings import ReleaseSettings
from lambdas.snapshot.handler import answer as snapshot
from local.containers import CODE
from local.pipeline import Around, Execution, PipelineRunner, Services, StepFailedError, unwatched
from object2vec.core.endpoints import Endpoints
from object2vec.core.keys import IMAGE_UPLOADS
from object2vec.jobs.settings import PicturesJobSettings, TrainSettings
from object2vec.storage import ObjectStore
from stacks.pipeline_definition import PipelineSettings, pipeline_definition

POLL_SECONDS = 0.5


def train(
    store: ObjectStore,
    work: Path,
    endpoints: Endpoints | None,
    on_step: Callable[[str, float], None],
    hyperparameters: dict[str, str],
    *,
    algorithm: str,
    start_from: str,
    around: Around = unwatched,
) -> Execution:
    """One execution of the pipeline, from snapshot to release; `around` is entered while a step runs."""
    settings = PipelineSettings(
        store_url=store.url,
        code_uri=_job_code(work).as_uri(),
        job_role="local",
        training_image="local",
        serving_image="local",
        builtin_image="local",
        algorithm=algorithm,
        start_from=start_from,
        snapshot_function="snapshot",
        release_queue_url="release",
        model_package_group="local",
        hyperparameters=hyperparameters,
        pictures_instance_count=int(any(True for _ in store.list(IMAGE_UPLOADS))),
        pictures_role="local",
        environments={
            "pictures": PicturesJobSettings.variables(store_url=store.url),
            "train": TrainSettings.variables(teacher_cache=str(work / "teacher")),
        },
    )
    services = Services(
        function=lambda _name, event: snapshot(store, event),
        callback=lambda _queue, arguments: _release(store, arguments, endpoints),
        register=lambda request: _register(store, request),
        on_step=on_step,
        around=around,
    )
    runner = PipelineRunner(store, work / "scratch", services)
    return runner.run(pipeline_definition(settings), datetime.now(UTC).strftime("%Y%m%d-%H%M%S"))


def _job_code(work: Path) -> Path:
    """The job bundle as a folder: what is in the deployed zip, linked instead of copied."""
    bundle = work / "jobs"
    bundle.mkdir(parents=True, exist_ok=True)
    links = {"object2vec": "object2vec", "__main__.py": "object2vec/jobs/bundle_main.py"}
    for name, target in links.items():
        (bundle / name).unlink(missing_ok=True)
        (bundle / name).symlink_to(CODE / target)
    return bundle


class _StepReporter:
    """Takes the place of the pipeline service, for the release function."""

    outputs: dict[str, str] | None = None

    def send_pipeline_execution_step_success(self, **request: Any) -> None:
        self.outputs = {item["Name"]: item["Value"] for item in request["OutputParameters"]}

    def send_pipeline_execution_step_failure(self, **request: Any) -> None:
        raise StepFailedError(request["FailureReason"])


def _register(store: ObjectStore, request: dict[str, Any]) -> str:
    """Stores the model package as an object named after the execution that made it."""
    release = request["CustomerMetadataProperties"]["release"]
    key = f"model-packages/{request['ModelPackageGroupName']}/{release}.json"
    store.put(key, orjson.dumps(request, option=orjson.OPT_INDENT_2))
    return f"{store.url}/{key}"


def _release(store: ObjectStore, arguments: dict[str, Any], endpoints: Endpoints | None) -> dict[str, str]:
    reporter: Any = _StepReporter()
    settings = ReleaseSettings(store_url=store.url, endpoint_mode="cpu", release_attempts=1)
    message = {"token": "local", "arguments": arguments}
    while reporter.outputs is None:
        try:
            release.take_up(message, endpoints, reporter, settings=settings, last_attempt=False)
        except release.StillWaitingError:
            time.sleep(POLL_SECONDS)
    outputs: dict[str, str] = reporter.outputs
    return outputs
