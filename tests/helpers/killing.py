"""A way to kill a process between any two calls of an object that it uses."""

from contextlib import suppress
from dataclasses import dataclass


class KilledError(BaseException):
    """The process ends here: nothing but a `finally` still runs."""


@dataclass
class Killer:
    """Kills at call number `at`, before it or, with `done`, after it has had its effect."""

    at: int = -1
    done: bool = False
    calls: int = 0

    def over(self, target):
        """The object, with every call counted."""
        return _Counted(target, self)

    def call(self, method, arguments, keywords):
        number, self.calls = self.calls, self.calls + 1
        if number != self.at:
            return method(*arguments, **keywords)
        if self.done:
            with suppress(Exception):
                method(*arguments, **keywords)
        raise KilledError


class _Counted:
    def __init__(self, target, killer: Killer) -> None:
        self._target, self._killer = target, killer

    def __getattr__(self, name: str):
        found = getattr(self._target, name)
        if not callable(found):
            return found
        return lambda *arguments, **keywords: self._killer.call(found, arguments, keywords)
