"""What a person sees of a long step."""

import re

import pytest

from object2vec.training import progress
from object2vec.training.progress import TrainingProgress, tracked, waiting


@pytest.fixture
def every_step_is_logged(monkeypatch):
    monkeypatch.setattr(progress, "_LOG_EVERY", -1.0)


@pytest.mark.usefixtures("every_step_is_logged")
def test_a_log_says_how_far_a_step_is_and_how_much_time_is_left(capsys):
    assert list(tracked("abc", "evaluation")) == ["a", "b", "c"]
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" about ")[0] for line in lines] == [f"evaluation {done}/3" for done in range(3)]
    assert all(line.endswith("s left") for line in lines)


@pytest.mark.usefixtures("every_step_is_logged")
def test_so_does_a_training(capsys):
    with TrainingProgress(2) as shown:
        shown.step({"text": 0.5})
    assert re.search(r"step 1/2 about \d+ s left text 0\.500", capsys.readouterr().out)


def test_work_without_steps_says_how_long_it_takes_so_far(monkeypatch, capsys):
    monkeypatch.setattr(progress, "_SHORT", 0.0)
    monkeypatch.setattr(progress, "_LOG_EVERY", 0.01)
    told = ""
    with waiting("reading"):
        while not told:
            told = capsys.readouterr().out
    assert re.match(r"reading \d+ s so far\n", told)


def test_short_work_says_nothing(capsys):
    with waiting("reading"):
        pass
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("every_s", [-1.0, 1_000.0])
def test_short_epochs_fill_no_screen(every_s, monkeypatch, capsys):
    monkeypatch.setattr(progress, "_LOG_EVERY", every_s)
    with TrainingProgress(2) as shown:
        for number in (1, 2, 3):
            shown.epoch(f"epoch {number}")
    told = ["epoch 1", "epoch 2", "epoch 3"] if every_s < 0 else ["epoch 3"]
    assert capsys.readouterr().out.splitlines() == told
