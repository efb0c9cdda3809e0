"""How the stack behaves around what it is for: what fails, what is lost, what an account decides."""

import json

import pytest

from lambdas.indexer.handler import NOT_COMPACTED

ALARMED = {"alarm_email": "shop@example.com"}
PROD = {"profile": "prod", **ALARMED}
ASYNCHRONOUS = {
    "monthly_budget_usd": "50",
    "retrain_schedule": "rate(7 days)",
    "retrain_after_interactions": "9",
}


def told(deployed):
    """The environments of the functions."""
    functions = deployed.of("AWS::Lambda::Function").values()
    return [f["Environment"]["Variables"] for f in functions if "Environment" in f]


@pytest.fixture(scope="module")
def everything(deployed_with):
    """A deployment that has every asynchronous target."""
    return deployed_with(**ALARMED, **ASYNCHRONOUS)


def test_what_holds_data_is_kept_but_not_that_of_a_first_deployment_that_failed(deployed_with):
    resources = deployed_with(auth="jwt", kms="customer").template["Resources"].values()
    kinds = ("AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::Cognito::UserPool", "AWS::KMS::Key")
    kept = [r for r in resources if r["Type"] in kinds]
    assert {r["Type"] for r in kept} == set(kinds)
    assert {r["DeletionPolicy"] for r in kept} == {"RetainExceptOnCreate"}
    assert {r["UpdateReplacePolicy"] for r in kept} == {"Retain"}


def test_a_message_is_tried_five_times_and_hidden_for_six_time_outs(everything):
    functions, queues = everything.of("AWS::Lambda::Function"), everything.of("AWS::SQS::Queue")
    fed = everything.of("AWS::Lambda::EventSourceMapping").values()
    assert len(fed) == 7
    for mapping in fed:
        queue = queues[mapping["EventSourceArn"]["Fn::GetAtt"][0]]
        function = functions[mapping["FunctionName"]["Ref"]]
        if "release" in function["Handler"]:
            continue  # its messages come back on purpose: that is how it waits
        assert queue["VisibilityTimeout"] >= 6 * function["Timeout"]
        assert queue["RedrivePolicy"]["maxReceiveCount"] >= 5


def test_nothing_asynchronous_is_lost_in_silence(everything):
    """Every rule, schedule, subscription and asynchronous call has somewhere to put what did not arrive."""
    (lost,) = (name for name in everything.of("AWS::SQS::Queue") if name.startswith("Undelivered"))
    arn = {"Fn::GetAtt": [lost, "Arn"]}
    targets = [t for rule in everything.of("AWS::Events::Rule").values() for t in rule["Targets"]]
    assert len(targets) == 13
    assert all(target["DeadLetterConfig"] == {"Arn": arn} for target in targets)
    (schedule,) = everything.of("AWS::Scheduler::Schedule").values()
    assert schedule["Target"]["DeadLetterConfig"] == {"Arn": arn}
    called = [s for s in everything.of("AWS::SNS::Subscription").values() if s["Protocol"] == "lambda"]
    assert [s["RedrivePolicy"] for s in called] == [{"deadLetterTargetArn": arn}]
    configured = [c["DestinationConfig"] for c in everything.of("AWS::Lambda::EventInvokeConfig").values()]
    assert configured == 3 * [{"OnFailure": {"Destination": arn}}]  # cost guard, pruner, query report


def test_every_queue_of_what_was_given_up_rings(everything):
    alarms = json.dumps(everything.of("AWS::CloudWatch::Alarm"))
    queues = everything.of("AWS::SQS::Queue")
    given_up = [name for name in queues if "DeadLetters" in name or "Undelivered" in name]
    assert len(given_up) == 8
    assert all(name in alarms for name in given_up)


def test_a_log_that_is_not_compacted_rings(deployment):
    filters = deployment.of("AWS::Logs::MetricFilter").values()
    (found,) = (f for f in filters if NOT_COMPACTED in f["FilterPattern"])
    assert found["LogGroupName"]["Ref"].startswith("IngestionIndexer")
    (metric,) = found["MetricTransformations"]
    alarms = deployment.of("AWS::CloudWatch::Alarm").values()
    (alarm,) = (a for a in alarms if a.get("MetricName") == metric["MetricName"])
    assert (alarm["Namespace"], alarm["Threshold"]) == (metric["MetricNamespace"], 1)


def test_who_wants_to_be_forgotten_waits_behind_nobody(deployment):
    """Requests have a queue and a function of their own, and are nothing that the other queue is told."""
    rules = [r for r in deployment.of("AWS::Events::Rule").values() if "erasures/" in json.dumps(r)]
    (rule,) = rules
    (target,) = rule["Targets"]
    queue = target["Arn"]["Fn::GetAtt"][0]
    (mapping,) = (
        m
        for m in deployment.of("AWS::Lambda::EventSourceMapping").values()
        if m["EventSourceArn"]["Fn::GetAtt"][0] == queue
    )
    function = deployment.of("AWS::Lambda::Function")[mapping["FunctionName"]["Ref"]]
    assert function["Handler"] == "lambdas.user_data.handler.erase"


def test_prod_is_traced_protected_doubled_and_heard_of(deployed_with):
    deployed = deployed_with(**PROD)
    (stage,) = deployed.of("AWS::ApiGateway::Stage").values()
    assert stage["TracingEnabled"] is True
    for function in deployed.of("AWS::Lambda::Function").values():
        if function["Handler"].startswith("lambdas."):
            assert function["TracingConfig"] == {"Mode": "Active"}
    assert {v["ENDPOINT_MIN_INSTANCES"] for v in told(deployed) if "ENDPOINT_MODE" in v} == {"2"}
    assert deployed.findings == []


def test_dev_has_none_of_that(deployment):
    (stage,) = deployment.of("AWS::ApiGateway::Stage").values()
    assert not stage.get("TracingEnabled")
    assert "ENDPOINT_MIN_INSTANCES" not in json.dumps(deployment.template)


@pytest.mark.parametrize(
    ("choice", "roles", "logs"), [("own_role", 1, True), ("account_role", 0, True), ("none", 0, False)]
)
def test_the_accounts_role_for_api_gateways_logs_is_the_owners_choice(deployed_with, choice, roles, logs):
    deployed = deployed_with(api_logs=choice)
    assert len(deployed.of("AWS::ApiGateway::Account")) == roles
    (stage,) = deployed.of("AWS::ApiGateway::Stage").values()
    assert ("AccessLogSetting" in stage) is logs
    assert deployed.findings == []


def test_sizes_and_limits_are_settings(deployed_with):
    deployed = deployed_with(
        search_memory_mb="3008", search_tmp_gib="4", indexer_memory_mb="4096", indexer_tmp_gib="8",
        api_rate_per_second="500", api_burst="1000",
    )  # fmt: skip
    sizes = {
        f["Handler"].split(".")[1]: (f["MemorySize"], f["EphemeralStorage"]["Size"])
        for f in deployed.of("AWS::Lambda::Function").values()
        if f["Handler"].startswith(("lambdas.search", "lambdas.indexer"))
    }
    assert sizes == {"search": (3008, 4096), "indexer": (4096, 8192)}
    (stage,) = deployed.of("AWS::ApiGateway::Stage").values()
    (limits,) = stage["MethodSettings"]
    assert (limits["ThrottlingRateLimit"], limits["ThrottlingBurstLimit"]) == (500, 1000)


def test_a_firewall_and_a_name_of_ones_own(deployed_with):
    acl = "arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/shop/1"
    certificate = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
    deployed = deployed_with(
        auth="jwt", web_acl=acl, domain_name="search.example.com", domain_certificate=certificate
    )
    (firewall,) = deployed.of("AWS::WAFv2::WebACLAssociation").values()
    assert firewall["WebACLArn"] == acl
    (domain,) = deployed.of("AWS::ApiGateway::DomainName").values()
    assert (domain["DomainName"], domain["RegionalCertificateArn"]) == ("search.example.com", certificate)
    assert deployed.template["Outputs"]["ApiUrl"]["Value"] == "https://search.example.com/"
    clients = deployed.of("AWS::Cognito::UserPoolClient").values()
    pages = [client["CallbackURLs"] for client in clients if "CallbackURLs" in client]
    assert pages == [["https://search.example.com/"]]  # the shop's own server signs in without a page
    assert deployed.findings == []


def test_images_of_a_registry_of_ones_own(deployed_with):
    host = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
    deployed = deployed_with(training_image=f"{host}/copies/train:1", serving_image=f"{host}/copies/serve:2")
    rendered = json.dumps(deployed.template)
    assert f"{host}/copies/serve:2" in rendered
    assert f"{host}/copies/train:1" in rendered
    for repository in ("copies/train", "copies/serve"):
        assert f":ecr:eu-central-1:123456789012:repository/{repository}" in rendered
    assert "763104351884" not in json.dumps(deployed.of("AWS::SageMaker::Pipeline"))


def test_tags_are_on_what_is_made_at_run_time(deployed_with):
    deployed = deployed_with(tags='{"team": "search"}')
    pipeline = json.dumps(deployed.of("AWS::SageMaker::Pipeline"))
    assert pipeline.count("object2vec:stack") == pipeline.count("RetryPolicies") > 0  # every job
    tags = {v["ENDPOINT_TAGS"] for v in told(deployed) if "ENDPOINT_PREFIX" in v and "ENDPOINT_MODE" in v}
    assert [json.loads(text) for text in tags] == [{"object2vec:stack": "Object2Vec", "team": "search"}]
