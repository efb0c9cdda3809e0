"""Values of a setting, as types; what is none is refused with a sentence that names the allowed ones."""

import re
from typing import Annotated

from pydantic import BeforeValidator


class SettingError(ValueError):
    """A context value that no deployment can have; the message is one sentence naming the allowed ones."""


def pattern(regex: str, allowed: str) -> BeforeValidator:
    """A text of a given form; `allowed` says it in words."""

    def check(value: object) -> str:
        if not isinstance(value, str) or not re.fullmatch(regex, value):
            raise SettingError(f"{value!r} is not {allowed}")
        return value

    return BeforeValidator(check)


def whole(low: int, high: int, allowed: str = "") -> BeforeValidator:
    """A whole number, as JSON or `-c` writes it; `allowed` says in words which."""

    def check(value: object) -> int:
        number = int(str(value)) if re.fullmatch(r"\d{1,9}", str(value), re.ASCII) else -1
        if not low <= number <= high:
            raise SettingError(f"{value!r} is not {allowed or f'a whole number from {low} to {high}'}")
        return number

    return BeforeValidator(check)


def _truth(value: object) -> bool:
    text = str(value).lower()
    if text not in ("true", "false"):
        raise SettingError(f"{value!r} is not true or false")
    return text == "true"


def _or_empty(regex: str, allowed: str) -> BeforeValidator:
    return pattern(f"{regex}|", f"{allowed}, or empty for none")


Truth = Annotated[bool, BeforeValidator(_truth)]
_INSTANCE, _INSTANCE_WORDS = r"ml\.[a-z0-9-]+\.[a-z0-9]+", "a SageMaker instance type such as ml.m5.2xlarge"
Instance = Annotated[str, pattern(_INSTANCE, _INSTANCE_WORDS)]
InstanceOrDefault = Annotated[str, pattern(f"{_INSTANCE}|", f"{_INSTANCE_WORDS}, or empty for the default")]
Email = Annotated[str, _or_empty(r"[^@\s]+@[^@\s]+\.[^@\s]+", "an e-mail address")]
Schedule = Annotated[
    str,
    pattern(
        r"none|rate\(\d+ (minute|hour|day)s?\)|cron\(\S+( \S+){5}\)",
        "none, rate(7 days) or cron(0 3 ? * SUN *), as EventBridge Scheduler writes them",
    ),
]
