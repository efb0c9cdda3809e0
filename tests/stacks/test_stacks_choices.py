"""What each setting changes in the template."""

import json

import pytest

from tests.helpers.deployed_account import DeployedAccount


@pytest.fixture(scope="module")
def account_with(deployed_with):
    return lambda **settings: DeployedAccount(deployed_with(**settings).template)


def variables(account, prefix):
    return account.properties(account.one("AWS::Lambda::Function", prefix))["Environment"]["Variables"]


def actions_of_search(account):
    return account.actions(account.one("AWS::IAM::Role", "SearchRole"))


def test_serverless_has_no_instance_and_costs_nothing_when_idle(account_with):
    account = account_with(endpoint="serverless")
    given = variables(account, "TrainingReleaseFunction")
    assert given["ENDPOINT_MODE"] == "serverless"
    assert not {"ENDPOINT_INSTANCE_TYPE", "INFERENCE_AMI_VERSION"} & set(given)
    assert "serverless endpoint" in account.template["Outputs"]["IdleCostPerMonth"]["Value"]


def test_an_endpoint_that_scales_says_how_far(account_with):
    account = account_with(endpoint_max_instances="3")
    assert variables(account, "EndpointIsCompleteFunction")["ENDPOINT_MAX_INSTANCES"] == "3"
    role = account.one("AWS::IAM::Role", "EndpointIsCompleteRole")
    assert "application-autoscaling:RegisterScalableTarget" in account.actions(role)
    assert "ENDPOINT_MAX_INSTANCES" not in variables(account_with(), "EndpointIsCompleteFunction")


@pytest.mark.parametrize("settings", [{}, {"endpoint_max_instances": "3"}], ids=str)
def test_an_endpoint_that_an_earlier_deployment_let_scale_can_be_removed(account_with, settings):
    """https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-delete-with-scaling.html"""
    account = account_with(**settings, monthly_budget_usd="50", alarm_email="shop@example.com")
    removers = ("TrainingRelease", "EndpointOnEvent", "EndpointIsComplete", "SpendingCostGuard")
    for function in removers:
        role = account.one("AWS::IAM::Role", f"{function}Role")
        assert "application-autoscaling:DeregisterScalableTarget" in account.actions(role)


def test_captured_traffic_expires(account_with):
    account = account_with(data_capture="true")
    bucket = account.one("AWS::S3::Bucket", "StorageData")
    assert (
        variables(account, "TrainingReleaseFunction")["DATA_CAPTURE_URI"]
        == f"s3://{account.name(bucket)}/capture"
    )
    rules = account.properties(bucket)["LifecycleConfiguration"]["Rules"]
    assert {"capture/": 30}.items() <= {r.get("Prefix"): r.get("ExpirationInDays") for r in rules}.items()


@pytest.mark.parametrize(
    ("settings", "asks"),
    [
        ({"query_encoder": "auto"}, False),
        ({"query_encoder": "endpoint"}, True),
        ({"query_encoder": "in_process"}, False),
    ],
    ids=str,
)
def test_search_may_ask_the_endpoint_only_where_it_would(account_with, settings, asks):
    account = account_with(**settings)
    assert ("sagemaker:InvokeEndpoint" in actions_of_search(account)) == asks
    given = variables(account, "SearchFunction")
    assert given.get("QUERY_ENCODER", "auto") == settings["query_encoder"]
    assert ("ENDPOINT_PREFIX" in given) == asks


def test_search_asks_the_endpoint_for_what_only_awss_image_can_encode(account_with):
    account = account_with(algorithm="builtin")
    assert "sagemaker:InvokeEndpoint" in actions_of_search(account)
    assert "QUERY_ENCODER" not in variables(account, "SearchFunction")  # auto
    prefix = variables(account, "SearchFunction")["ENDPOINT_PREFIX"]
    for function in ("TrainingReleaseFunction", "EndpointIsCompleteFunction"):
        given = variables(account, function)
        assert given["ENDPOINT_PREFIX"] == prefix
        assert given["BUILTIN_IMAGE_URI"].endswith("/object2vec:1")
    assert "BUILTIN_IMAGE_URI" not in variables(account_with(), "TrainingReleaseFunction")


def test_people_sign_in_with_jwt(account_with):
    account = account_with(auth="jwt")
    methods = [account.properties(name) for name in account.all("AWS::ApiGateway::Method")]
    open_to_all = [m for m in methods if m["AuthorizationType"] == "NONE"]
    assert [m["HttpMethod"] for m in open_to_all] == ["GET", "GET"]
    others = [m for m in methods if m not in open_to_all]
    assert {m["AuthorizationType"] for m in others} == {"COGNITO_USER_POOLS"}
    assert all(m["AuthorizerId"] and m["AuthorizationScopes"] for m in others)
    (files,) = (m["ResourceId"] for m in open_to_all if not m["ResourceId"].endswith("RootResourceId"))
    assert account.properties(files)["PathPart"] == "{proxy+}"


def test_the_page_is_a_public_client_with_a_code_flow(account_with):
    account = account_with(auth="jwt")
    client = account.properties(account.one("AWS::Cognito::UserPoolClient", "SearchSignInPeoplePage"))
    assert client["GenerateSecret"] is False
    assert client["AllowedOAuthFlows"] == ["code"]
    api = account.one("AWS::ApiGateway::RestApi", "SearchApi")
    page = f"https://{api}.execute-api.eu-central-1.amazonaws.com/v1/"
    assert client["CallbackURLs"] == [page]
    assert account.resolve(account.template["Outputs"]["ApiUrl"]["Value"]) == page
    given = variables(account, "SearchFunction")
    sign_in = json.loads(given["SIGN_IN"])
    assert given["SERVE_PAGE"] == "1"
    assert sign_in["client"] == account.one("AWS::Cognito::UserPoolClient", "SearchSignInPeoplePage")
    assert sign_in["host"].endswith(".auth.eu-central-1.amazoncognito.com")


def test_only_invited_people_have_an_account(account_with):
    account = account_with(auth="jwt")
    (pool,) = (account.properties(name) for name in account.all("AWS::Cognito::UserPool"))
    assert pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True
    assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] >= 12
    assert pool["DeletionProtection"] == "ACTIVE"


def test_without_jwt_no_page_is_served(account_with):
    assert not {"SERVE_PAGE", "SIGN_IN"} & set(variables(account_with(), "SearchFunction"))
    assert not account_with().all("AWS::Cognito::UserPool")


@pytest.fixture(scope="module")
def trained_by_itself(account_with):
    return account_with(retrain_schedule="rate(7 days)", retrain_after_interactions="5000")


def test_every_occasion_to_train_comes_through_one_queue_in_order(trained_by_itself):
    account = trained_by_itself
    queue = account.one("AWS::SQS::Queue", "RetrainingOccasionsQueue")
    assert account.properties(queue)["FifoQueue"] is True
    rules = [account.properties(name) for name in account.all("AWS::Events::Rule")]
    fed = [rule for rule in rules if any(t["Arn"] == account.arn(queue) for t in rule["Targets"])]
    assert all(t["SqsParameters"] == {"MessageGroupId": "all"} for rule in fed for t in rule["Targets"])
    kinds = sorted(rule["EventPattern"]["detail-type"][0] for rule in fed)
    assert kinds == ["Object Created", "SageMaker Model Building Pipeline Execution Status Change"]
    (created,) = (rule for rule in fed if rule["EventPattern"]["detail-type"] == ["Object Created"])
    prefixes = [match["prefix"] for match in created["EventPattern"]["detail"]["object"]["key"]]
    assert prefixes == ["reports/uploads/interactions/", "reports/events/"]
    (schedule,) = account.all("AWS::Scheduler::Schedule")
    assert account.properties(schedule)["Target"]["Arn"] == account.arn(queue)
    assert variables(account, "RetrainingRetrainFunction")["RETRAIN_AFTER_INTERACTIONS"] == "5000"


def test_only_that_function_may_start_the_pipeline(trained_by_itself):
    starters = {
        role
        for role in trained_by_itself.all("AWS::IAM::Role")
        if "sagemaker:StartPipelineExecution" in trained_by_itself.actions(role)
    }
    assert starters == {trained_by_itself.one("AWS::IAM::Role", "RetrainingRetrainRole")}


def test_a_spent_budget_removes_the_endpoint(account_with):
    account = account_with(monthly_budget_usd="50", alarm_email="shop@example.com")
    topic = account.arn(account.one("AWS::SNS::Topic", "SpendingSpent"))
    (budget,) = account.all("AWS::Budgets::Budget")
    told = {
        (n["Notification"]["NotificationType"], n["Notification"]["Threshold"])
        for n in account.properties(budget)["NotificationsWithSubscribers"]
        if any(s["Address"] == topic for s in n["Subscribers"])
    }
    assert told == {("ACTUAL", 100)}
    subscriptions = [account.properties(name) for name in account.all("AWS::SNS::Subscription")]
    guard = account.arn(account.one("AWS::Lambda::Function", "SpendingCostGuardFunction"))
    assert (topic, "lambda", guard) in {(s["TopicArn"], s["Protocol"], s["Endpoint"]) for s in subscriptions}


def test_without_an_endpoint_there_is_nothing_to_remove(account_with):
    account = account_with(monthly_budget_usd="50", alarm_email="shop@example.com", endpoint="none")
    assert account.all("AWS::Budgets::Budget")
    assert not [name for name in account.all("AWS::Lambda::Function") if name.startswith("Spending")]


def jobs_of(account):
    """The requests of the pipeline's jobs, by step."""
    (pipeline,) = account.all("AWS::SageMaker::Pipeline")
    body = json.loads(account.properties(pipeline)["PipelineDefinition"]["PipelineDefinitionBody"])
    (gate,) = (step for step in body["Steps"] if step["Type"] == "Condition")
    steps = [*body["Steps"], *gate["Arguments"]["IfSteps"]]
    return {s["Name"]: s["Arguments"] for s in steps if s["Type"] in ("Processing", "Training")}


def test_jobs_are_stopped_after_the_hours_that_they_may_take(account_with):
    jobs = jobs_of(account_with(job_hours="24", hyperparameters='{"time_limit": 43200}', spot="true"))
    limits = {name: job["StoppingCondition"]["MaxRuntimeInSeconds"] for name, job in jobs.items()}
    assert limits == dict.fromkeys(("Prepare", "Train", "Evaluate", "Index"), 24 * 3600)
    assert jobs["Train"]["StoppingCondition"]["MaxWaitTimeInSeconds"] == 48 * 3600


def test_evaluation_and_index_run_on_the_processing_instance(account_with):
    jobs = jobs_of(account_with(processing_instance="ml.r5.2xlarge", prepare_instance="ml.m5.2xlarge"))
    machines = {
        name: job["ProcessingResources"]["ClusterConfig"]["InstanceType"]
        for name, job in jobs.items()
        if name != "Train"
    }
    assert machines == {"Prepare": "ml.m5.2xlarge", "Evaluate": "ml.r5.2xlarge", "Index": "ml.r5.2xlarge"}
