"""Faults at one write of a piece of work, or in one file, and a store that has them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from object2vec.storage import ObjectStore

DAY = 86_400
WRITES = ("put", "create", "replace", "delete", "delete_version", "upload", "upload_over")


class KilledError(BaseException):
    """The process ends here."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault at one write of a piece of work."""

    name: str
    before: BaseException | None = None
    after: BaseException | None = None
    repeat: bool = False
    """Another worker does the same work between this write and the next: this one's write is slow."""
    times: int = 1
    """Number of writes in a row that fail."""
    clock: int = 0
    """Seconds by which the clock has jumped when the work is done again."""
    damage: Callable[[bytes], bytes] | None = None
    """The damage to one file, instead of a failing write."""


NO_FAULT = Fault("none, done twice")
THROTTLED = ConnectionError("SlowDown: reduce your request rate")
FAULTS = (
    Fault("killed before a write", before=KilledError()),
    Fault("killed after a write", after=KilledError()),
    Fault("disk full", before=OSError(28, "No space left on device")),
    Fault("store error without effect", before=ConnectionError("reset")),
    Fault("store error after the effect", after=TimeoutError("no answer")),
    Fault("store throttles five writes", before=THROTTLED, times=5),
    Fault("a write so slow that another worker does it all", repeat=True),
    Fault("killed, and the clock jumps a day ahead", after=KilledError(), clock=DAY),
    Fault("killed, and the clock jumps a day back", after=KilledError(), clock=-DAY),
    NO_FAULT,
)


def _flipped(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


DAMAGES = (
    Fault("a file is cut off", damage=lambda data: data[: len(data) // 2]),
    Fault("a file is empty", damage=lambda _: b""),
    Fault("one bit of a file flips", damage=_flipped),
)


class FaultyStore:
    """Hands every request on to a store, with a fault at the write of a number."""

    def __init__(self, store: ObjectStore, fault: Fault, at: int, again: Callable[[], None]) -> None:
        self._store, self._fault, self._at, self._again = store, fault, at, again
        self.writes = 0

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._store, name)
        return self._faulty(attribute) if name in WRITES else attribute

    def _faulty(self, request: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            self.writes += 1
            if not self._at <= self.writes - 1 < self._at + self._fault.times:
                return request(*arguments)
            if self._fault.before:
                raise self._fault.before.with_traceback(None)  # one of an earlier round would be kept alive
            if self._fault.repeat:
                self._again()
            answer = request(*arguments)
            if self._fault.after:
                raise self._fault.after.with_traceback(None)
            return answer

        return call
