"""Each line of the threat model names a test that is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/threat-model.md"
KINDS = {"spoofing", "tampering", "repudiation", "disclosure", "denial", "elevation"}


def lines():
    cells = (
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in PAGE.read_text().splitlines()
        if "|" in line
    )
    return [line for line in cells if line[0] in KINDS]


def test_every_line_names_a_test_that_is_there():
    for _, threat, answer, held in lines():
        name = re.fullmatch(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", held)
        assert name, threat
        text = (ROOT / name[1]).read_text()
        assert f"def {name[2]}(" in text if name[2] else "def test_" in text, held
        assert answer


def test_every_kind_of_threat_is_looked_at():
    assert {kind for kind, *_ in lines()} == KINDS
    assert len(lines()) > 30
