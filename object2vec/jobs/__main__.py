"""`python -m object2vec.jobs <job>`: pictures, prepare, prepare_spark, pairs, train, evaluate or index."""

import sys
from importlib import import_module
from pathlib import Path

from object2vec.core import progress
from object2vec.jobs.settings import JobSettings

JOBS = ("pictures", "prepare", "prepare_spark", "pairs", "train", "evaluate", "index")


def main() -> None:
    """Runs the named job. Exits with 2 for any other name."""
    if len(sys.argv) < 2 or sys.argv[1] not in JOBS:
        print(f"usage: <bundle> {'|'.join(JOBS)}", file=sys.stderr)
        sys.exit(2)
    main_of_job = import_module(f"object2vec.jobs.{sys.argv[1]}").main
    if file := JobSettings.read().progress_file:
        with progress.heard(_Written(file)):
            main_of_job()
    else:
        main_of_job()


class _Written:
    """Writes the share that is done into a file, each time that it is a thousandth more."""

    def __init__(self, file: Path) -> None:
        self._file, self._share = file, 0.0

    def __call__(self, share: float) -> None:
        if share >= self._share + 0.001:
            self._share = share
            self._file.write_text(f"{share:.4f}", encoding="utf-8")


if __name__ == "__main__":
    main()
