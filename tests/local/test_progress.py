import io
import json
from itertools import pairwise
from threading import Event

import numpy as np
import pytest
from rich.console import Console

from local import progress
from local.progress import StepProgress, TimeLeft
from object2vec.core.progress import tell
from object2vec.training.progress import TrainingProgress


class Told(io.StringIO):
    """An output that tells when it holds a word."""

    def __init__(self, word):
        super().__init__()
        self._word, self.said = word, Event()

    def write(self, text):
        count = super().write(text)
        if self._word in self.getvalue():
            self.said.set()
        return count


def shown(monkeypatch, tmp_path, *, terminal=False, name="Prepare", known=None, share=0.0, word=""):
    """What a step says that runs for a while, where a wait is a moment."""
    monkeypatch.setattr(progress, "SHORT_S", 0.0)
    monkeypatch.setattr(progress, "LINE_S", 0.01)
    monkeypatch.setattr(progress, "FRAME_S", 0.01)
    file, out = tmp_path / "times.json", Told(word or name)
    if known is not None:
        file.write_text(json.dumps(known))
    console = Console(file=out, force_terminal=terminal, width=100)
    steps = StepProgress(file, tmp_path / "scratch", 50.0, console)
    with steps.running(name):
        if share:
            tell(share)
        assert name in progress.TELLS_ITSELF or out.said.wait(60)
    return out.getvalue(), file


def test_a_log_gets_lines_with_the_time_that_is_left(monkeypatch, tmp_path):
    text, file = shown(monkeypatch, tmp_path, known={"Prepare": 0.8})
    assert "Prepare about 40 s left" in text
    assert 0 < json.loads(file.read_text())["Prepare"] < 0.8, "the next time is told from this one"


def test_a_terminal_gets_a_bar(monkeypatch, tmp_path):
    text, _ = shown(monkeypatch, tmp_path, terminal=True, known={"Prepare": 0.8}, share=0.5, word="50%")
    assert "Prepare" in text
    assert "50%, about " in text
    assert "\u2501" in text  # rich draws bars of this


def test_a_step_that_takes_longer_says_so_instead_of_zero(monkeypatch, tmp_path):
    text, _ = shown(monkeypatch, tmp_path, known={"Prepare": 0.0})
    assert "nearly done" in text


def test_the_first_time_nothing_is_guessed(monkeypatch, tmp_path):
    (tmp_path / "times.json").write_text("{")  # a damaged memory is none
    text, _ = shown(monkeypatch, tmp_path)
    assert "Prepare 0 s so far" in text
    assert "left" not in text


def test_a_share_is_shown(monkeypatch, tmp_path):
    text, _ = shown(monkeypatch, tmp_path, share=0.25, word="25%")
    assert "Prepare 25%, " in text


def test_a_job_says_in_its_folder_how_far_it_is(monkeypatch, tmp_path):
    folder = tmp_path / "scratch/20261130-1/Prepare"
    folder.mkdir(parents=True)
    (folder / "progress").write_text("0.5000")
    text, _ = shown(monkeypatch, tmp_path, word="50%")
    assert "Prepare 50%, " in text


def told(left, takes, shares, every=0.2):
    """The seconds left that are told at each moment of a step that takes so long; `shares` gives what the
    step says is done, for what is."""
    moments = np.arange(every, takes, every)
    return moments, [left.after(at, shares(at / takes)) for at in moments.tolist()]


@pytest.mark.parametrize("remembered", [None, 10.0, 60.0, 400.0])
@pytest.mark.parametrize(
    "shares",
    [
        lambda done: done,
        lambda done: done**1.5,  # the last units take longer
        lambda done: int(done * 8) / 8,  # few large units
    ],
)
def test_the_time_left_converges_whatever_was_expected_and_never_jumps(shares, remembered):
    moments, said = told(TimeLeft(remembered), 60.0, shares)
    known = [(at, left) for at, left in zip(moments.tolist(), said, strict=True) if left is not None]
    assert known[0][0] < 10, "soon there is one"
    for (_, before), (_, after) in pairwise(known):
        assert abs(after - before) < max(0.06 * before, 8.0)
    assert max(abs(left - (60 - at)) for at, left in known if at > 45) < 15
    assert abs(known[-1][1]) < 4


def test_a_step_that_says_nothing_for_long_is_not_told_to_be_nearly_done():
    _, said = told(TimeLeft(None), 60.0, lambda done: 0.3 if done > 0.1 else 0.0)
    assert min(left for left in said if left is not None) > 8


def test_before_a_training_stands_how_long_the_whole_took_the_last_time(monkeypatch, tmp_path):
    text, _ = shown(monkeypatch, tmp_path, name="Train")
    assert text == ""  # the first time nobody knows
    text, _ = shown(monkeypatch, tmp_path, name="Train", known={"Train": 0.8})
    assert text == "  Train takes about 40 s in all, as the last time\n"


def test_a_training_counts_the_time_limit(monkeypatch, capsys):
    moments = iter([0.0, 30.0, 40.0, 40.0, 40.0])
    monkeypatch.setattr("object2vec.training.progress.time.monotonic", lambda: next(moments))
    with TrainingProgress(1000, limit=120.0) as bar:
        bar.step({"text": 1.0})
    assert "step 1/1000 about 90 s left" in capsys.readouterr().out, (
        "not the 30,000 s that all steps would take"
    )
