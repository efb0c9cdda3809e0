"""Runs the request of a SageMaker job as a process, in a folder laid out like `/opt/ml`.

Does what the service does around a container: it lays out the inputs, stores the outputs and the model
archive, and reads a failed job's reason from `output/failure` (training) or `output/message` (processing).
https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html
"""

import os
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import orjson

import local.ends_with_starter
import object2vec
from object2vec.storage import ObjectStore

BASE = "/opt/ml"
CODE = Path(object2vec.__file__).parents[1]
"""The folder that holds the library: the repository, or where the package is installed."""
PROGRESS = "progress"
"""The file in a container's folder in which its job says how far it is."""
PYTHON = ("python3", "smspark-submit")
"""Programs that run a Python file; a Spark program takes this machine's cores for its cluster."""
STAND_IN = ("python3", "-m", "object2vec.jobs", "train")
"""Our training on pairs, in place of AWS's own image: the same channels and hyperparameters."""


class JobFailedError(RuntimeError):
    """The container exited with an error; the message is the reason it wrote."""


@dataclass(frozen=True)
class EarlyStart:
    """Tells a job that was started early, once this is known, whether its outputs are wanted."""

    wanted: Future[bool] = field(default_factory=Future)
    """Whether they are: nothing is stored before."""
    over: Future[None] = field(default_factory=Future)
    """Done once nobody waits for the job: its process is ended."""


@dataclass(frozen=True)
class Container:
    """A fresh folder in place of one job's file system."""

    store: ObjectStore
    root: Path

    def path(self, inside: str) -> Path:
        """The path on this machine for a path in the container."""
        return self.root / inside.lstrip("/")

    def run(
        self, entrypoint: Iterable[str], environment: Mapping[str, str], early: "EarlyStart | None" = None
    ) -> None:
        """Runs the program to its end; its output goes to this process's. Raises JobFailedError."""
        program, *arguments = entrypoint
        command = [sys.executable if program in PYTHON else program]
        command += [str(self.path(a)) if a.startswith(BASE) else a for a in arguments]
        base = {
            "SAGEMAKER_BASE_DIR": str(self.path(BASE)),
            "PROGRESS_FILE": str(self.root / PROGRESS),
            "PYTHONUNBUFFERED": "1",
        }
        everything = os.environ | base | dict(environment)
        # It must not outlive a server that is killed:
        tied = [sys.executable, local.ends_with_starter.__file__, *command]
        with subprocess.Popen(tied, env=everything, stdin=subprocess.PIPE) as job:  # noqa: S603  # our own
            if early is not None:
                early.over.add_done_callback(lambda _: _end(job))
            status = job.wait()
        if status:
            raise JobFailedError(self._message() or f"exit status {status}")

    def _message(self) -> str:
        files = (self.path(f"{BASE}/output/{name}") for name in ("failure", "message"))
        return next((file.read_text().strip() for file in files if file.is_file()), "")

    def fetch(self, uri: str, folder: Path, data_type: str) -> None:
        """Lays an S3 input (a prefix, or the objects a manifest file lists) into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        local = Path(unquote(urlsplit(uri).path))
        if uri.startswith("file:") and not uri.startswith(self.store.url):
            (folder / local.name).symlink_to(local)
        elif data_type == "ManifestFile":
            head, *names = orjson.loads(self.store.get(self._key(uri)))
            for name in names:
                self.store.download(self._key(head["prefix"]) + name, folder / name)
        else:
            self._fetch_prefix(self._key(uri), folder)

    def send(self, folder: Path, uri: str) -> None:
        """Stores every file below a folder under the prefix `uri`."""
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self.store.upload(path, f"{self._key(uri)}/{path.relative_to(folder).as_posix()}")

    def send_archive(self, folder: Path, uri: str) -> None:
        """Stores a folder as one `.tar.gz`, its files at the root."""
        archive = self.root / "model.tar.gz"
        with tarfile.open(archive, "w:gz", compresslevel=1) as tar:
            tar.add(folder, arcname=".")
        self.store.upload(archive, self._key(uri))

    def _fetch_prefix(self, prefix: str, folder: Path) -> None:
        for entry in self.store.list(prefix):
            name = entry.key.removeprefix(prefix).lstrip("/") or Path(prefix).name
            self.store.download(entry.key, folder / name)

    def _key(self, uri: str) -> str:
        return uri.removeprefix(f"{self.store.url}/")


def _end(job: subprocess.Popen[bytes]) -> None:
    """Ends the job, as it would end with this process."""
    if job.stdin is not None:
        job.stdin.close()


def run_processing(
    store: ObjectStore, root: Path, request: Mapping[str, Any], early: EarlyStart | None = None
) -> dict[str, str]:
    """Runs a `CreateProcessingJob` request; returns the URI of each output by name. Raises JobFailedError,
    also where `early` ended it."""
    container = Container(store, root)
    for item in request["ProcessingInputs"]:
        source = item["S3Input"]
        container.fetch(source["S3Uri"], container.path(source["LocalPath"]), source["S3DataType"])
    outputs = [
        (item["OutputName"], item["S3Output"]) for item in request["ProcessingOutputConfig"]["Outputs"]
    ]
    for _, output in outputs:
        container.path(output["LocalPath"]).mkdir(parents=True, exist_ok=True)
    app = request["AppSpecification"]
    entrypoint = app["ContainerEntrypoint"] + app["ContainerArguments"]
    container.run(entrypoint, request.get("Environment", {}), early)
    for _, output in outputs if early is None or early.wanted.result() else ():
        container.send(container.path(output["LocalPath"]), output["S3Uri"])
    return {name: output["S3Uri"] for name, output in outputs}


def run_training(store: ObjectStore, root: Path, request: Mapping[str, Any]) -> str:
    """Runs a `CreateTrainingJob` request; returns the URI of the model archive."""
    container = Container(store, root)
    for channel in request["InputDataConfig"]:
        source = channel["DataSource"]["S3DataSource"]
        folder = container.path(f"{BASE}/input/data/{channel['ChannelName']}")
        container.fetch(source["S3Uri"], folder, source["S3DataType"])
    config = container.path(f"{BASE}/input/config/hyperparameters.json")
    for folder in (config.parent, container.path(f"{BASE}/model"), container.path(f"{BASE}/output")):
        folder.mkdir(parents=True, exist_ok=True)
    config.write_bytes(orjson.dumps(request["HyperParameters"]))
    algorithm = request["AlgorithmSpecification"]
    if "ContainerEntrypoint" in algorithm:
        container.run(
            algorithm["ContainerEntrypoint"] + algorithm["ContainerArguments"], request.get("Environment", {})
        )
    else:
        container.run(STAND_IN, {"PYTHONPATH": str(CODE)})
    uri = f"{request['OutputDataConfig']['S3OutputPath']}/output/model.tar.gz"
    container.send_archive(container.path(f"{BASE}/model"), uri)
    return uri
