"""The serving container as a process that runs the model's own code under the image's Python version."""

import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from e2e.machine import IMAGE_PYTHON, free_port

UP_SECONDS = 60.0
MODEL = "/opt/ml/model"
_PROGRAM = Path(__file__).parent / "serve_model.py"


class ServingContainer:
    """One running model; `folder` is its file system, with `/opt/ml/model` as `model/`."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._port = free_port()
        model = str(folder / "model")
        settings = {name: value.replace(MODEL, model) for name, value in environment.items()}
        base = {"PATH": os.environ["PATH"], "OMP_NUM_THREADS": "1"}
        self._log = (folder / "log").open("wb")
        self._process = subprocess.Popen(
            [IMAGE_PYTHON, str(_PROGRAM), model, str(self._port)],
            env=base | settings,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    def wait_until_up(self) -> None:
        """Raises RuntimeError with what the process wrote last."""
        deadline = time.monotonic() + UP_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self._url}/ping", timeout=1):
                    return
            except OSError:
                time.sleep(0.2)
        said = (self._folder / "log").read_text()[-500:]
        self.stop()
        raise RuntimeError(f"the container did not come up: {said}")

    def invoke(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes, str]:
        """Status, body and content type of an invocation."""
        request = urllib.request.Request(f"{self._url}/invocations", body, dict(headers), method="POST")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read(), answer.headers["content-type"]
        except urllib.error.HTTPError as error:
            return error.code, error.read(), error.headers["content-type"]

    def stop(self) -> None:
        """Ends the process and removes its file system."""
        self._process.terminate()
        self._process.wait()
        self._log.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _url(self) -> str:
        return f"http://127.0.0.1:{self._port}"
