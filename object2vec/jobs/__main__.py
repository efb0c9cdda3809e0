"""`python -m object2vec.jobs <job>`: pictures, prepare, prepare_spark, pairs, train, evaluate or index."""

import sys
from importlib import import_module

JOBS = ("pictures", "prepare", "prepare_spark", "pairs", "train", "evaluate", "index")


def main() -> None:
    """Runs the named job. Exits with 2 for any other name."""
    if len(sys.argv) < 2 or sys.argv[1] not in JOBS:
        print(f"usage: <bundle> {'|'.join(JOBS)}", file=sys.stderr)
        sys.exit(2)
    import_module(f"object2vec.jobs.{sys.argv[1]}").main()


if __name__ == "__main__":
    main()
