"""The endpoint's application under the real Ray Serve, behind what the serving image's adapter does.

The image forwards `/invocations` to `POST /` of the application and `/ping` to `/-/healthz`."""

import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys
from ray import serve
from object2vec.serving.serve_app import app

serve.start(http_options={"host": "127.0.0.1", "port": int(sys.argv[1])})
serve.run(app)
print("serving", flush=True)
sys.stdin.read()
serve.shutdown()
"""
FORWARDED = {"/invocations": "/", "/ping": "/-/healthz"}


def call(port, path, body=None):
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{FORWARDED[path]}", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


@pytest.fixture
def port(seed_folder):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number = probe.getsockname()[1]
    environment = os.environ | {
        "SM_MODEL_DIR": str(seed_folder),
        "PYTHONPATH": str(ROOT),
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_memory_monitor_refresh_ms": "0",
    }
    command = [sys.executable, "-c", PROGRAM, str(number)]
    server = subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    while True:
        line = server.stdout.readline()
        assert line, "Ray Serve did not come up"
        if line.startswith("serving"):
            break
    yield number
    server.communicate(input="", timeout=120)


@pytest.mark.slow
def test_ray_serve_answers_the_payload(port):
    assert call(port, "/ping") == (200, b"success")
    status, body = call(port, "/invocations", b'{"instances": [{"text": "tea"}, {"in0": [7]}]}')
    assert status == 200
    answer = json.loads(body)
    assert [len(row["embeddings"]) for row in answer["predictions"]] == [128, 128]
    assert answer["model_version"].startswith("seed-")
    status, body = call(port, "/invocations", b"{")
    assert status == 400
    assert "no JSON" in json.loads(body)["error"]
