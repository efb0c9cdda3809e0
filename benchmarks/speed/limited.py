"""A control group: a process has the memory and the share of the CPUs that Lambda gives a function.

https://docs.kernel.org/admin-guide/cgroup-v1/cgroups.html
"""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

MB_OF_A_CPU = 1_769
"""https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"""
_PERIOD_US = 100_000
_ROOT = Path("/sys/fs/cgroup")


@contextlib.contextmanager
def like_lambda(memory_mb: int, root: Path = _ROOT) -> Iterator[Callable[[], None] | None]:
    """What a new process calls first to be limited so, with what it starts; None where this machine does not
    let us make groups (of version 1). The group ends with the block, when its processes have."""
    name = f"object2vec-{os.getpid()}"
    groups = [root / "cpu" / name, root / "memory" / name]
    try:
        for group in groups:
            group.mkdir()
        (groups[0] / "cpu.cfs_period_us").write_text(str(_PERIOD_US))
        (groups[0] / "cpu.cfs_quota_us").write_text(str(_PERIOD_US * memory_mb // MB_OF_A_CPU))
        (groups[1] / "memory.limit_in_bytes").write_text(str(memory_mb << 20))
    except OSError:
        _remove(groups)
        yield None
        return

    def enter() -> None:
        for group in groups:
            (group / "cgroup.procs").write_text(str(os.getpid()))

    try:
        yield enter
    finally:
        _remove(groups)


def _remove(groups: list[Path]) -> None:
    for group in groups:
        with contextlib.suppress(OSError):
            group.rmdir()
