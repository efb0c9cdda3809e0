"""Memory of this process."""

import re
import resource
import sys
from pathlib import Path


def peak_mb() -> float:
    """The most resident memory this process has had, in MB.

    On Linux not `ru_maxrss`: a process started by a large one begins with that one's maximum. macOS has
    nothing else, and counts bytes.
    """
    if sys.platform == "darwin":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    if found is None:
        raise RuntimeError("/proc/self/status names no VmHWM: this needs Linux or macOS")
    return int(found[1]) / 1024
