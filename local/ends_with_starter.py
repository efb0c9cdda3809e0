"""`python ends_with_starter.py COMMAND …`: runs a command that ends with the process that started it.

The starter holds the other end of the standard input, which the system closes with it, even after a signal
that cannot be caught. Exit status: the command's own, 128 + n where signal n ended it.
"""

import os
import subprocess
import sys
from threading import Thread


def main() -> int:
    """Waits for the command, and for the end of the input beside it."""
    process = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)  # noqa: S603  # what the starter gave

    def end_with_starter() -> None:
        while os.read(0, 1):
            pass
        process.kill()

    Thread(target=end_with_starter, daemon=True).start()
    try:
        status = process.wait()
    except KeyboardInterrupt:
        status = process.wait()
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main())
