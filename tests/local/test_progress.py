import io
import json
from threading import Event

from rich.console import Console

from local import progress
from local.progress import StepProgress
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


def shown(monkeypatch, tmp_path, *, terminal=False, name="Prepare", known=None):
    """What a step says that runs for a while, where a wait is a moment."""
    monkeypatch.setattr(progress, "SHORT_S", 0.0)
    monkeypatch.setattr(progress, "LINE_S", 0.01)
    monkeypatch.setattr(progress, "FRAME_S", 0.01)
    file, out = tmp_path / "times.json", Told(name)
    if known is not None:
        file.write_text(json.dumps(known))
    console = Console(file=out, force_terminal=terminal, width=100)
    steps = StepProgress(file, 50.0, console)
    with steps.running(name):
        assert name in progress.TELLS_ITSELF or out.said.wait(60)
    return out.getvalue(), file


def test_a_log_gets_lines_with_the_time_that_is_left(monkeypatch, tmp_path):
    text, file = shown(monkeypatch, tmp_path, known={"Prepare": 0.8})
    assert "Prepare about 40 s left" in text
    assert 0 < json.loads(file.read_text())["Prepare"] < 0.8, "the next time is told from this one"


def test_a_terminal_gets_a_bar(monkeypatch, tmp_path):
    text, _ = shown(monkeypatch, tmp_path, terminal=True, known={"Prepare": 0.8})
    assert "Prepare" in text
    assert "s left" in text
    assert "\u2501" in text  # rich draws bars of this


def test_a_step_that_takes_longer_says_so_instead_of_zero(monkeypatch, tmp_path):
    text, _ = shown(monkeypatch, tmp_path, known={"Prepare": 0.0})
    assert "longer than expected" in text


def test_a_damaged_memory_is_no_memory(monkeypatch, tmp_path):
    (tmp_path / "times.json").write_text("{")
    text, _ = shown(monkeypatch, tmp_path)
    assert "s left" in text


def test_a_step_that_tells_itself_is_left_alone(monkeypatch, tmp_path):
    text, file = shown(monkeypatch, tmp_path, name="Train")
    assert text == ""
    assert not file.exists()


def test_a_training_counts_the_time_limit(monkeypatch, capsys):
    moments = iter([0.0, 30.0, 40.0, 40.0, 40.0])
    monkeypatch.setattr("object2vec.training.progress.time.monotonic", lambda: next(moments))
    with TrainingProgress(1000, limit=120.0) as bar:
        bar.step({"text": 1.0})
    assert "step 1/1000 about 90 s left" in capsys.readouterr().out, (
        "not the 30,000 s that all steps would take"
    )
