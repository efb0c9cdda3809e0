"""A round of every fault, and what a broken promise looks like."""

from itertools import islice

import pytest

from tools import chaos
from tools.chaos import main, rounds
from tools.chaos_promises import PROMISES
from tools.chaos_shop import Promise

ROUNDS = list(islice(rounds(seed=7), sum(len(promise.faults) for promise in PROMISES)))


TRIED = [one for number, one in enumerate(ROUNDS) if number % 3 == 0 or one.promise.played]


@pytest.mark.parametrize("one", TRIED, ids=lambda one: f"{one.promise.name}: {one.fault.name}")
def test_a_promise_holds(one):
    assert one.holds()


def test_a_broken_promise_is_told_with_its_round_and_is_status_1(tmp_path, monkeypatch, capsys):
    broken = Promise("nothing is ever curated", PROMISES[0].work, lambda shop: not shop.counted())
    monkeypatch.setattr(chaos, "PROMISES", (broken,))
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- table -->\nold\n<!-- end of table -->\nafter\n")
    assert main(["--seed", "3", "--seconds", "0", "--page", str(page)]) == 1
    assert "round 1: nothing is ever curated: broken by killed before a write" in capsys.readouterr().out
    text = page.read_text()
    assert "**broken 1**" in text
    assert (text.startswith("before\n"), "old" in text, text.endswith("after\n")) == (True, False, True)


def test_every_fault_meets_a_write():
    """A fault at a write that never comes would hold every promise."""
    for one in ROUNDS:
        assert one.write < one.promise.writes()
