"""Memory of this process."""

import re
from pathlib import Path


def peak_mb() -> float:
    """The most resident memory this process has had, in MB.

    Not `ru_maxrss`: a process started by a large one begins with that one's maximum.
    """
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    if found is None:
        raise RuntimeError("/proc/self/status names no VmHWM: this needs Linux")
    return int(found[1]) / 1024
