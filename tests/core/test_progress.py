"""What a step says of itself while it runs."""

import sys

from object2vec.core.progress import each, heard, stretch, tell
from object2vec.jobs import __main__ as jobs
from object2vec.jobs import prepare


def test_parts_say_one_number_together():
    shares = []
    with heard(shares.append):
        with stretch(0.0, 0.5):
            assert list(each(["a", "b"])) == ["a", "b"]
        with stretch(0.5, 1.0):
            tell(0.5)
            with stretch(0.5, 0.9):
                tell(0.5)
    assert shares == [0.0, 0.25, 0.5, 0.75, 0.85, 0.95, 1.0]


def test_a_part_that_failed_leaves_the_next_step_whole():
    shares = []
    try:
        with heard(shares.append), stretch(0.2, 0.4):
            raise ValueError
    except ValueError:
        tell(0.7)  # nobody listens
    with heard(shares.append):
        tell(0.5)
    assert shares == [0.4, 0.5]


def test_a_job_writes_how_far_it_is_where_somebody_asked_for_it(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "argv", ["bundle", "prepare"])
    monkeypatch.setattr(prepare, "main", lambda: tell(0.5))
    jobs.main()
    monkeypatch.setenv("PROGRESS_FILE", str(tmp_path / "progress"))
    jobs.main()
    assert (tmp_path / "progress").read_text() == "0.5000"
