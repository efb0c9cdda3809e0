"""Reads the settings once from the CDK context: a profile, each value overridden by `-c`."""

import difflib
from collections.abc import Mapping
from typing import Any, get_args

from pydantic import ValidationError

from stacks.combinations import refused
from stacks.settings import StackSettings
from stacks.values import SettingError

STACK_TAG = "object2vec:stack"
"""The tags of all resources of one stack, endpoints and jobs among them: to find them, and to see their
cost."""
_NO_SETTINGS = {
    "shadow_variant": "every version has an endpoint of its own, so no second variant can shadow it; "
    "the gate compares a new version with the live one on held-out data",
    "gate_metric": "the gate compares ndcg@10 with popularity's and the live model's",
}
"""Settings that people may look for, and what serves their purpose."""


def load_settings(context: Mapping[str, object]) -> StackSettings:
    """The settings in a CDK app's whole context. Raises SettingError."""
    given = {key: value for key, value in context.items() if ":" not in key and not key.startswith("@")}
    profiles = given.pop("profiles", {})
    _refuse_unknown(given)
    profile = _checked({"profile": given.get("profile", "dev")}).profile
    if not isinstance(profiles, Mapping) or not isinstance(profiles.get(profile), Mapping):
        raise SettingError(f"profiles: cdk.json has no profile {profile!r}; add it to its context")
    chosen = {**profiles[profile], **given}
    if chosen.get("endpoint") != profiles[profile].get("endpoint") and "endpoint_instance" not in given:
        chosen.pop("endpoint_instance", None)  # the profile chose it for another kind of endpoint
    if chosen.get("endpoint") in ("serverless", "none") and "endpoint_min_instances" not in given:
        chosen.pop("endpoint_min_instances", None)  # which have no instances
    if chosen.get("algorithm") == "builtin" and "spot" not in given:
        chosen.pop("spot", None)  # the profile chose it for trainings that can be interrupted
    if chosen.get("prepare_engine") == "spark":
        chosen.setdefault("prepare_instance_count", 2)  # on one machine DuckDB is the faster engine
    _refuse_unknown(chosen)
    settings = _checked(chosen)
    settings = settings.model_copy(update={"tags": {STACK_TAG: settings.stack_name, **settings.tags}})
    if sentence := refused(settings):
        raise SettingError(sentence)
    return settings


def _checked(values: Mapping[str, object]) -> StackSettings:
    """Every value on its own. Raises SettingError for the first that is wrong."""
    try:
        return StackSettings.model_validate(values)
    except ValidationError as error:
        raise SettingError(_sentence(error.errors()[0])) from None


def _sentence(error: Any) -> str:
    key = error["loc"][0]
    if error["type"] == "literal_error":
        allowed = ", ".join(get_args(StackSettings.model_fields[key].annotation))
        return f"{key}: {error['input']!r} is not one of {allowed}"
    return f"{key}: {error['ctx']['error']}"


def _refuse_unknown(keys: Mapping[str, object]) -> None:
    known = StackSettings.model_fields
    for key in keys:
        if key in _NO_SETTINGS:
            raise SettingError(f"{key}: no such setting; {_NO_SETTINGS[key]}")
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"allowed: {', '.join(sorted(known))}"
            raise SettingError(f"{key}: no such setting; {hint}")
