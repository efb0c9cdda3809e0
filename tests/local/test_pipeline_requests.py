"""Every step's arguments against botocore's model of the API that the step calls."""

import botocore.session
import pytest
from botocore.validate import ParamValidator

from local.references import resolve
from tests.helpers.service_model import violations

OPERATIONS = {
    "Processing": ("CreateProcessingJob", {"ProcessingJobName": "job"}),
    "Training": ("CreateTrainingJob", {"TrainingJobName": "job"}),
    "RegisterModel": ("CreateModelPackage", {}),
}
EVALUATION = b'{"gate": {"passed": true, "reason": "better than the live model"}, "metrics": {}}'


class Plausible(dict):
    """Any earlier value is some URI."""

    def __contains__(self, _key: object) -> bool:
        return True

    def __missing__(self, key: str) -> str:
        return "s3://data-bucket/value" if key.startswith("Steps.") else "e1"


@pytest.fixture(scope="module")
def service():
    return botocore.session.get_session().get_service_model("sagemaker")


@pytest.mark.parametrize("name", ["Pictures", "Prepare", "Train", "Evaluate", "Register", "Index"])
def test_the_service_takes_the_request(service, steps, name):
    operation, names = OPERATIONS[steps[name]["Type"]]
    request = resolve(steps[name]["Arguments"], Plausible(), lambda _uri: EVALUATION) | names
    shape = service.operation_model(operation).input_shape
    report = ParamValidator().validate(request, shape)
    assert not report.has_errors(), report.generate_report()
    assert list(violations(shape, request)) == []


def test_the_check_itself_notices_what_is_wrong(service, steps):
    request = resolve(steps["Prepare"]["Arguments"], Plausible(), lambda _uri: EVALUATION)
    shape = service.operation_model("CreateProcessingJob").input_shape
    assert "ProcessingJobName" in ParamValidator().validate(request, shape).generate_report()
    request["ProcessingInputs"][0]["S3Input"]["S3DataType"] = "Manifest"
    assert any("S3DataType" in found for found in violations(shape, request))


def test_every_job_runs_isolated_and_under_the_jobs_own_role(steps):
    for name in ("Prepare", "Evaluate", "Index"):
        assert steps[name]["Arguments"]["NetworkConfig"] == {"EnableNetworkIsolation": True}
    assert steps["Train"]["Arguments"]["EnableNetworkIsolation"] is True
    assert {steps[n]["Arguments"]["RoleArn"] for n in ("Prepare", "Train", "Evaluate", "Index")} == {
        "arn:aws:iam::123456789012:role/jobs"
    }


def test_the_machines_that_read_pictures_work_in_the_store_before_it_is_frozen(steps):
    request = steps["Pictures"]["Arguments"]
    assert request["ProcessingResources"]["ClusterConfig"]["InstanceCount"] == 2
    assert {item["S3Input"]["S3DataDistributionType"] for item in request["ProcessingInputs"]} == {
        "FullyReplicated"
    }
    assert request["NetworkConfig"] == {"EnableNetworkIsolation": False}
    assert request["RoleArn"] == "arn:aws:iam::123456789012:role/pictures"
    assert request["AppSpecification"]["ContainerArguments"] == ["pictures"]
    assert steps["Snapshot"]["DependsOn"] == ["Pictures"]


def test_no_two_inputs_of_a_job_share_a_name_or_a_folder(steps):
    for name in ("Prepare", "Evaluate", "Index"):
        inputs = steps[name]["Arguments"]["ProcessingInputs"]
        assert len({item["InputName"] for item in inputs}) == len(inputs)
        assert len({item["S3Input"]["LocalPath"] for item in inputs}) == len(inputs)
