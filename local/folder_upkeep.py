"""Keeps a server process up to date with a store that is a folder on the same machine."""

from collections.abc import Callable
from pathlib import Path

from object2vec.release.manifest import LIVE
from object2vec.search.live import Upkeep
from object2vec.storage.item_log import END

BUDGET_S = 2.0
"""Longest wait of a request for the end of a short tail, in seconds; it takes milliseconds unless the machine
is busy."""
LONGEST_TAIL = 2 << 20
"""A longer one is that of an upload, for which the index is built anew."""


def folder_upkeep(store: Path) -> Upkeep:
    """An upkeep that looks before every answer: the times of two files, which costs microseconds. So an item
    that one process has written is in the next answer of all others."""
    return Upkeep(
        frozen=False,
        budget_s=BUDGET_S,
        longest_tail=LONGEST_TAIL,
        changed=_changed(store / END, store / LIVE),
    )


def _changed(*paths: Path) -> Callable[[], bool]:
    seen: list[object] = []

    def changed() -> bool:
        now = [_state(path) for path in paths]
        if now == seen:
            return False
        seen[:] = now
        return True

    return changed


def _state(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:  # not written yet
        return None
    return stat.st_ino, stat.st_mtime_ns
