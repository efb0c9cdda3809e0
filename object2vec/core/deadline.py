"""An end by the clock for a call that could wait for ever.

A socket's time-out counts from the last byte, so whoever sends one now and then is never given up.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raises TimeoutError in the block once it has taken `seconds`; HTTP clients take that for a socket's
    time-out.

    Only a process's main thread can be interrupted, where Lambda calls handlers: in others it does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, _over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _over(_number: int, _frame: FrameType | None) -> NoReturn:
    raise TimeoutError("timeout: it took longer than it may")
