import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from object2vec.search.languages import supported
from stacks.config import STACK_TAG, load_settings
from stacks.settings import StackSettings
from stacks.values import LANGUAGES, SettingError
from tests.helpers.deployments import REGISTRY

PROFILES = {"profiles": {"dev": {}, "prod": {"training_instance": "ml.m5.4xlarge", "spot": False}}}


def loaded(**overrides):
    return load_settings(PROFILES | overrides)


def test_without_arguments_it_is_the_dev_profile():
    assert loaded() == StackSettings(tags={STACK_TAG: "Object2Vec"})


def test_a_value_of_the_command_line_wins_over_the_profile():
    settings = loaded(profile="prod", spot="true", alarm_email="a@example.com")
    assert (settings.training_instance, settings.spot) == ("ml.m5.4xlarge", True)


def test_another_kind_of_endpoint_does_not_inherit_the_profiles_instance(context):
    prod = context | {"profile": "prod", "alarm_email": "a@example.com"}
    assert load_settings(prod).endpoint_instance == "ml.m5.xlarge"
    for kind in ("gpu", "serverless", "none"):
        assert load_settings(prod | {"endpoint": kind}).endpoint_instance == ""


def test_the_builtin_algorithm_does_not_inherit_the_profiles_spot_instances(context):
    assert load_settings(context).spot is True
    assert load_settings(context | {"algorithm": "builtin"}).spot is False


@pytest.mark.parametrize(
    "text",
    [
        "none",
        "rate(1 day)",
        "cron(0/15 * ? * MON-FRI *)",
        "cron(0 8 LW JAN,jul ? 2027)",
        "cron(0 8 ? * 6#2 *)",
    ],
)
def test_schedules_are_those_of_eventbridge(text):
    assert loaded(retrain_schedule=text).retrain_schedule == text


@pytest.mark.parametrize("profiles", [None, [], "dev", {"dev": None}, {"dev": ["spot"]}, {}])
def test_a_profile_that_is_none_is_said(profiles):
    with pytest.raises(SettingError, match=r"cdk\.json has no profile 'dev'"):
        load_settings({"profiles": profiles})


def test_spark_is_a_cluster_of_two_unless_told_otherwise():
    assert loaded(prepare_engine="spark").prepare_instance_count == 2
    assert loaded(prepare_engine="spark", prepare_instance_count="1").prepare_instance_count == 1
    assert loaded().prepare_instance_count == 1


@pytest.mark.parametrize("given", [{"epochs": 10, "id_dropout": 0.2}, '{"epochs": "10", "id_dropout": 0.2}'])
def test_hyperparameters_come_as_an_object_or_as_its_json(given):
    assert loaded(hyperparameters=given).hyperparameters == {"epochs": "10", "id_dropout": "0.2"}


@pytest.mark.parametrize("given", [{"view": 0.1, "Mine": -1}, '{"view": 0.1, "Mine": -1}'])
def test_weights_of_events_come_as_an_object_or_as_its_json(given):
    assert json.loads(loaded(event_weights=given).event_weights) == {"view": 0.1, "Mine": -1}
    assert loaded().event_weights == loaded(event_weights={}).event_weights == ""


def test_hyperparameters_of_pairs_and_of_awss_image_are_its_own():
    pairs = {"enc0_network": "hcnn", "tied_token_embedding_weight": True, "mlp_layers": 1}
    texts = {"enc0_network": "hcnn", "tied_token_embedding_weight": "true", "mlp_layers": "1"}
    for algorithm in ("open", "builtin"):
        assert loaded(algorithm=algorithm, hyperparameters=pairs).hyperparameters == texts


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ({"id_dropout": 0.2}, "id_dropout is not supported; .*supported are"),
        ({"seed": 1}, "seed: not to be chosen with algorithm=builtin"),
        ({"enc0_vocab_size": 100, "num_classes": 3}, "enc0_vocab_size, num_classes: not to be chosen"),
    ],
)
def test_awss_image_takes_its_own_hyperparameters_beside_the_stacks(chosen, sentence):
    with pytest.raises(SettingError, match=f"^hyperparameters: {sentence}"):
        loaded(algorithm="builtin", hyperparameters=chosen)


def test_the_shipped_profiles_are_valid(context):
    for profile in context["profiles"]:
        given = {"profile": profile, "alarm_email": "a@example.com"}
        assert load_settings(context | given).profile == profile


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("endpoint", "tpu", "endpoint: 'tpu' is not one of cpu, gpu, serverless, none"),
        ("endpoint_max_instances", "0", "is not a whole number from 1 to 100"),
        ("data_capture", "sometimes", "is not true or false"),
        ("kms", "own", "'own' is not one of aws, customer"),
        ("retrain_after_interactions", "-1", "is not a whole number from 0 (never) to 999999999"),
        ("gate_metric", "hr@10", "no such setting; the gate compares ndcg@10"),
        ("shadow_variant", "true", "no such setting; every version has an endpoint of its own"),
        ("event_weights", "view=1", "is no object of names and values"),
        ("event_weights", {"view": 99}, "give a number from -10"),
        ("hyperparameters", "epochs=2", "is no object of names and values"),
        ("hyperparameters", "[1]", "is no object of names and values"),
        ("hyperparameters", {"epochs": "many"}, "'many' is not a whole number"),
        ("hyperparameters", '{"epoch": 2}', "epoch is not supported; did you mean epochs? supported are"),
        ("start_from", "scratch", "'scratch' is not one of seed, live"),
        ("algorithm", "aws", "'aws' is not one of open, builtin"),
        ("index", "opensearch", "'opensearch' is not one of embedded, s3vectors"),
        ("auth", "none", "'none' is not one of iam, jwt"),
        ("prepare_engine", "flink", "'flink' is not one of duckdb, spark"),
        ("prepare_instance", "m5.large", "is not a SageMaker instance type such as ml.m5.2xlarge"),
        ("prepare_instance_count", "0", "is not a whole number from 1 to 99"),
        ("endpoint_instance", "ml.zz9.huge", "is no endpoint instance that botocore"),
        ("endpoint_instance", "ml.m5.2xlagre", "did you mean ml.m5.2xlarge?"),
        ("endpoint_instance", "ml.c7g.large", "has an ARM processor"),
        ("endpoint_instance", "ml.r7gd.xlarge", "has an ARM processor"),
        ("endpoint_instance", "ml.inf2.xlarge", "has AWS's Neuron chips"),
        ("training_instance", "ml.c7g.4xlarge", "is no training instance"),
        ("training_instance", "ml.trn1.2xlarge", "has AWS's Neuron chips"),
        ("prepare_instance", "ml.m6g.xlarge", "is no processing instance"),
        ("training_instance", "m5.large", "is not a SageMaker instance type such as ml.m5.2xlarge"),
        ("training_instance_count", "0", "is not a whole number from 1 to 99"),
        ("retrain_schedule", "weekly", "is not none, rate(7 days) or cron(0 3 ? * SUN *)"),
        ("retrain_schedule", "rate(0 days)", "is not none, rate(7 days) or cron(0 3 ? * SUN *)"),
        ("retrain_schedule", "cron(0 24 ? * SUN *)", "'24' is no hour"),
        ("retrain_schedule", "cron(0 3 ? * XX *)", "'XX' is no day of the week"),
        ("retrain_schedule", "cron(0 3 ? * SUN,, *)", "'' is no day of the week"),
        (
            "retrain_schedule",
            "cron(0 3 1 * SUN *)",
            "one of the day of the month and the day of the week",
        ),
        ("event_weights", [], "is no object of names and values"),
        ("spot", "yes", "is not true or false"),
        ("monthly_budget_usd", "-1", "is not a whole number of dollars"),
        ("monthly_budget_usd", "50", "needs alarm_email too"),
        ("stack_name", "my shop", "is not a stack name"),
        ("tags", "team", "is no object of names and values"),
        ("tags", {"a;b": "1"}, "is no tag: letters, digits"),
        ("tags", {f"t{number}": "1" for number in range(41)}, "41 tags are more than 40"),
        ("tags", {f"t{number}": 200 * "x" for number in range(5)}, "1000 at most fit into what AWS takes"),
        ("event_weights", {f"type_{number}": 0.5 for number in range(80)}, "1000 at most fit into"),
        ("tags", {"Team": "a", "team": "b"}, "two tags differ only in capital letters"),
        ("tags", {"AWS:x": "1"}, "names with aws: are AWS's own"),
        ("storefront", ",".join(50 * ["https://shop.example.com"]), "1000 at most fit into"),
        ("docs_url", f"https://docs.example.com/{300 * 'x'}", "255 at most fit into what AWS takes"),
        ("serving_image", f"{REGISTRY}/{200 * 'x'}:1", "255 at most fit into what AWS takes"),
        ("domain_name", f"{64 * 'x'}.example.com", "is not a domain name"),
        (
            "hyperparameters",
            {"recency_half_lives": ", ".join(999 * ["16"])},
            "2500 at most fit into what AWS takes",
        ),
        ("retrain_schedule", f"cron(0 3 {','.join(99 * ['30'])} * ? *)", "256 at most fit into"),
        ("retrain_schedule", "cron(? 3 ? * SUN *)", "'?' is no minute"),
        (
            "vpc_subnets",
            ",".join(f"subnet-{number:08x}" for number in range(17)),
            "give at most 16, each once",
        ),
        ("vpc_security_groups", "sg-01234567,sg-01234567", "give at most 5, each once"),
        ("api_burst", "10", "must not be below api_rate_per_second"),
        ("api_logs", "all", "'all' is not one of own_role, account_role, none"),
        ("web_acl", "acl", "is not the ARN of a regional WAF web ACL, or empty for none"),
        ("domain_name", "search.example.com", "needs domain_certificate too"),
        ("training_image", "ubuntu", "is not an image of a private registry"),
        ("search_memory_mb", "512", "is not a whole number from 1024 to 10240"),
        ("search_tmp_gib", "11", "is not a whole number from 1 to 10"),
        ("alarm_email", "me", "is not an e-mail address"),
        ("profile", "test", "is not one of dev, prod"),
        ("languages", "de,ger", "no word forms are known for language 'ger': did you mean"),
        ("languages", "german", "did you mean de?"),
        ("languages", "xq", "use auto, or ar, ca, "),
        ("endpont", "cpu", "no such setting; did you mean endpoint?"),
        ("zzz", "1", "no such setting; allowed: alarm_email, "),
    ],
)
def test_a_wrong_value_says_what_is_allowed(key, value, sentence):
    with pytest.raises(SettingError) as error:
        loaded(**{key: value})
    assert sentence in str(error.value)
    assert str(error.value).startswith(key)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"vpc_subnets": "subnet-0123456789abcdef0"}, "needs vpc_security_groups too"),
        (
            {
                "vpc_subnets": "subnet-0123456789abcdef0",
                "vpc_security_groups": "sg-0123456789abcdef2",
                "endpoint": "serverless",
            },
            "cannot be in a network",
        ),
        ({"endpoint": "serverless", "endpoint_instance": "ml.g4dn.xlarge"}, "run on no instance"),
        ({"endpoint": "none", "endpoint_instance": "ml.m5.large"}, "run on no instance"),
        ({"endpoint": "gpu", "endpoint_instance": "ml.m5.large"}, "needs an instance with a GPU"),
        ({"endpoint": "cpu", "endpoint_instance": "ml.g5.xlarge"}, "would leave its GPU idle"),
        ({"endpoint": "serverless", "endpoint_max_instances": "2"}, "only endpoint=cpu and endpoint=gpu"),
        ({"endpoint": "none", "endpoint_min_instances": "2"}, "have instances; leave it at 1"),
        ({"endpoint_min_instances": "4", "endpoint_max_instances": "3"}, "must not be below"),
        ({"profile": "prod"}, "alarm_email"),
        ({"endpoint_instance": "ml.t2.medium", "endpoint_max_instances": "2"}, "does not scale burstable"),
        ({"endpoint": "serverless", "data_capture": "true"}, "serverless endpoints cannot capture"),
        ({"endpoint": "none", "data_capture": "true"}, "has no traffic"),
        ({"endpoint": "none", "query_encoder": "endpoint"}, "'endpoint' needs an endpoint"),
        ({"prepare_instance_count": "2"}, "DuckDB prepares on one machine"),
        ({"prepare_instance": "ml.g5.xlarge"}, "would leave a GPU idle"),
        ({"processing_instance": "ml.g5.xlarge"}, "would leave a GPU idle"),
        ({"job_hours": "4", "hyperparameters": '{"time_limit": 14400}'}, "raise job_hours"),
        ({"prepare_engine": "spark", "prepare_instance": "ml.t3.xlarge"}, "choose ml.m5.large or more"),
        ({"algorithm": "builtin", "start_from": "live"}, "cannot go on from a model"),
        ({"algorithm": "builtin", "endpoint": "none"}, "choose endpoint=cpu or endpoint=gpu"),
        ({"algorithm": "builtin", "endpoint": "serverless"}, "choose endpoint=cpu or endpoint=gpu"),
        ({"algorithm": "builtin", "query_encoder": "in_process"}, "no encoder but its endpoint's"),
        ({"algorithm": "builtin", "spot": "true"}, "keeps no checkpoint"),
        ({"algorithm": "builtin", "index": "s3vectors"}, "choose index=embedded"),
        ({"algorithm": "builtin", "training_instance_count": "2"}, "trains on one machine"),
    ],
    ids=str,
)
def test_settings_that_exclude_each_other_say_why(settings, sentence):
    with pytest.raises(SettingError) as error:
        loaded(**settings)
    assert sentence in str(error.value)
    assert str(error.value).split(":")[0] in {*settings, "alarm_email"}
    assert "\n" not in str(error.value)


def test_a_profile_missing_from_cdk_json_is_named():
    with pytest.raises(SettingError, match="no profile 'prod'"):
        load_settings({"profiles": {"dev": {}}, "profile": "prod"})


def test_what_the_cdk_itself_puts_in_the_context_is_left_alone():
    cdks_own = {"aws:cdk:bundling-stacks": [], "@aws-cdk/core:enablePartitionLiterals": True}
    assert loaded(**cdks_own) == loaded()


@given(key=st.sampled_from(sorted(StackSettings.model_fields)), value=st.text(max_size=20))
def test_any_text_is_a_setting_or_a_sentence(key, value):
    try:
        outcome = loaded(**{key: value})
    except SettingError as error:
        outcome = str(error)
    assert isinstance(outcome, StackSettings) or outcome.startswith(key)


def test_the_languages_of_the_setting_are_those_with_word_forms():
    assert sorted(LANGUAGES) == supported()
    assert loaded(languages="de, FR, de").languages == "de,fr"
