import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stacks.source_closure import ROOT

VARIANTS = [
    {},
    {"endpoint": "gpu", "profile": "prod", "alarm_email": "shop@example.com"},
    {"endpoint": "none"},
    {"algorithm": "builtin", "kms": "customer", "images": "public"},
    {"retain_data": "false"},
    {"prepare_engine": "spark", "kms": "customer"},
    {"monthly_budget_usd": "50", "alarm_email": "shop@example.com"},
]


@pytest.mark.parametrize("overrides", VARIANTS, ids=str)
def test_cdk_nag_finds_nothing_unexplained(deployed_with, overrides):
    assert deployed_with(**overrides).findings == []


def test_cfn_lint_finds_nothing(deployed_with, tmp_path):
    templates = []
    for number, overrides in enumerate(VARIANTS):
        templates.append(tmp_path / f"{number}.json")
        templates[-1].write_text(json.dumps(deployed_with(**overrides).template))
    command = [Path(sys.executable).with_name("cfn-lint"), *templates]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (0, "")


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
