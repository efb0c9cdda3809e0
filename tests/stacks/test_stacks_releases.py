"""What watches a release: alarms that lead back, and the one for a model without its endpoint."""

import json
import re

import aws_cdk as cdk
import pytest
from aws_cdk import assertions

from lambdas.endpoints import WITHOUT_ENDPOINT
from object2vec.core.keys import CURATED_INTERACTIONS, LIVE
from object2vec.release.manifest import manifest_key
from stacks.config import load_settings
from stacks.object2vec_stack import Object2VecStack
from stacks.values import SettingError

WATCHED = {"ModelFails", "ModelSlow"}


def rule(deployment):
    (found,) = [
        properties
        for properties in deployment.of("AWS::Events::Rule").values()
        if properties.get("EventPattern", {}).get("source") == ["aws.cloudwatch"]
    ]
    return found


def test_alarms_of_the_api_are_orders_to_the_release_function(deployment):
    found = rule(deployment)
    assert found["EventPattern"]["detail"] == {"state": {"value": ["ALARM"]}}
    alarms = [arn["Fn::GetAtt"][0] for arn in found["EventPattern"]["resources"]]
    assert {next(name for name in WATCHED if name in alarm) for alarm in alarms} == WATCHED
    (target,) = found["Targets"]
    assert target["Arn"]["Fn::GetAtt"][0].startswith("TrainingReleasesQueue")
    message = target["InputTransformer"]["InputTemplate"].replace("<detail-alarmName>", '"ApiErrors"')
    assert json.loads(message) == {"order": "alarm", "alarm": "ApiErrors"}


def alarm(deployment, name):
    (found,) = [
        properties
        for logical_id, properties in deployment.of("AWS::CloudWatch::Alarm").items()
        if logical_id.startswith(f"Observability{name}")
    ]
    (expression,) = [m["Expression"] for m in found["Metrics"] if "Expression" in m]
    return found, re.fullmatch(r"IF\((.*), (.*), 0\)", expression).groups()


def rings(deployment, name, periods):
    """Whether the alarm rings at the last of these periods of five minutes, each with the values of its
    metrics; as CloudWatch evaluates it, whose operators are Python's here."""
    found, (condition, value) = alarm(deployment, name)
    shown = [eval(value, {}, p) if eval(condition, {}, p) else 0 for p in periods]
    lately = shown[-found["EvaluationPeriods"] :]
    over = sum(number >= found["Threshold"] for number in lately)
    return over >= found.get("DatapointsToAlarm", found["EvaluationPeriods"])


def quiet(requests=500):
    return {"requests": requests, "errors": 0, "slow": 50}


@pytest.mark.parametrize(
    ("periods", "withdrawn"),
    [
        ([quiet(), quiet(), {"requests": 1, "errors": 1}], False),
        ([{"requests": 2, "errors": 1}, {"requests": 2, "errors": 2}, {"requests": 1, "errors": 1}], False),
        ([quiet(), quiet(), {"requests": 500, "errors": 400}], False),
        ([quiet(), {"requests": 5000, "errors": 40}, {"requests": 5000, "errors": 40}], False),
        ([quiet(), {"requests": 500, "errors": 30}, {"requests": 500, "errors": 30}], True),
        ([{"requests": 9, "errors": 9}, quiet(), {"requests": 9, "errors": 9}], True),
    ],
    ids=["one error", "nobody about", "one bad period", "under one per cent", "six per cent", "all fail"],
)
def test_a_model_is_withdrawn_when_answers_fail_for_a_while(deployment, periods, withdrawn):
    assert rings(deployment, "ModelFails", periods) == withdrawn


@pytest.mark.parametrize(
    ("periods", "withdrawn"),
    [
        (3 * [{"requests": 3, "slow": 9000}], False),
        ([quiet(), quiet(), {"requests": 500, "slow": 9000}], False),
        (3 * [{"requests": 500, "slow": 2500}], True),
    ],
    ids=["cold starts with nobody about", "one slow period", "slow"],
)
def test_a_model_is_withdrawn_when_answers_are_slow_for_a_while(deployment, periods, withdrawn):
    assert rings(deployment, "ModelSlow", periods) == withdrawn


def test_silence_and_short_periods_withdraw_no_model(deployment):
    """A shop that sleeps sends no data; the last three periods are a quarter of an hour."""
    for name in sorted(WATCHED):
        found, _ = alarm(deployment, name)
        (period,) = {m["MetricStat"]["Period"] for m in found["Metrics"] if "MetricStat" in m}
        assert found["TreatMissingData"] == "notBreaching"
        assert found["EvaluationPeriods"] * period >= 900
        assert found.get("DatapointsToAlarm", found["EvaluationPeriods"]) >= 2


def test_no_alarm_rings_because_data_are_missing(deployment):
    kinds = {found["TreatMissingData"] for found in deployment.of("AWS::CloudWatch::Alarm").values()}
    assert kinds == {"notBreaching"}


def test_the_expressions_read_the_apis_own_metrics(deployment):
    for name in sorted(WATCHED):
        found, _ = alarm(deployment, name)
        read = {
            m["Id"]: m["MetricStat"]["Metric"]["MetricName"] for m in found["Metrics"] if "MetricStat" in m
        }
        known = {"requests": "Count", "errors": "5XXError", "slow": "Latency"}
        assert read.items() <= known.items()
        assert len(read) == 2


def test_a_model_without_its_endpoint_rings(deployment):
    found_filters = deployment.of("AWS::Logs::MetricFilter").values()
    filters = [found for found in found_filters if WITHOUT_ENDPOINT in found["FilterPattern"]]
    groups = {found["LogGroupName"]["Ref"][:12] for found in filters}
    assert groups == {"TrainingRele", "EndpointIsCo"}
    assert {found["FilterPattern"] for found in filters} == {f'{{ $.message = "{WITHOUT_ENDPOINT}" }}'}
    counted = {
        (t["MetricNamespace"], t["MetricName"]) for found in filters for t in found["MetricTransformations"]
    }
    alarms = deployment.of("AWS::CloudWatch::Alarm").values()
    assert counted <= {(alarm.get("Namespace"), alarm.get("MetricName")) for alarm in alarms}


def the_owner(deployment):
    (found,) = [
        (name, resource)
        for name, resource in deployment.template["Resources"].items()
        if resource["Type"] == "Custom::Object2VecEndpoints"
    ]
    return found


def test_a_deletion_ends_releases_before_the_owner_removes_the_endpoints(deployment):
    """CloudFormation deletes first what depends on something: no message starts an endpoint after that."""
    name, _ = the_owner(deployment)
    (mapping,) = [
        resource
        for resource in deployment.template["Resources"].values()
        if resource["Type"] == "AWS::Lambda::EventSourceMapping"
        and resource["Properties"]["FunctionName"]["Ref"].startswith("TrainingRelease")
    ]
    assert name in mapping["DependsOn"]


def test_other_code_of_the_indexer_makes_a_deployment_call_the_owner(deployment):
    """It may write another format of base than the live one has, and nothing else would wake it."""
    (indexer,) = [
        name for name in deployment.of("AWS::Lambda::Function") if name.startswith("IngestionIndexer")
    ]
    _, owner = the_owner(deployment)
    code = deployment.of("AWS::Lambda::Function")[indexer]["Code"]
    assert owner["Properties"]["IndexerCode"] == code["S3Key"]
    assert indexer in owner["DependsOn"]


def needs(deployment, name):
    """Everything that CloudFormation makes before a resource, and deletes after it."""
    resources = deployment.template["Resources"]
    found, pending = set(), [name]
    while pending:
        resource = resources[pending.pop()]
        named = {*resource.get("DependsOn", []), *references(resource.get("Properties", {}))}
        pending += (named & resources.keys()) - found
        found |= named & resources.keys()
    return found


def references(value):
    """Logical ids that a template's value refers to."""
    match value:
        case {"Ref": str(name)}:
            yield name
        case {"Fn::GetAtt": [str(name), _]}:
            yield name
        case {"Fn::Sub": [str(text), dict(bindings)]}:
            yield from [*re.findall(r"\$\{(\w+)", text), *references(bindings)]
        case {"Fn::Sub": str(text)}:
            yield from re.findall(r"\$\{(\w+)", text)
        case dict():
            yield from references(list(value.values()))
        case list():
            for each in value:
                yield from references(each)


def function_of(deployment, name):
    (found,) = [
        logical_id
        for logical_id, properties in deployment.of("AWS::Lambda::Function").items()
        if properties["Handler"].startswith(f"lambdas.{name}.")
    ]
    return found


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"endpoint": "none"},
        {"index": "s3vectors"},
        {"algorithm": "builtin"},
        {"auth": "jwt", "kms": "customer", "query_encoder": "endpoint", "retrain_schedule": "rate(7 days)"},
    ],
    ids=lambda settings: " ".join(settings.values()),
)
def test_a_new_format_reaches_the_indexer_then_the_live_base_then_search(deployed_with, settings):
    """The owner is complete when the live release has a base for the new code. Nothing that it needs is part
    of the API: there is no cycle, and a deletion closes the API first."""
    deployment = deployed_with(**settings)
    owner, _ = the_owner(deployment)
    search = function_of(deployment, "search")
    assert owner in deployment.template["Resources"][search]["DependsOn"]
    assert function_of(deployment, "indexer") in needs(deployment, owner)
    assert search not in needs(deployment, owner)
    assert not [name for name in needs(deployment, owner) if name.startswith("Search")]


def test_a_move_of_the_live_pointer_wakes_the_indexer(deployment):
    """It may lead to a release whose base is in another format."""
    (rule,) = [
        found
        for name, found in deployment.of("AWS::Events::Rule").items()
        if name.startswith("IngestionItemLog")
    ]
    keys = rule["EventPattern"]["detail"]["object"]["key"]
    assert any(LIVE.startswith(key["prefix"]) for key in keys)
    assert not any(manifest_key("v1").startswith(key["prefix"]) for key in keys)


def test_interactions_wake_the_indexer(deployment):
    """Before a training has succeeded, nothing else would count them."""
    (rule,) = [
        found
        for name, found in deployment.of("AWS::Events::Rule").items()
        if name.startswith("IngestionItemLog")
    ]
    assert {"prefix": CURATED_INTERACTIONS} in rule["EventPattern"]["detail"]["object"]["key"]


@pytest.mark.parametrize("approval", ["auto", "manual"])
def test_the_release_function_is_told_who_approves(deployed_with, approval):
    functions = deployed_with(approval=approval).of("AWS::Lambda::Function").values()
    told = [
        f["Environment"]["Variables"].get("APPROVAL", "auto")
        for f in functions
        if "lambdas.release" in f["Handler"]
    ]
    assert told == [approval]


def test_another_kind_of_approval_is_refused(context):
    with pytest.raises(SettingError, match="auto, manual"):
        load_settings(context | {"approval": "never"})


def publishers(topic_policy):
    """Services that the policy of a topic lets publish, with what that depends on."""
    statements = topic_policy["PolicyDocument"]["Statement"]
    return {
        (s["Principal"]["Service"], json.dumps(s.get("Condition", {})))
        for s in statements
        if s["Effect"] == "Allow"
    }


def test_alarms_reach_the_topic_they_ring(deployment):
    """A topic with a policy of its own is closed to the account's alarms unless it lets CloudWatch in."""
    (policy,) = deployment.of("AWS::SNS::TopicPolicy").values()
    own = json.dumps({"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}})
    assert publishers(policy) == {("cloudwatch.amazonaws.com", own), ("events.amazonaws.com", "{}")}


def test_alarms_count_this_stack_s_api_alone(context):
    """API Gateway counts by the API's name, and an alarm takes the live model back."""
    app = cdk.App(context=context | {"aws:cdk:bundling-stacks": []})
    named = [(name, load_settings(context | {"stack_name": name})) for name in ("Shop", "ShopProd")]
    stacks = [Object2VecStack(app, name, settings=settings) for name, settings in named]
    counted = [
        {
            dimension["Value"]
            for alarm in assertions.Template.from_stack(stack)
            .find_resources("AWS::CloudWatch::Alarm")
            .values()
            for dimension in alarm["Properties"].get("Dimensions", [])
            if dimension["Name"] == "ApiName"
        }
        for stack in stacks
    ]
    assert counted == [{"Shop"}, {"ShopProd"}]


@pytest.mark.parametrize("algorithm", ["open", "builtin"])
def test_a_model_never_expires(deployed_with, algorithm):
    """The live one is needed for as long as no later training wins: by new machines, by the next gate."""
    deployment = deployed_with(algorithm=algorithm)
    expiring = [
        rule["Prefix"]
        for bucket in deployment.of("AWS::S3::Bucket").values()
        for rule in bucket["LifecycleConfiguration"]["Rules"]
        if "ExpirationInDays" in rule and "Prefix" in rule
    ]
    (pipeline,) = deployment.of("AWS::SageMaker::Pipeline").values()
    parts = pipeline["PipelineDefinition"]["PipelineDefinitionBody"]["Fn::Join"][1]
    body = json.loads("".join(part if isinstance(part, str) else "token" for part in parts))
    (train,) = [step for step in body["Steps"] if step["Name"] == "Train"]
    place = train["Arguments"]["OutputDataConfig"]["S3OutputPath"]["Std:Join"]["Values"][1]
    assert "executions/" in expiring
    assert f"{place}/" not in expiring
