"""The pinned CDK CLI, as a person runs it."""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import boto3

from e2e.machine import LAMBDA_ARCHITECTURE, ROOT, WORK

STACK = "Object2Vec"
_OUT = WORK / "cdk.out"
_SYNTHESISED = ("--app", str(_OUT))
_LOG = WORK / "cdk.log"


class CdkError(RuntimeError):
    """The CLI exited with an error; the message is the end of what it wrote."""


def synth(settings: Mapping[str, str], program: Path = ROOT) -> None:
    """Makes the template and the bundles of the code in a folder, with these `-c` values."""
    given = {"lambda_architecture": LAMBDA_ARCHITECTURE} | dict(settings)
    context = [part for name, value in given.items() for part in ("-c", f"{name}={value}")]
    _cdk("synth", "--quiet", "--output", str(_OUT), *context, program=program)


def bootstrap(account: str, region: str) -> None:
    """Prepares the account for deployments."""
    _cdk("bootstrap", f"aws://{account}/{region}", *_SYNTHESISED)


def deploy() -> dict[str, str]:
    """Deploys what was synthesised; returns the stack's outputs."""
    outputs = WORK / "outputs.json"
    _cdk("deploy", "--require-approval", "never", "--outputs-file", str(outputs), *_SYNTHESISED)
    found: dict[str, str] = json.loads(outputs.read_text())[STACK]
    return found


def retained() -> set[str]:
    """Physical ids of the deployed resources that the template retains when the stack is destroyed."""
    template = json.loads((_OUT / f"{STACK}.template.json").read_text())["Resources"]
    kept = {
        name for name, resource in template.items() if resource.get("DeletionPolicy", "").startswith("Retain")
    }
    pages = boto3.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=STACK)
    found = [resource for page in pages for resource in page["StackResourceSummaries"]]
    return {r["PhysicalResourceId"] for r in found if r["LogicalResourceId"] in kept}


def destroy() -> None:
    """Removes the stack."""
    _cdk("destroy", "--force", *_SYNTHESISED)


def _cdk(*arguments: str, program: Path = ROOT) -> None:
    path = f"{ROOT / '.venv/bin'}:{os.environ['PATH']}"
    with _LOG.open("ab") as log:
        start = log.tell()
        command = ["npx", "cdk", *arguments, "--progress", "events"]
        ended = subprocess.run(
            command, cwd=program, env=os.environ | {"PATH": path}, stdout=log, stderr=log, check=False
        )
    if ended.returncode:
        said = _tail(_LOG, start)
        raise CdkError(f"cdk {arguments[0]} failed; {_LOG} ends with:\n{said}")


def _tail(log: Path, start: int, lines: int = 25) -> str:
    return "\n".join(log.read_bytes()[start:].decode(errors="replace").splitlines()[-lines:])
