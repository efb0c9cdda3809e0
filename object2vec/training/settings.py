"""How hyperparameters are declared, checked and read from the strings SageMaker sends.

A set of hyperparameters is one frozen dataclass whose fields are made by `number`, `choice` and `pattern`.
The fields alone know names, defaults and what is allowed.
"""

import re
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, Self

from object2vec.core.errors import InputError


class HyperparameterError(InputError):
    """A hyperparameter is unknown, missing or out of range; the message names what is allowed."""


def number(low: float, high: float, default: Any = MISSING) -> Any:
    """An `int` or `float` field between `low` and `high`; required where there is no default."""
    return field(default=default, metadata={"low": low, "high": high})


def optional_number(low: int, high: int) -> Any:
    """An `int | None` field between `low` and `high`; None is to be found out."""
    return field(default=None, metadata={"low": low, "high": high})


def choice(default: str, *allowed: str) -> Any:
    """A `str` field of a few allowed values."""
    return field(default=default, metadata={"allowed": allowed})


def pattern(default: str, regex: str, wanted: str) -> Any:
    """A `str` field that matches `regex`; `wanted` says so in words."""
    return field(default=default, metadata={"regex": regex, "wanted": wanted})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Base of a set of hyperparameters: checked whichever way it is made. Raises HyperparameterError."""

    def __post_init__(self) -> None:
        for setting in fields(self):
            _check(setting, getattr(self, setting.name))

    @classmethod
    def parse(cls, values: Mapping[str, Any], aliases: Mapping[str, str]) -> Self:
        """From hyperparameters.json. SageMaker's own entries (`sagemaker_…`) and those of AWS's examples and
        tuning jobs (`_kvstore`, `_tuning_objective_metric`) are skipped. Raises HyperparameterError."""
        known = {setting.name: setting for setting in fields(cls)}
        parsed: dict[str, Any] = {}
        for given, text in values.items():
            name = aliases.get(given, given)
            if given.startswith(("sagemaker_", "_")):
                continue
            if name not in known:
                raise HyperparameterError(
                    f"{given} is not supported; supported are {', '.join(sorted(known))}"
                )
            if name in parsed:
                raise HyperparameterError(f"{given} is given twice (as {name}): keep one of them")
            parsed[name] = _parsed(known[name], str(text).strip())
        missing = [s.name for s in known.values() if s.default is MISSING and s.name not in parsed]
        if missing:
            rules = ", ".join(f"{name} ({_rule(known[name])})" for name in missing)
            raise HyperparameterError(f"missing: {rules}")
        return cls(**parsed)


def _parsed(setting: "Field[Any]", text: str) -> Any:
    kind = int if setting.type == int | None else setting.type
    if kind is bool:
        if text.lower() not in ("true", "false"):
            raise HyperparameterError(f"{setting.name}: {text!r} is neither true nor false")
        return text.lower() == "true"
    if kind is not int and kind is not float:
        return text
    try:
        return int(text) if kind is int else float(text)
    except ValueError as error:
        wanted = "a whole number" if kind is int else "a number"
        raise HyperparameterError(f"{setting.name}: {text!r} is not {wanted}") from error


def _check(setting: "Field[Any]", value: Any) -> None:
    rule = setting.metadata
    if value is None:
        return
    if "low" in rule and not rule["low"] <= value <= rule["high"]:
        raise HyperparameterError(f"{setting.name}: {value} is not {_rule(setting)}")
    if "allowed" in rule and value not in rule["allowed"]:
        raise HyperparameterError(
            f"{setting.name}: {value!r} is not supported; use {' or '.join(rule['allowed'])}"
        )
    if "regex" in rule and not re.fullmatch(rule["regex"], value):
        raise HyperparameterError(f"{setting.name}: {value!r} is not {rule['wanted']}")


def _rule(setting: "Field[Any]") -> str:
    rule = setting.metadata
    return f"between {rule['low']:,} and {rule['high']:,}" if "low" in rule else str(setting.type)
