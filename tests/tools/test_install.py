"""The bar of an installation."""

import subprocess
import sys
from pathlib import Path

from tools.install import WIDTH, told

ROOT = Path(__file__).parents[2]


def test_the_bar_grows_and_tells_the_time_left():
    assert told(0, 100, 3.0) == f"  {'╺' * WIDTH} 3 s"
    assert told(50, 100, 30.0) == f"  {'━' * (WIDTH // 2)}{'╺' * (WIDTH // 2)} about 30 s left"
    assert told(130, 100, 99.0).endswith("about 1 s left"), "more than was expected is nearly done"


def test_what_pip_says_of_a_failure_is_shown_with_its_exit_status(tmp_path):
    (tmp_path / "lock.txt").write_text("one==1.0\n")
    asked = [sys.executable, ROOT / "tools/install.py", tmp_path / "lock.txt"]
    options = ["--no-index", "--no-deps", "no-such-package-here==1.0"]
    ended = subprocess.run([*asked, *options], capture_output=True, text=True, check=False)
    assert ended.returncode != 0
    assert "no-such-package-here" in ended.stderr
