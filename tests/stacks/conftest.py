import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import assertions
from cdk_nag import AwsSolutionsChecks

from stacks.config import load_settings
from stacks.object2vec_stack import Object2VecStack

ROOT = Path(__file__).resolve().parents[2]
CONTEXT: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text())["context"]
WITHOUT_BUNDLES = {"aws:cdk:bundling-stacks": []}
Resource = dict[str, Any]


@dataclass(frozen=True)
class Synthesised:
    """One deployment: its template and what cdk-nag finds in it."""

    template: dict[str, Any]
    findings: list[str]

    def of(self, kind: str) -> dict[str, Resource]:
        """Properties by logical id of all resources of a type."""
        resources = self.template["Resources"].items()
        return {name: r.get("Properties", {}) for name, r in resources if r["Type"] == kind}


@cache
def synthesise(**overrides: str) -> Synthesised:
    app = cdk.App(context=CONTEXT | WITHOUT_BUNDLES | overrides)
    stack = Object2VecStack(app, "Object2Vec", settings=load_settings(CONTEXT | overrides))
    report = AwsSolutionsChecks(app).validate_scope(app)
    findings = [
        f"{violation.rule_name}: {where.construct_path}"
        for violation in report.violations
        for where in violation.violating_resources
    ]
    return Synthesised(assertions.Template.from_stack(stack).to_json(), findings)


@pytest.fixture(scope="session")
def deployment() -> Synthesised:
    """Stacks that `npx cdk deploy` deploys without arguments."""
    return synthesise()


@pytest.fixture(scope="session")
def context() -> dict[str, Any]:
    """The context of cdk.json."""
    return CONTEXT


@pytest.fixture(scope="session")
def deployed_with() -> Callable[..., Synthesised]:
    """`deployed_with(endpoint="none")`: the same with `-c` values."""
    return synthesise
