"""`object2vec COMMAND …`: the commands of the local system and of releases.

The programs lie beside the library: in the repository one folder up, in an installed package in `_runtime`.
"""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

_HERE = Path(__file__).parent
RUNTIME = _HERE / "_runtime" if (_HERE / "_runtime").is_dir() else _HERE.parent
USAGE = """usage: object2vec COMMAND …      (object2vec COMMAND --help says more)

  demo      the sample shop: loads, trains, serves http://127.0.0.1:8080
  serve     the same with your own data: object2vec serve --data DIR
  check     how a file would be read and what would be rejected; stores nothing
  pictures  a catalogue whose items carry vectors of their pictures
  train     as serve, but prints the metrics and ends
  report    the report of the latest training
  release   releases of a deployed stack: status, rollback, approve, prune
"""
EXTRAS = "in a checkout, pip install '.[serve,train]'"
_SERVING = ("boto3", "duckdb", "faiss", "rich", "tantivy", "uvicorn")
_TRAINING = ("lightgbm", "torch")
_NEEDED = {
    **dict.fromkeys(("demo", "serve", "train"), (*_SERVING, *_TRAINING)),
    "release": ("boto3",),
    "check": _SERVING,
    "report": _SERVING,
    "pictures": (*_SERVING, "onnxruntime", "PIL"),
}
"""Modules, by command."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status of the command; 2 if packages are missing."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in {"-h", "--help"}:
        print(USAGE, end="")
        return 0 if words else 2
    if words[0] not in _NEEDED:
        print(f"There is no command {words[0]}.\n{USAGE}", end="", file=sys.stderr)
        return 2
    if missing := [name for name in _NEEDED[words[0]] if find_spec(name) is None]:
        print(f"object2vec {words[0]} needs {', '.join(missing)}: {EXTRAS}", file=sys.stderr)
        return 2
    sys.path.insert(0, str(RUNTIME))
    return _run(*words)


def _run(command: str, *rest: str) -> int:
    match command:
        case "release":
            module, words = "tools.release", ("object2vec release", *rest)
        case "train":
            module, words = "local.__main__", ("object2vec", "serve", "--once", *rest)
        case _:
            module, words = "local.__main__", ("object2vec", command, *rest)
    sys.argv = list(words)
    status: int = import_module(module).main()
    return status


if __name__ == "__main__":
    sys.exit(main())
