import re

import pytest

from stacks.config import load_settings
from stacks.cost import Standing, idle_in_words, idle_per_month
from stacks.hosting import DEFAULT_INSTANCES
from stacks.pipeline_settings import PROCESSING_INSTANCE
from stacks.source_closure import ROOT
from tests.helpers.cost_of_use import training_run

DOCS = (ROOT / "docs/cost.md").read_text()
ROWS = re.findall(r"^\| `([^`]+=[^`]+)` \| (\d+) \|", DOCS, re.MULTILINE)


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
    processing = PROCESSING_INSTANCE
    heard = context | {"alarm_email": "a@example.com"}
    runs = {profile: load_settings(heard | {"profile": profile}) for profile in ("dev", "prod")}
    hour = {name: training_run(settings, processing, hours=1) for name, settings in runs.items()}
    assert f"{hour['dev']:.2f} USD in `dev` and {hour['prod']:.2f} USD in `prod`" in DOCS


def test_a_price_nobody_knows_is_not_guessed(context):
    settings = load_settings(context | {"endpoint_instance": "ml.r7i.large"})
    assert idle_per_month(settings, "ml.r7i.large", Standing()) is None
    assert idle_in_words(settings, "ml.r7i.large", Standing()).endswith(
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
        assert idle_per_month(load_settings(context), instance, Standing())
