"""The commands of docs/operations.md, and how they are run here."""

import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3

PAGE = Path(__file__).parents[2] / "docs/operations.md"
REGION = "eu-central-1"
BUCKET = "data-bucket"
_PLACEHOLDER = re.compile(r"<(\w+)>")


def commands() -> list[str]:
    """Those in the page's blocks, a line each, then those of its table that the tests try."""
    page = PAGE.read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    lines = [text for block in blocks for text in block.replace("\\\n", " ").splitlines()]
    rows = [row.split("|")[2:4] for row in page.splitlines() if row.startswith("| ")]
    tabled = [code for cell, tried in rows if "tests" in tried for code in re.findall(r"`([^`]+)`", cell)]
    return [" ".join(text.split()) for text in lines] + tabled


def line(start: str, **values: str) -> str:
    """The one command that starts like this, its placeholders filled in."""
    (found,) = (text for text in commands() if text.startswith(start))
    needed = set(_PLACEHOLDER.findall(found))
    assert needed == set(values), f"the page asks for {sorted(needed)}"
    return _PLACEHOLDER.sub(lambda match: values[match[1]], found)


def command(start: str, **values: str) -> list[str]:
    """The words of it, as a shell sees them."""
    return shlex.split(line(start, **values))


def run_aws(words: list[str], client: Any = None) -> Mapping[str, Any]:
    """What the AWS CLI makes of it: names of services, operations and parameters are botocore's there too."""
    program, service, operation, *options = words
    assert program == "aws"
    client = client or boto3.client("s3" if service == "s3api" else service)
    names = [option.removeprefix("--").title().replace("-", "") for option in options[::2]]
    call = getattr(client, operation.replace("-", "_"))
    answer: Mapping[str, Any] = call(**dict(zip(names, options[1::2], strict=True)))
    return answer
