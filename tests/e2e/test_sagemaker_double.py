"""The double speaks SageMaker's API: botocore's model checks requests and answers of every operation."""

import json
import threading
from types import SimpleNamespace

import pytest

from e2e.double import hosting as hosting_module
from e2e.double.errors import ServiceError
from e2e.double.hosting import HostingDouble
from e2e.double.pipelines import Pipelines
from e2e.double.registry import Registry
from e2e.double.service import Service
from e2e.machine import JOBS_PYTHON, with_interpreters
from object2vec.storage import FolderStore

ARN = "arn:aws:sagemaker:us-east-1:000000000000"
ROLE = "arn:aws:iam::000000000000:role/r"
MODEL = {
    "ModelName": "m",
    "ExecutionRoleArn": ROLE,
    "PrimaryContainer": {"Image": "i", "ModelDataUrl": "s3://b/none"},
}
VARIANT = {"VariantName": "live", "ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}


@pytest.fixture
def call(tmp_path):
    store, registry = FolderStore(tmp_path), Registry(ARN)
    service = Service(
        [HostingDouble(store, ARN), registry, Pipelines(store, registry, tmp_path / "jobs", ARN)]
    )
    return lambda operation, **request: service.call(operation, request)


def until_not(call, operation, key, value, **request):
    """The answer when the double's threads have ended, whose `key` is something else."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not isinstance(thread, threading._MainThread):
            thread.join(5)
    answer = call(operation, **request)
    assert answer[key] != value
    return answer


def create_endpoint(call):
    call("CreateModel", **MODEL)
    call("CreateEndpointConfig", EndpointConfigName="c", ProductionVariants=[VARIANT])
    call("CreateEndpoint", EndpointName="e", EndpointConfigName="c")


def test_an_endpoint_without_an_artefact_fails_with_the_reason(call):
    create_endpoint(call)
    ended = until_not(call, "DescribeEndpoint", "EndpointStatus", "Creating", EndpointName="e")
    assert ended["EndpointStatus"] == "Failed"
    assert "none" in ended["FailureReason"]


def test_an_endpoint_in_service_gets_new_settings(call, monkeypatch):
    container = SimpleNamespace(wait_until_up=lambda: None, stop=lambda: None)
    monkeypatch.setattr(hosting_module, "run_model", lambda *_: container)
    create_endpoint(call)
    until_not(call, "DescribeEndpoint", "EndpointStatus", "Creating", EndpointName="e")
    call("CreateEndpointConfig", EndpointConfigName="d", ProductionVariants=[VARIANT])
    call("UpdateEndpoint", EndpointName="e", EndpointConfigName="d")
    updated = until_not(call, "DescribeEndpoint", "EndpointStatus", "Updating", EndpointName="e")
    assert (updated["EndpointStatus"], updated["EndpointConfigName"]) == ("InService", "d")
    assert call("DescribeEndpointConfig", EndpointConfigName="d")["ProductionVariants"] == [VARIANT]


def test_a_silent_endpoint_has_been_silent_for_long(tmp_path, monkeypatch):
    container = SimpleNamespace(wait_until_up=lambda: None, stop=lambda: None)
    monkeypatch.setattr(hosting_module, "run_model", lambda *_: container)
    hosting = HostingDouble(FolderStore(tmp_path), ARN)
    service = Service([hosting])

    def ask(operation, **request):
        return service.call(operation, request)

    create_endpoint(ask)
    before = until_not(ask, "DescribeEndpoint", "EndpointStatus", "Creating", EndpointName="e")
    with hosting.silence(minutes=40):
        assert hosting.is_silent
        during = ask("DescribeEndpoint", EndpointName="e")
    assert before["LastModifiedTime"] - during["LastModifiedTime"] == pytest.approx(2400)
    assert not hosting.is_silent
    assert ask("DescribeEndpoint", EndpointName="e") == before


def test_what_was_created_is_listed_and_goes(call):
    create_endpoint(call)
    lists = {"ListModels": "Models", "ListEndpointConfigs": "EndpointConfigs", "ListEndpoints": "Endpoints"}
    assert [len(call(operation)[key]) for operation, key in lists.items()] == [1, 1, 1]
    call("DeleteEndpoint", EndpointName="e")
    call("DeleteEndpointConfig", EndpointConfigName="c")
    call("DeleteModel", ModelName="m")
    assert [call(operation)[key] for operation, key in lists.items()] == [[], [], []]


def test_a_name_is_taken_once_and_missed_once(call):
    call("CreateModel", **MODEL)
    with pytest.raises(ServiceError, match="already existing"):
        call("CreateModel", **MODEL)
    call("DeleteModel", ModelName="m")
    with pytest.raises(ServiceError, match="Could not find"):
        call("DeleteModel", ModelName="m")


def test_a_request_that_the_api_does_not_know_is_refused(call):
    with pytest.raises(ServiceError, match="Missing required parameter"):
        call("CreateEndpoint", EndpointName="e")
    with pytest.raises(ServiceError, match="does not know CreateCluster"):
        call("CreateCluster", ClusterName="c")


def test_a_package_is_approved_described_and_listed(call):
    call("CreateModelPackageGroup", ModelPackageGroupName="g")
    arn = call("CreateModelPackage", ModelPackageGroupName="g")["ModelPackageArn"]
    approved = {"ModelApprovalStatus": "Approved", "ApprovalDescription": "live"}
    call("UpdateModelPackage", ModelPackageArn=arn, **approved)
    described = call("DescribeModelPackage", ModelPackageName=arn)
    assert {name: described[name] for name in approved} == approved
    (listed,) = call("ListModelPackages", ModelPackageGroupName="g")["ModelPackageSummaryList"]
    assert listed["ModelApprovalStatus"] == "Approved"


def test_a_group_with_packages_cannot_go(call):
    call("CreateModelPackageGroup", ModelPackageGroupName="g")
    arn = call("CreateModelPackage", ModelPackageGroupName="g")["ModelPackageArn"]
    assert (
        call("ListModelPackages", ModelPackageGroupName="g")["ModelPackageSummaryList"][0]["ModelPackageArn"]
        == arn
    )
    with pytest.raises(ServiceError):
        call("DeleteModelPackageGroup", ModelPackageGroupName="g")
    call("DeleteModelPackage", ModelPackageName=arn)
    call("DeleteModelPackageGroup", ModelPackageGroupName="g")
    assert call("ListModelPackageGroups")["ModelPackageGroupSummaryList"] == []


def test_a_pipeline_runs_and_tells_why_it_failed(call):
    fail = {"Name": "Refused", "Type": "Fail", "Arguments": {"ErrorMessage": "not better"}}
    definition = json.dumps({"Version": "2020-12-01", "Steps": [fail]})
    token = {"ClientRequestToken": "t" * 32}
    call("CreatePipeline", PipelineName="p", PipelineDefinition=definition, RoleArn=ROLE, **token)
    arn = call("StartPipelineExecution", PipelineName="p", **token)["PipelineExecutionArn"]
    assert call("StartPipelineExecution", PipelineName="p", **token)["PipelineExecutionArn"] == arn
    ended = until_not(
        call, "DescribePipelineExecution", "PipelineExecutionStatus", "Executing", PipelineExecutionArn=arn
    )
    assert (ended["PipelineExecutionStatus"], ended["FailureReason"]) == ("Failed", "not better")
    assert call("ListPipelineExecutionSteps", PipelineExecutionArn=arn) == {"PipelineExecutionSteps": []}
    assert len(call("ListPipelineExecutions", PipelineName="p")["PipelineExecutionSummaries"]) == 1
    assert len(call("ListPipelines")["PipelineSummaries"]) == 1
    call("DeletePipeline", PipelineName="p", **token)
    with pytest.raises(ServiceError, match="does not exist"):
        call("ListPipelineExecutions", PipelineName="p")


def test_a_token_is_good_for_one_report(call):
    with pytest.raises(ServiceError, match="does not exist"):
        call("SendPipelineExecutionStepSuccess", CallbackToken="t" * 10)


def test_jobs_run_under_the_images_python_and_training_where_torch_is():
    def job(name):
        return {"ContainerEntrypoint": ["python3", "/opt/ml/x/b.zip"], "ContainerArguments": [name]}

    definition = {"Steps": [{"Arguments": job("prepare")}, {"IfSteps": [{"Arguments": job("train")}]}]}
    prepare, train = with_interpreters(definition)["Steps"]
    assert prepare["Arguments"]["ContainerEntrypoint"] == [JOBS_PYTHON, "/opt/ml/x/b.zip"]
    assert train["IfSteps"][0]["Arguments"]["ContainerEntrypoint"][1].endswith("torch_job.py")
    assert definition["Steps"][0]["Arguments"]["ContainerEntrypoint"][0] == "python3"
