"""Reports why a job ends early: in a line of the log, and in a file that SageMaker reads."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from object2vec.core.errors import InputError


@contextmanager
def reason_left(base: Path, *, note: str = "message") -> Iterator[None]:
    """Writes the reason why a job ends early to `output/<note>`, where SageMaker reads it.

    For input that cannot be used that is one sentence, with exit status 2. Any other error is a fault of this
    program; its traceback is in the log."""
    try:
        yield
    except InputError as error:
        _leave(base, str(error), note)
        sys.exit(2)
    except Exception as error:
        _leave(base, f"{type(error).__name__}: {error}", note)
        raise


def _leave(base: Path, message: str, note: str) -> None:
    print(message, file=sys.stderr)
    path = base / "output" / note
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(message, encoding="utf-8")
