"""What is said of the dependencies, and that no secret is in the repository."""

import re
import subprocess
from pathlib import Path

import pytest
from detect_secrets.core import scan
from detect_secrets.settings import transient_settings

from tools.audit import LOOKED_AT, is_permissive, main, told

ROOT = Path(__file__).parents[2]
DETECTORS = (
    "ArtifactoryDetector", "AWSKeyDetector", "AzureStorageKeyDetector", "BasicAuthDetector",
    "GitHubTokenDetector", "GitLabTokenDetector", "JwtTokenDetector", "KeywordDetector", "NpmDetector",
    "OpenAIDetector", "PrivateKeyDetector", "PypiTokenDetector", "SendGridDetector", "SlackDetector",
    "StripeDetector", "TwilioKeyDetector",
)  # fmt: skip
MADE_UP = {"e2e/emulator.py", "tests/lambdas/conftest.py", "tests/serving/test_predictor.py"}
"""Files with the keys of a double, which open nothing."""
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)


def tracked(*patterns):
    listed = subprocess.run(
        ["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / name for name in listed.stdout.splitlines()]


def secrets_of(path):
    with transient_settings({"plugins_used": [{"name": name} for name in DETECTORS]}):
        return [f"{path}:{found.line_number}: {found.type}" for found in scan.scan_file(str(path))]


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="only a checkout knows its files")
def test_no_secret_is_in_the_repository():
    kinds = ("*.py", "*.json", "*.js", "*.yml", "*.toml", "*.md", "*.txt", "Makefile", "*.sh", "*.ts")
    files = [path for path in tracked(*kinds) if path.relative_to(ROOT).as_posix() not in MADE_UP]
    assert len(files) > 500
    assert [found for path in files if path.stat().st_size < 300_000 for found in secrets_of(path)] == []


@pytest.mark.parametrize(
    "line",
    [
        "aws_access_key_id = 'AKIA" + "Q3EGTRYWQ5XZ2ABC'",
        "-----BEGIN RSA " + "PRIVATE KEY-----",
        "password = " + "'correct-horse-7f'",
    ],
)
def test_a_secret_would_be_found(tmp_path, line):
    (tmp_path / "settings.py").write_text(f"{line}\n")
    assert len(secrets_of(tmp_path / "settings.py")) >= 1


@pytest.mark.parametrize(
    ("licence", "permissive"),
    [
        ("MIT License", True),
        ("Apache-2.0", True),
        ("GPL-3.0-only", False),
        ("MIT OR GPL-2.0", True),
        ("LGPLv3+", False),
        ("UNKNOWN", False),
    ],
)
def test_a_licence_is_told_by_its_name(licence, permissive):
    assert is_permissive(licence) is permissive


def test_advisories_that_cannot_be_had_are_no_clean_bill():
    nobody = [{"name": "a", "version": "1", "skip_reason": "not found"}]
    assert "nothing is known" in told(nobody)
    safe = [{"name": "b", "version": "1", "vulns": []}]
    assert told([*nobody, *safe]) == "Vulnerabilities of 1 packages: none known; nothing is known of 1 others"
    assert "b 1: CVE-1" in told([{"name": "b", "version": "1", "vulns": [{"id": "CVE-1"}]}])


def test_nothing_that_is_deployed_has_a_licence_that_needed_a_look():
    deployed = [*ROOT.glob("requirements-runtime.txt"), *ROOT.glob("requirements-jobs*.txt")]
    deployed += [ROOT / "requirements-serving.txt", ROOT / "locks" / "runtime.txt"]
    pinned = {canonical(pin)[0] for path in deployed for pin in PIN.findall(path.read_text())}
    assert len(pinned) > 30
    assert pinned.isdisjoint(LOOKED_AT)


def test_a_missing_tool_says_how_to_get_it(tmp_path, capsys):
    assert main(["--tools", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "make audit" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["dev", "runtime"])
def test_the_locks_pin_what_is_installed_with_its_hashes_and_name_no_host(name):
    text = (ROOT / "locks" / f"{name}.txt").read_text()
    assert "://" not in text
    constraints = dict(canonical(pin) for pin in PIN.findall((ROOT / "constraints.txt").read_text()))
    locked = dict(canonical(pin) for pin in PIN.findall(text))
    assert {key: locked[key] for key in locked.keys() & constraints} == {
        key: constraints[key] for key in locked.keys() & constraints
    }, "run make lock"
    asked = dict(canonical(pin) for pin in PIN.findall((ROOT / f"requirements-{name}.txt").read_text()))
    assert asked.items() <= locked.items(), "run make lock"
    assert len(re.findall(r"--hash=sha256:[0-9a-f]{64}", text)) > len(locked)


def canonical(pin):
    return re.sub(r"[-_.]+", "-", pin[0]).lower(), pin[1]
