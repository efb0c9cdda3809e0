"""Settings of a deployment, read once from the CDK context: a profile, each value overridden by `-c`."""

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any

Choice = tuple[str, ...]


class SettingError(ValueError):
    """A context value that no deployment can have; the message is one sentence naming the allowed ones."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One deployment. Defaults are the cheapest that works; cdk.json holds the profiles."""

    profile: str = "dev"
    endpoint: str = "cpu"
    endpoint_instance: str = ""
    """SageMaker instance of the endpoint; empty picks the cheapest that fits `endpoint`."""
    algorithm: str = "open"
    index: str = "embedded"
    query_encoder: str = "auto"
    auth: str = "iam"
    training_instance: str = "ml.m5.2xlarge"
    training_instance_count: int = 1
    prepare_engine: str = "duckdb"
    lambda_architecture: str = "arm64"
    spot: bool = False
    retrain_schedule: str = "none"
    gate_metric: str = "ndcg@10"
    monthly_budget_usd: int = 0
    alarm_email: str = ""
    retain_data: bool = True

    def __post_init__(self) -> None:
        """Checks what one value alone cannot tell."""
        if self.monthly_budget_usd and not self.alarm_email:
            raise SettingError("monthly_budget_usd: needs alarm_email too, the address that hears of it")


@dataclass(frozen=True)
class _Choices:
    """Allowed words, and those whose behaviour a later version brings."""

    now: Choice
    later: Choice = ()

    def __call__(self, key: str, value: object) -> str:
        if value in self.later:
            raise SettingError(
                f"{key}: {value!r} comes with a later version; allowed now: {_words(self.now)}"
            )
        if value not in self.now:
            raise SettingError(f"{key}: {value!r} is not one of {_words(self.now)}")
        return str(value)


@dataclass(frozen=True)
class _Pattern:
    """A text of a given form; `allowed` says it in words."""

    regex: str
    allowed: str

    def __call__(self, key: str, value: object) -> str:
        if not isinstance(value, str) or not re.fullmatch(self.regex, value):
            raise SettingError(f"{key}: {value!r} is not {self.allowed}")
        return value


def _boolean(key: str, value: object) -> bool:
    text = str(value).lower()
    if text not in ("true", "false"):
        raise SettingError(f"{key}: {value!r} is not true or false")
    return text == "true"


def _dollars(key: str, value: object) -> int:
    if not re.fullmatch(r"\d{1,7}", str(value)):
        raise SettingError(f"{key}: {value!r} is not a whole number of dollars from 0 (no budget) to 9999999")
    return int(str(value))


def _one_machine(key: str, value: object) -> int:
    if not re.fullmatch(r"[1-9]\d?", str(value)):
        raise SettingError(f"{key}: {value!r} is not a whole number from 1 to 99")
    if int(str(value)) > 1:
        raise SettingError(f"{key}: more than one machine comes with a later version; allowed now: 1")
    return 1


def _words(choices: Choice) -> str:
    return ", ".join(choices)


_INSTANCE = _Pattern(r"ml\.[a-z0-9-]+\.[a-z0-9]+", "a SageMaker instance type such as ml.m5.2xlarge")
_CHECKS: Mapping[str, Callable[[str, object], Any]] = {
    "profile": _Choices(("dev", "prod")),
    "endpoint": _Choices(("cpu", "gpu", "none"), later=("serverless",)),
    "endpoint_instance": _Pattern(rf"{_INSTANCE.regex}|", f"{_INSTANCE.allowed}, or empty for the default"),
    "algorithm": _Choices(("open",), later=("builtin",)),
    "index": _Choices(("embedded",), later=("s3vectors",)),
    "query_encoder": _Choices(("auto", "in_process"), later=("endpoint",)),
    "auth": _Choices(("iam",), later=("jwt",)),
    "training_instance": _INSTANCE,
    "training_instance_count": _one_machine,
    "prepare_engine": _Choices(("duckdb",), later=("spark",)),
    "lambda_architecture": _Choices(("arm64", "x86_64")),
    "spot": _boolean,
    "retrain_schedule": _Pattern(
        r"none|rate\(\d+ (minute|hour|day)s?\)|cron\(\S+( \S+){5}\)",
        "none, rate(7 days) or cron(0 3 ? * SUN *), as EventBridge Scheduler writes them",
    ),
    "gate_metric": _Choices(("ndcg@10",)),
    "monthly_budget_usd": _dollars,
    "alarm_email": _Pattern(r"[^@\s]+@[^@\s]+\.[^@\s]+|", "an e-mail address, or empty for none"),
    "retain_data": _boolean,
}


def load_settings(context: Mapping[str, object]) -> Settings:
    """The settings in a CDK app's whole context. Raises SettingError."""
    given = {key: value for key, value in context.items() if ":" not in key and not key.startswith("@")}
    profiles = given.pop("profiles", {})
    _refuse_unknown(given)
    profile = _CHECKS["profile"]("profile", given.get("profile", "dev"))
    if not isinstance(profiles, Mapping) or profile not in profiles:
        raise SettingError(f"profiles: cdk.json has no profile {profile!r}; add it to its context")
    chosen = {**profiles[profile], **given}
    _refuse_unknown(chosen)
    return Settings(**{key: _CHECKS[key](key, value) for key, value in chosen.items()})


def _refuse_unknown(keys: Mapping[str, object]) -> None:
    for key in keys:
        if key not in _CHECKS:
            near = difflib.get_close_matches(key, _CHECKS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"allowed: {', '.join(sorted(_CHECKS))}"
            raise SettingError(f"{key}: no such setting; {hint}")


assert all(field.default is not MISSING and field.name in _CHECKS for field in fields(Settings))
