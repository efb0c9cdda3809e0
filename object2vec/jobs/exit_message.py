"""What a job leaves behind when it cannot go on: a line in the log and a note for SageMaker."""

import sys
from pathlib import Path


def leave_message(base: Path, message: str, *, note: str = "message") -> None:
    """Prints the message and writes it to `output/<note>`, where SageMaker takes the job's reason from."""
    print(message, file=sys.stderr)
    path = base / "output" / note
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(message, encoding="utf-8")
