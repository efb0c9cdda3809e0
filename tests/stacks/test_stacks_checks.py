import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Literal, get_args, get_origin

import pytest
from cfnlint.helpers import REGIONS

from stacks.config import load_settings
from stacks.images import regions_with
from stacks.settings import StackSettings
from stacks.source_closure import ROOT
from tests.helpers.deployments import deployments
from tests.stacks.conftest import CONTEXT

ALL = deployments(CONTEXT)
FIRST = 7
"""So many of them, the one without settings first, have five of six pairs of choices."""
LINTED = ALL if os.environ.get("DEPLOYMENTS") == "all" else ALL[:FIRST]
"""`make audit` looks at all."""


def of_number(deployment):
    return str(LINTED.index(deployment))


@pytest.mark.parametrize("overrides", LINTED, ids=of_number)
def test_cdk_nag_finds_nothing_unexplained(deployed_with, overrides):
    assert deployed_with(**overrides).findings == [], overrides


def cfn_lint(deployed_with, folder, chosen, *options):
    """Status and findings of cfn-lint over the templates of some deployments."""
    templates = []
    for number, overrides in enumerate(chosen):
        templates.append(folder / f"{number}.json")
        templates[-1].write_text(json.dumps(deployed_with(**overrides).template))
    command = [Path(sys.executable).with_name("cfn-lint"), *options, "--", *templates]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return run.returncode, run.stdout


def test_cfn_lint_finds_nothing(deployed_with, tmp_path):
    assert cfn_lint(deployed_with, tmp_path, LINTED) == (0, "")


@pytest.mark.skipif(LINTED is not ALL, reason="minutes: make audit does it")
def test_cfn_lint_finds_nothing_in_any_region_but_the_types_it_lacks(deployed_with, tmp_path):
    """tests/stacks/test_stacks_regions.py holds what is said of those types to the schemas."""
    regions = [region for region in REGIONS if region in regions_with("ray-serve")]
    options = ("--ignore-checks", "W3005", "E3006", "--regions", *regions)
    assert cfn_lint(deployed_with, tmp_path, ALL[:FIRST], *options) == (0, "")


def test_every_setting_and_choice_is_among_the_deployments():
    """And so is every pair that goes together: that is how they are chosen."""
    together = {name for deployment in ALL for name in deployment}
    assert together == set(StackSettings.model_fields)
    for name, field in StackSettings.model_fields.items():
        if get_origin(field.annotation) is Literal:
            chosen = {getattr(load_settings(CONTEXT | deployment), name) for deployment in ALL}
            assert chosen == set(get_args(field.annotation)), name


def skipped(resource):
    """The checks of checkov that are accepted at a resource."""
    return {entry["id"] for entry in resource.get("Metadata", {}).get("checkov", {}).get("skip", [])}


def test_what_checkov_finds_has_its_reason_where_choices_meet(deployed_with):
    """Without checkov, which `make audit` installs: what it found at such deployments once."""
    for overrides in ALL[:FIRST]:
        for name, resource in deployed_with(**overrides).template["Resources"].items():
            text = json.dumps(resource.get("Properties", {}))
            if resource["Type"] == "AWS::IAM::Policy" and '"Resource": "*"' in text:
                assert {"CKV_AWS_109", "CKV_AWS_111"} <= skipped(resource), (name, overrides)
            elif resource["Type"] == "AWS::ApiGateway::Stage" and "AccessLogSetting" not in text:
                assert "CKV_AWS_76" in skipped(resource), overrides
            elif name.startswith("CustomS3AutoDelete") and resource["Type"] == "AWS::Lambda::Function":
                assert {"CKV_AWS_115", "CKV_AWS_116", "CKV_AWS_117"} <= skipped(resource), overrides


def run_app(context, out, **environment):
    """`app.py` as the CDK CLI starts it, from another folder, without home, region or credentials."""
    context = context | {"aws:cdk:bundling-stacks": []}
    variables = {"PATH": os.environ["PATH"], "CDK_OUTDIR": str(out), "CDK_CONTEXT_JSON": json.dumps(context)}
    command = [sys.executable, str(ROOT / "app.py")]
    return subprocess.run(
        command, cwd=out.parent, env=variables | environment, capture_output=True, text=True, check=False
    )


def test_every_machine_and_folder_renders_the_same_template(deployment, context, tmp_path):
    run = run_app(context, tmp_path / "out", PYTHONHASHSEED="7")
    assert run.returncode == 0, run.stderr
    rendered = json.loads((tmp_path / "out/Object2Vec.template.json").read_text())
    rendered["Resources"] = {name: without_metadata(r) for name, r in rendered["Resources"].items()}
    resources = {name: without_metadata(r) for name, r in deployment.template["Resources"].items()}
    assert rendered == deployment.template | {"Resources": resources}
    assert str(ROOT) not in json.dumps(rendered)


def without_metadata(resource):
    return {key: value for key, value in resource.items() if key != "Metadata"}


def test_a_wrong_value_is_one_sentence(context, tmp_path):
    run = run_app(context | {"endpoint": "tpu"}, tmp_path / "out")
    assert run.returncode == 1
    assert (
        run.stderr.strip().splitlines()[-1]
        == "cdk.json or -c: endpoint: 'tpu' is not one of cpu, gpu, serverless, none"
    )
    assert "Traceback" not in run.stderr
