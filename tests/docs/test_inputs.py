"""The table of property tests in docs/reliability.md: each test is there, and plays as many inputs."""

import importlib
import re
from math import prod
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs/reliability.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| [^|]+ \| `(tests/[^`]+)` \| ([\d,]+) \|$", PAGE, re.MULTILINE)


def inputs(test):
    """How many a test plays: those of each combination of its parameters."""
    path, name = test.split("::")
    found = getattr(importlib.import_module(path.removesuffix(".py").replace("/", ".")), name)
    marks = [mark for mark in getattr(found, "pytestmark", []) if mark.name == "parametrize"]
    played = getattr(found, "_hypothesis_internal_use_settings", None)
    return prod(len(list(mark.args[1])) for mark in marks) * (played.max_examples if played else 1)


def test_there_are_rows():
    assert len(ROWS) > 20


@pytest.mark.parametrize(("test", "shown"), ROWS)
def test_a_row_counts_what_its_test_plays(test, shown):
    assert f"{inputs(test):,}" == shown
