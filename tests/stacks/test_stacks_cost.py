import re

import pytest

from stacks.config import load_settings
from stacks.cost import idle_in_words, idle_per_month
from stacks.hosting import DEFAULT_INSTANCES
from stacks.pipeline_settings import PipelineSettings
from stacks.source_closure import ROOT

DOCS = (ROOT / "docs/cost.md").read_text()
ROWS = re.findall(r"^\| `([^`]+=[^`]+)` \| (\d+) \|", DOCS, re.MULTILINE)

# What use adds: shown in the docs only.
JOB_PER_HOUR = {
    "ml.m5.xlarge": 0.23,
    "ml.m5.2xlarge": 0.461,
    "ml.m5.4xlarge": 0.922,
    "ml.g4dn.xlarge": 0.7364,
    "ml.g5.xlarge": 1.408,
}
"""https://aws.amazon.com/sagemaker/ai/pricing/ (training, processing)"""
API_PER_MILLION = 3.50
"""https://aws.amazon.com/api-gateway/pricing/ (REST)"""
LAMBDA_PER_GB_SECOND = 0.0000133334
LAMBDA_PER_MILLION = 0.20
"""https://aws.amazon.com/lambda/pricing/ (arm64)"""
SEARCH_GB, SEARCH_SECONDS = 2.0, 0.02
"""Memory of the search function, and what one request is taken to occupy it for."""


def million_requests():
    """USD for a million searches answered in the function."""
    compute = 1e6 * SEARCH_GB * SEARCH_SECONDS * LAMBDA_PER_GB_SECOND
    return API_PER_MILLION + LAMBDA_PER_MILLION + compute


def training_run(settings, processing_instance, hours):
    """USD for one run of the pipeline of `hours`, half of it training; None without a known price. Spot
    training is counted in full, since its discount moves."""
    prices = (JOB_PER_HOUR.get(settings.training_instance), JOB_PER_HOUR.get(processing_instance))
    if None in prices:
        return None
    train, process = (price or 0.0 for price in prices)
    return hours / 2 * (train * settings.training_instance_count + process)


@pytest.mark.parametrize(("row", "dollars"), ROWS)
def test_the_docs_show_what_a_deployment_prints(deployed_with, context, row, dollars):
    overrides = dict(part.split("=") for part in row.split()) | {"alarm_email": "a@example.com"}
    printed = deployed_with(**overrides).template["Outputs"]["IdleCostPerMonth"]["Value"]
    assert printed.startswith(f"about {dollars} USD")
    assert load_settings(context | overrides)


def test_every_kind_of_endpoint_is_in_the_docs():
    assert {"profile=dev", "profile=prod", "endpoint=none", "endpoint=serverless", "endpoint=gpu"} <= dict(
        ROWS
    ).keys()


def test_use_is_what_the_docs_say(context):
    processing = PipelineSettings.processing_instance
    heard = context | {"alarm_email": "a@example.com"}
    runs = {profile: load_settings(heard | {"profile": profile}) for profile in ("dev", "prod")}
    hour = {name: training_run(settings, processing, hours=1) for name, settings in runs.items()}
    assert f"{hour['dev']:.2f} USD in `dev` and {hour['prod']:.2f} USD in `prod`" in DOCS
    assert f"{million_requests():.2f} USD a million" in DOCS


def test_a_price_nobody_knows_is_not_guessed(context):
    settings = load_settings(context | {"endpoint_instance": "ml.r7i.large"})
    assert idle_per_month(settings, "ml.r7i.large", alarms=0) is None
    assert idle_in_words(settings, "ml.r7i.large", alarms=0).endswith(
        "plus one ml.r7i.large endpoint around the clock"
    )
    assert (
        training_run(load_settings(context | {"training_instance": "ml.r7i.large"}), "ml.m5.xlarge", 1)
        is None
    )


def test_two_machines_train_for_twice_the_price(context):
    one, two = (load_settings(context | {"training_instance_count": n}) for n in ("1", "2"))
    extra = training_run(two, "ml.m5.xlarge", 1) - training_run(one, "ml.m5.xlarge", 1)
    assert extra == pytest.approx(0.461 / 2)


def test_the_instances_chosen_by_default_have_a_price(context):
    for instance in DEFAULT_INSTANCES.values():
        assert idle_per_month(load_settings(context), instance, alarms=0)
