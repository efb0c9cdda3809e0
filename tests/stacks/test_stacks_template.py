import json
import re

import pytest

from stacks.source_closure import ROOT

STATEFUL = {
    "StorageData6BB23F4E": "AWS::S3::Bucket",
    "StorageAccessLogs96FB524C": "AWS::S3::Bucket",
    "TrainingModels0589B100": "AWS::SageMaker::ModelPackageGroup",
    "TrainingPipeline19FBEF78": "AWS::SageMaker::Pipeline",
    "SearchApi18358141": "AWS::ApiGateway::RestApi",
    "IngestionUploadsQueueB47B805B": "AWS::SQS::Queue",
    "IngestionItemLogQueueF1530238": "AWS::SQS::Queue",
    "TrainingReleasesQueue15270C8F": "AWS::SQS::Queue",
    "EventsSessions19781B14": "AWS::DynamoDB::Table",
}
OUTPUTS = {"ApiUrl", "BucketName", "PipelineName", "ReleaseQueueUrl", "IdleCostPerMonth"}
OUTPUTS |= {f"{kind}PolicyArn" for kind in ("ShopServer", "ShopperBrowser", "Merchandiser", "DataProtection")}


def statements(deployment):
    for kind in ("AWS::IAM::Policy", "AWS::SQS::QueuePolicy", "AWS::S3::BucketPolicy"):
        for name, properties in deployment.of(kind).items():
            for statement in properties["PolicyDocument"]["Statement"]:
                yield name, statement


def listed(value):
    return value if isinstance(value, list) else [value]


def functions(deployment):
    """Name in lambdas/ → properties of the functions made of it."""
    found = {}
    for properties in deployment.of("AWS::Lambda::Function").values():
        ours = re.match(r"lambdas\.(\w+)\.handler\.", properties["Handler"])
        if ours:
            found.setdefault(ours[1], []).append(properties)
    return found


def test_replacing_what_holds_state_is_never_an_accident(deployment):
    resources = deployment.template["Resources"]
    assert {name: resources[name]["Type"] for name in STATEFUL if name in resources} == STATEFUL


def test_buckets_are_encrypted_private_and_kept(deployment):
    for name, bucket in deployment.of("AWS::S3::Bucket").items():
        rule = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]
        assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
        assert all(bucket["PublicAccessBlockConfiguration"].values())
        assert deployment.template["Resources"][name]["DeletionPolicy"] == "RetainExceptOnCreate"
        assert "BucketName" not in bucket


def test_the_data_bucket_is_versioned_logged_and_tells_eventbridge(deployment):
    data = deployment.of("AWS::S3::Bucket")["StorageData6BB23F4E"]
    assert data["VersioningConfiguration"] == {"Status": "Enabled"}
    assert data["LoggingConfiguration"]["DestinationBucketName"] == {"Ref": "StorageAccessLogs96FB524C"}
    events = data["NotificationConfiguration"]["EventBridgeConfiguration"]
    assert events == {"EventBridgeEnabled": True}


@pytest.mark.parametrize(
    ("kind", "policy"),
    [("AWS::S3::Bucket", "AWS::S3::BucketPolicy"), ("AWS::SQS::Queue", "AWS::SQS::QueuePolicy")],
)
def test_every_bucket_and_queue_refuses_plain_http(deployment, kind, policy):
    protected = set()
    for properties in deployment.of(policy).values():
        denied = [s for s in properties["PolicyDocument"]["Statement"] if s["Effect"] == "Deny"]
        if any(s["Condition"].get("Bool") == {"aws:SecureTransport": "false"} for s in denied):
            protected |= {
                target["Ref"] for target in listed(properties.get("Queues") or properties["Bucket"])
            }
    assert protected == set(deployment.of(kind))


def test_every_work_queue_has_a_dead_letter_queue_and_an_alarm(deployment):
    queues = deployment.of("AWS::SQS::Queue")
    dead = {
        q["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
        for q in queues.values()
        if "RedrivePolicy" in q
    }
    fed = {
        m["EventSourceArn"]["Fn::GetAtt"][0]
        for m in deployment.of("AWS::Lambda::EventSourceMapping").values()
    }
    assert len(fed) == 6
    (lost,) = (name for name in queues if name.startswith("Undelivered"))
    assert set(queues) == dead | fed | {lost}
    alarms = json.dumps(list(deployment.of("AWS::CloudWatch::Alarm").values()))
    assert all(name in alarms for name in dead)


def test_queue_outlasts_the_function_it_feeds(deployment):
    queues, lambdas = deployment.of("AWS::SQS::Queue"), deployment.of("AWS::Lambda::Function")
    for mapping in deployment.of("AWS::Lambda::EventSourceMapping").values():
        queue = queues[mapping["EventSourceArn"]["Fn::GetAtt"][0]]
        assert queue["VisibilityTimeout"] >= lambdas[mapping["FunctionName"]["Ref"]]["Timeout"]


def test_the_item_log_is_worked_off_in_order_by_one(deployment):
    queue = deployment.of("AWS::SQS::Queue")["IngestionItemLogQueueF1530238"]
    assert queue["FifoQueue"]
    rules = [json.dumps(rule) for rule in deployment.of("AWS::Events::Rule").values()]
    assert sum('"MessageGroupId": "all"' in rule and "item-log/" in rule for rule in rules) == 1


def test_uploads_that_come_and_that_go_are_worked_off(deployment):
    patterns = [rule.get("EventPattern", {}) for rule in deployment.of("AWS::Events::Rule").values()]
    (uploads,) = (p for p in patterns if '"uploads/"' in json.dumps(p))
    assert uploads["detail-type"] == ["Object Created", "Object Deleted"]


def test_every_method_wants_a_signature(deployment):
    methods = deployment.of("AWS::ApiGateway::Method").values()
    assert methods
    assert {m["AuthorizationType"] for m in methods} == {"AWS_IAM"}
    assert "OPTIONS" not in {m["HttpMethod"] for m in methods}  # CORS is off


def test_the_stage_throttles_and_logs(deployment):
    (stage,) = deployment.of("AWS::ApiGateway::Stage").values()
    assert stage["AccessLogSetting"]["DestinationArn"]
    (settings,) = stage["MethodSettings"]
    assert settings["ThrottlingRateLimit"] > 0
    assert settings["ThrottlingBurstLimit"] > 0
    assert not settings["DataTraceEnabled"]


def test_no_statement_allows_every_action(deployment):
    actions = {a for _, s in statements(deployment) if s["Effect"] == "Allow" for a in listed(s["Action"])}
    assert actions
    assert not {action for action in actions if "*" in action}


def test_only_these_actions_are_allowed_on_everything(deployment):
    """Calls that AWS defines without a resource; PutMetricData is narrowed by its condition."""
    found = {
        action
        for _, statement in statements(deployment)
        if statement["Effect"] == "Allow" and "*" in listed(statement["Resource"])
        for action in listed(statement["Action"])
    }
    assert found == {
        "cloudwatch:PutMetricData",
        "ecr:GetAuthorizationToken",
        "logs:DescribeLogGroups",
        "sagemaker:ListEndpointConfigs",
        "sagemaker:ListEndpoints",
        "sagemaker:ListModelPackages",
        "sagemaker:ListModels",
    }


def test_roles_are_passed_to_sagemaker_only(deployment):
    passed = [s for _, s in statements(deployment) if "iam:PassRole" in listed(s["Action"])]
    assert passed
    for statement in passed:
        assert statement["Condition"] == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
        assert all("Fn::GetAtt" in resource for resource in listed(statement["Resource"]))


def test_every_handler_is_in_our_code(deployment):
    for name, made in functions(deployment).items():
        for function in made:
            entry = function["Handler"].rsplit(".", 1)[1]
            assert f"def {entry}(" in (ROOT / "lambdas" / name / "handler.py").read_text()
            assert function["Runtime"] == "python3.13"
            assert function["Architectures"] == ["arm64"]


def test_every_function_has_a_log_group_that_forgets(deployment):
    groups = deployment.of("AWS::Logs::LogGroup")
    assert {group["RetentionInDays"] for group in groups.values()} == {30}
    for function in deployment.of("AWS::Lambda::Function").values():
        assert function["LoggingConfig"]["LogGroup"]["Ref"] in groups


def test_outputs_are_what_a_user_needs(deployment):
    assert set(deployment.template["Outputs"]) == OUTPUTS
    assert re.match(r"about \d+ USD", deployment.template["Outputs"]["IdleCostPerMonth"]["Value"])


def test_size(deployment):
    assert len(deployment.template["Resources"]) < 250


def test_without_an_endpoint_nothing_may_touch_endpoints(deployed_with):
    template = json.dumps(deployed_with(endpoint="none").template)
    assert "CreateEndpoint" not in template
    assert "ModelRole" not in template
    assert "no endpoint" in template


def test_the_gpu_endpoint_gets_the_cuda_image_and_a_host_to_match(deployed_with):
    (release,) = functions(deployed_with(endpoint="gpu"))["release"]
    variables = release["Environment"]["Variables"]
    assert "serve-ml-sagemaker-cuda-" in json.dumps(variables["SERVING_IMAGE_URI"])
    assert variables["INFERENCE_AMI_VERSION"].startswith("al2023-ami-sagemaker-inference-gpu")
    assert variables["ENDPOINT_INSTANCE_TYPE"].startswith("ml.g")


def test_a_schedule_starts_the_pipeline(deployed_with):
    (schedule,) = (
        deployed_with(profile="prod", alarm_email="shop@example.com").of("AWS::Scheduler::Schedule").values()
    )
    assert schedule["ScheduleExpression"] == "cron(0 3 ? * SUN *)"
    assert "RetrainingOccasionsQueue" in json.dumps(schedule["Target"]["Arn"])
    assert not deployed_with().of("AWS::Scheduler::Schedule")


def test_a_budget_is_announced_by_mail(deployed_with):
    deployed = deployed_with(monthly_budget_usd="50", alarm_email="shop@example.com")
    (budget,) = deployed.of("AWS::Budgets::Budget").values()
    assert budget["Budget"]["BudgetLimit"] == {"Amount": 50, "Unit": "USD"}
    mailed = [s for s in deployed.of("AWS::SNS::Subscription").values() if s["Protocol"] == "email"]
    assert [s["Endpoint"] for s in mailed] == ["shop@example.com"]


def test_data_that_may_go_goes_with_the_stack(deployed_with):
    deployed = deployed_with(retain_data="false")
    resources = deployed.template["Resources"]
    assert {resources[name]["DeletionPolicy"] for name in deployed.of("AWS::S3::Bucket")} == {"Delete"}
    assert len(deployed.of("Custom::S3AutoDeleteObjects")) == 2


def as_deployed(value):
    """A resolved string, references by their logical id."""
    if isinstance(value, str):
        return value
    (kind, argument), *_ = value.items()
    if kind == "Fn::Join":
        return argument[0].join(as_deployed(part) for part in argument[1])
    return argument if kind == "Ref" else ".".join(map(as_deployed, argument))


def test_the_pipeline_survives_the_rendering(deployment):
    (pipeline,) = deployment.of("AWS::SageMaker::Pipeline").values()
    definition = json.loads(as_deployed(pipeline["PipelineDefinition"]["PipelineDefinitionBody"]))
    steps = [step["Name"] for step in definition["Steps"]]
    assert steps == ["Snapshot", "Prepare", "Train", "Evaluate", "Gate"]
    assert definition["PipelineExperimentConfig"] is None  # absent, SageMaker would open an experiment
    train = definition["Steps"][2]["Arguments"]
    code = next(c for c in train["InputDataConfig"] if c["ChannelName"] == "code")
    bundle = code["DataSource"]["S3DataSource"]["S3Uri"].rsplit("/", 1)[1]
    assert re.fullmatch(r"[0-9a-f]{64}\.zip", bundle)
    entry = train["AlgorithmSpecification"]["ContainerEntrypoint"]
    assert entry == ["python3", f"/opt/ml/input/data/code/{bundle}"]
    assert train["RoleArn"].startswith("TrainingJobRole")


def test_spot_training_has_a_limit_to_its_waiting(deployment):
    (pipeline,) = deployment.of("AWS::SageMaker::Pipeline").values()
    body = json.loads(as_deployed(pipeline["PipelineDefinition"]["PipelineDefinitionBody"]))
    train = body["Steps"][2]["Arguments"]
    assert train["EnableManagedSpotTraining"]
    assert (
        train["StoppingCondition"]["MaxWaitTimeInSeconds"]
        >= train["StoppingCondition"]["MaxRuntimeInSeconds"]
    )
