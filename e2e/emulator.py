"""AWS on this machine: ministack with IAM enforced, and the SageMaker double.

The account is a new one, with ten executions for all functions together, and its store is 20 ms away.
"""

import os
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from e2e.double.hosting import HostingDouble
from e2e.double.server import sagemaker_double
from e2e.machine import BARE_PYTHON, IMAGE_PYTHON, NODE_PACKAGES, ROOT, WORK, free_port

ACCOUNT, REGION = "000000000000", "us-east-1"
START_SECONDS = 60.0
EXECUTIONS, STORE_CALL_S = 10, 0.02


@contextmanager
def emulator() -> Iterator[HostingDouble]:
    """While the context lasts, AWS clients and the CDK CLI of this process reach the emulator. What it gives
    hosts the endpoints."""
    gateway, sagemaker = free_port(), free_port()
    os.environ |= _environment(gateway, sagemaker)
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}"
    double = sagemaker_double(sagemaker, arn, WORK / "jobs")
    with double as hosting, _ministack(gateway, WORK / "emulator.log"):
        yield hosting


def _environment(gateway: int, sagemaker: int) -> dict[str, str]:
    """The access key is new each time, because the CLI remembers which account a key belongs to."""
    url = f"http://127.0.0.1:{sagemaker}"
    return {
        "AWS_ACCESS_KEY_ID": f"AKIAE2E{time.time_ns() // 1000:013}"[:20],
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{gateway}",
        "AWS_ENDPOINT_URL_SAGEMAKER": url,
        "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": url,
        "AWS_EC2_METADATA_DISABLED": "true",
        "OMP_NUM_THREADS": "1",
    }


@contextmanager
def _ministack(port: int, log: Path) -> Iterator[None]:
    settings = {
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "LAMBDA_ACCOUNT_CONCURRENCY": str(EXECUTIONS),
        "LAMBDA_PYTHON": BARE_PYTHON,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "NODE_PATH": NODE_PACKAGES,
        "STORE_CALL_S": str(STORE_CALL_S),
    }
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as file:
        process = subprocess.Popen(
            [IMAGE_PYTHON, str(ROOT / "e2e/emulated.py")],
            env=os.environ | settings,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_until_up(process, f"http://127.0.0.1:{port}/_ministack/health", log)
            yield
        finally:
            process.terminate()
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_until_up(process: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"the emulator did not start; it wrote: {log.read_text()[-500:]}")
