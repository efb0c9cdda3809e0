"""Settings of a deployment, read once from the CDK context: a profile, each value overridden by `-c`."""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from stacks.combinations import refused
from stacks.training_values import hyperparameters
from stacks.values import (
    EMAIL,
    INSTANCE,
    INSTANCE_OR_NONE,
    SCHEDULE,
    Choices,
    SettingError,
    Whole,
    boolean,
)

__all__ = ["SettingError", "Settings", "load_settings"]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One deployment. Defaults are the cheapest that works; cdk.json holds the profiles."""

    profile: str = "dev"
    endpoint: str = "cpu"
    endpoint_instance: str = ""
    """SageMaker instance of the endpoint; empty picks the cheapest that fits `endpoint`."""
    endpoint_max_instances: int = 1
    """Above one, the endpoint scales between one and so many instances with its load."""
    data_capture: bool = False
    """Keeps a share of the endpoint's requests and answers below `capture/`, for 30 days."""
    algorithm: str = "open"
    index: str = "embedded"
    query_encoder: str = "auto"
    auth: str = "iam"
    kms: str = "aws"
    """Whose keys encrypt: AWS's own, or one customer-managed key of the stack."""
    start_from: str = "seed"
    """What a training starts from: the seed, or the live model (incremental training)."""
    hyperparameters: Mapping[str, str] = field(default_factory=dict)
    """Of the trainings; what is not given has the training's own default."""
    training_instance: str = "ml.m5.2xlarge"
    training_instance_count: int = 1
    prepare_engine: str = "duckdb"
    """What prepares the training data: DuckDB on one machine, or a Spark cluster."""
    prepare_instance: str = "ml.m5.xlarge"
    prepare_instance_count: int = 1
    """Machines of the Spark cluster; two where nothing is said."""
    lambda_architecture: str = "arm64"
    spot: bool = False
    approval: str = "auto"
    """Who lets a version that passed the gate go live: nobody has to, or a person (`tools/release.py`)."""
    retrain_schedule: str = "none"
    retrain_after_interactions: int = 0
    """New interactions that start a training by themselves; 0 never does."""
    monthly_budget_usd: int = 0
    alarm_email: str = ""
    retain_data: bool = True

    def __post_init__(self) -> None:
        """Checks what one value alone cannot tell."""
        if sentence := refused(self):
            raise SettingError(sentence)


_CHECKS: Mapping[str, Callable[[str, object], Any]] = {
    "profile": Choices(("dev", "prod")),
    "endpoint": Choices(("cpu", "gpu", "serverless", "none")),
    "endpoint_instance": INSTANCE_OR_NONE,
    "endpoint_max_instances": Whole(1, 100, "a whole number from 1 to 100"),
    "data_capture": boolean,
    "algorithm": Choices(("open", "builtin")),
    "index": Choices(("embedded", "s3vectors")),
    "query_encoder": Choices(("auto", "endpoint", "in_process")),
    "auth": Choices(("iam", "jwt")),
    "kms": Choices(("aws", "customer")),
    "start_from": Choices(("seed", "live")),
    "hyperparameters": hyperparameters,
    "training_instance": INSTANCE,
    "training_instance_count": Whole(1, 99, "a whole number from 1 to 99"),
    "prepare_engine": Choices(("duckdb", "spark")),
    "prepare_instance": INSTANCE,
    "prepare_instance_count": Whole(1, 99, "a whole number from 1 to 99"),
    "lambda_architecture": Choices(("arm64", "x86_64")),
    "spot": boolean,
    "approval": Choices(("auto", "manual")),
    "retrain_schedule": SCHEDULE,
    "retrain_after_interactions": Whole(0, 999_999_999, "a whole number from 0 (never) to 999999999"),
    "monthly_budget_usd": Whole(0, 9_999_999, "a whole number of dollars from 0 (no budget) to 9999999"),
    "alarm_email": EMAIL,
    "retain_data": boolean,
}
_ELSEWHERE = {
    "shadow_variant": "every version has an endpoint of its own, so no second variant can shadow it; "
    "the gate compares a new version with the live one on held-out data",
    "gate_metric": "the gate compares ndcg@10 with popularity's and the live model's",
}
"""Settings one may look for, and where their purpose is served."""


def load_settings(context: Mapping[str, object]) -> Settings:
    """The settings in a CDK app's whole context. Raises SettingError."""
    given = {key: value for key, value in context.items() if ":" not in key and not key.startswith("@")}
    profiles = given.pop("profiles", {})
    _refuse_unknown(given)
    profile = _CHECKS["profile"]("profile", given.get("profile", "dev"))
    if not isinstance(profiles, Mapping) or profile not in profiles:
        raise SettingError(f"profiles: cdk.json has no profile {profile!r}; add it to its context")
    chosen = {**profiles[profile], **given}
    if chosen.get("endpoint") != profiles[profile].get("endpoint") and "endpoint_instance" not in given:
        chosen.pop("endpoint_instance", None)  # the profile chose it for another kind of endpoint
    if chosen.get("algorithm") == "builtin" and "spot" not in given:
        chosen.pop("spot", None)  # the profile chose it for trainings that can be interrupted
    if chosen.get("prepare_engine") == "spark":
        chosen.setdefault("prepare_instance_count", 2)  # on one machine DuckDB is the faster engine
    _refuse_unknown(chosen)
    return Settings(**{key: _CHECKS[key](key, value) for key, value in chosen.items()})


def _refuse_unknown(keys: Mapping[str, object]) -> None:
    for key in keys:
        if key in _ELSEWHERE:
            raise SettingError(f"{key}: no such setting; {_ELSEWHERE[key]}")
        if key not in _CHECKS:
            near = difflib.get_close_matches(key, _CHECKS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"allowed: {', '.join(sorted(_CHECKS))}"
            raise SettingError(f"{key}: no such setting; {hint}")


assert {field.name for field in fields(Settings)} == _CHECKS.keys()
