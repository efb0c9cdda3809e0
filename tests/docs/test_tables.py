"""Tables of the documentation that repeat numbers of the code are held to them."""

import re
from pathlib import Path

from object2vec.core.event_kinds import KIND_WEIGHTS, kind_of

DATA = (Path(__file__).parents[2] / "docs/data.md").read_text(encoding="utf-8")


def test_the_weights_of_events_are_those_of_the_code():
    section = DATA.partition("### What events mean")[2].partition("\n#")[0]
    shown = {}
    for acts, weight in re.findall(r"^\| ([^|]+) \| (-?[\d.]+) \|", section, re.MULTILINE):
        shown |= dict.fromkeys(re.findall(r"`(\w+)`", acts), float(weight))
    assert shown == KIND_WEIGHTS


def test_spellings_of_event_types_in_the_text_are_known():
    quoted = re.search(r"write it \(([^)]+)\)", DATA)
    assert quoted is not None
    names = re.findall(r"`([^`]+)`", quoted[1])
    assert {kind_of(name) for name in names} == {"cart"}
