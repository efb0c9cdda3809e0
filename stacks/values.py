"""Checks of one value alone; each returns the value or raises a sentence that names the allowed ones."""

import re
from dataclasses import dataclass

Choice = tuple[str, ...]


class SettingError(ValueError):
    """A context value that no deployment can have; the message is one sentence naming the allowed ones."""


@dataclass(frozen=True)
class Choices:
    """Allowed words."""

    words: Choice

    def __call__(self, key: str, value: object) -> str:
        if value not in self.words:
            raise SettingError(f"{key}: {value!r} is not one of {', '.join(self.words)}")
        return str(value)


@dataclass(frozen=True)
class Pattern:
    """A text of a given form; `allowed` says it in words."""

    regex: str
    allowed: str

    def __call__(self, key: str, value: object) -> str:
        if not isinstance(value, str) or not re.fullmatch(self.regex, value):
            raise SettingError(f"{key}: {value!r} is not {self.allowed}")
        return value


@dataclass(frozen=True)
class Whole:
    """A whole number; `allowed` says in words which."""

    low: int
    high: int
    allowed: str

    def __call__(self, key: str, value: object) -> int:
        number = int(str(value)) if re.fullmatch(r"\d{1,9}", str(value), re.ASCII) else -1
        if not self.low <= number <= self.high:
            raise SettingError(f"{key}: {value!r} is not {self.allowed}")
        return number


def boolean(key: str, value: object) -> bool:
    """True or false, as JSON or `-c` writes it."""
    text = str(value).lower()
    if text not in ("true", "false"):
        raise SettingError(f"{key}: {value!r} is not true or false")
    return text == "true"


INSTANCE = Pattern(r"ml\.[a-z0-9-]+\.[a-z0-9]+", "a SageMaker instance type such as ml.m5.2xlarge")
INSTANCE_OR_NONE = Pattern(rf"{INSTANCE.regex}|", f"{INSTANCE.allowed}, or empty for the default")
EMAIL = Pattern(r"[^@\s]+@[^@\s]+\.[^@\s]+|", "an e-mail address, or empty for none")
SCHEDULE = Pattern(
    r"none|rate\(\d+ (minute|hour|day)s?\)|cron\(\S+( \S+){5}\)",
    "none, rate(7 days) or cron(0 3 ? * SUN *), as EventBridge Scheduler writes them",
)
