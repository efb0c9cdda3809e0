"""What SageMaker does in the name of the pipeline's roles, read from the deployed definition itself."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from moto import mock_aws

from local.references import resolve
from object2vec.ingest.preprocess import preprocess_upload
from object2vec.jobs.pictures import Share, work_off
from object2vec.storage import open_store
from stacks.pipeline_definition import DATASETS
from tests.helpers.deployed_account import ACCOUNT, REGION, DeployedAccount
from tests.helpers.iam_verdicts import refused
from tests.helpers.moto_account import KEYS
from tests.helpers.pictures import BLUE, RED, MeanColour, picture, zipped
from tests.helpers.recorded_calls import Call, pass_role, recorded, s3_read, sagemaker_arn

BY_SAGEMAKER = {
    "s3:AbortMultipartUpload": "an upload that failed halfway",
    "logs:DescribeLogStreams": "before a job's log is written",
    "sagemaker:DescribeProcessingJob": "waiting for a job",
    "sagemaker:DescribeTrainingJob": "waiting for a job",
    "sagemaker:DescribeTransformJob": "waiting for a job",
    "sagemaker:StopProcessingJob": "stopping an execution",
    "sagemaker:StopTrainingJob": "stopping an execution",
    "sagemaker:StopTransformJob": "stopping an execution",
    "sagemaker:DescribeModelPackage": "waiting for a version",
    "sagemaker:AddTags": "a pipeline marks what it makes",
    "iam:PassRole": "checked with the job's own role",
}


class Values(dict):
    """Values that earlier steps of an execution gave."""

    def __contains__(self, _key: object) -> bool:
        return True

    def __missing__(self, key: str) -> str:
        if key == "Execution.PipelineExecutionId":
            return "e1"
        if "live_model" in key:
            return f"{self['store']}/releases/seed/model.tar.gz"
        if "ModelArtifacts" in key:
            return f"{self['store']}/releases/e1/model/pipelines-e1-Train-abc/output/model.tar.gz"
        return f"{self['store']}/executions/e1/catalog.manifest"


CHOICES = [
    {"algorithm": "open"},
    {"algorithm": "builtin"},
    {"prepare_engine": "spark"},
    {"pictures_instance_count": "2"},
]


@pytest.fixture(scope="module", params=CHOICES, ids=str)
def account(deployed_with, request):
    settings = {"retrain_schedule": "rate(7 days)", "data_capture": "true"} | request.param
    return DeployedAccount(deployed_with(**settings).template)


@pytest.fixture(scope="module")
def steps(account) -> list[dict[str, Any]]:
    return steps_of(account)


def steps_of(account: DeployedAccount) -> list[dict[str, Any]]:
    """All steps of the deployed pipeline, with values of earlier ones."""
    (pipeline,) = account.all("AWS::SageMaker::Pipeline")
    body = json.loads(account.properties(pipeline)["PipelineDefinition"]["PipelineDefinitionBody"])
    nested = [
        step for gate in body["Steps"] if gate["Type"] == "Condition" for step in gate["Arguments"]["IfSteps"]
    ]
    values = Values(store=f"s3://{account.name(account.one('AWS::S3::Bucket', 'StorageData'))}")
    return [
        step | {"Arguments": resolve(step["Arguments"], values, lambda _uri: b"{}")}
        for step in (*body["Steps"], *nested)
        if step["Type"] != "Condition"
    ]


def reads(uri: str) -> Iterator[Call]:
    parts = urlsplit(uri)
    return s3_read(parts.netloc, parts.path.lstrip("/"))


def writes(uri: str) -> Call:
    parts = urlsplit(uri)
    return Call("s3:PutObject", f"arn:aws:s3:::{parts.netloc}{parts.path}/file")


def of_job(step: dict[str, Any]) -> Iterator[Call]:
    request = step["Arguments"]
    for item in request.get("ProcessingInputs", []):
        yield from reads(item["S3Input"]["S3Uri"])
    for item in request.get("ProcessingOutputConfig", {}).get("Outputs", []):
        parts = ("/encoder", "/index", "/ranker") if item["OutputName"] == "release" else ("",)
        yield from (writes(item["S3Output"]["S3Uri"] + part) for part in parts)
    for channel in request.get("InputDataConfig", []):
        yield from reads(channel["DataSource"]["S3DataSource"]["S3Uri"])
    if step["Type"] == "Training":
        yield writes(request["OutputDataConfig"]["S3OutputPath"])
        if "CheckpointConfig" in request:
            yield writes(request["CheckpointConfig"]["S3Uri"])
            yield from reads(request["CheckpointConfig"]["S3Uri"] + "/file")
    if step["Type"] == "Model":
        yield from reads(request["PrimaryContainer"]["ModelDataUrl"])
    if step["Type"] == "Transform":
        yield from reads(request["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"] + "/file")
        yield writes(request["TransformOutput"]["S3OutputPath"])


def images_of(jobs: list[dict[str, Any]]) -> Iterator[str]:
    for request in (job["Arguments"] for job in jobs):
        if "AppSpecification" in request:
            yield request["AppSpecification"]["ImageUri"]
        if "AlgorithmSpecification" in request:
            yield request["AlgorithmSpecification"]["TrainingImage"]
        if "PrimaryContainer" in request:
            yield request["PrimaryContainer"]["Image"]


def of_manifests(store: str) -> Iterator[Call]:
    """The objects that the snapshot's manifest files list."""
    for key in ("item-log/000000000001.jsonl", "curated/interactions/a.parquet", "executions/e1/empty"):
        yield from reads(f"{store}/{key}")


def of_container(account: DeployedAccount, image: str, log_group: str) -> Iterator[Call]:
    registry, repository = image.split(":", maxsplit=1)[0].split("/", 1)
    arn = f"arn:aws:ecr:{REGION}:{registry.split('.')[0]}:repository/{repository}"
    for action in ("BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer"):
        yield Call(f"ecr:{action}", arn)
    yield Call("ecr:GetAuthorizationToken", "*")
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{log_group}"
    yield Call("logs:CreateLogGroup", group)
    for action in ("CreateLogStream", "PutLogEvents"):
        yield Call(f"logs:{action}", f"{group}:log-stream:job/algo-1")
    for namespace in ("/aws/sagemaker/TrainingJobs", "/aws/sagemaker/Endpoints"):
        yield Call("cloudwatch:PutMetricData", "*", (("cloudwatch:namespace", namespace),))


def test_the_jobs_role(account, steps):
    role = account.one("AWS::IAM::Role", "TrainingJobRole")
    jobs = [
        step
        for step in steps
        if step["Type"] in ("Processing", "Training", "Model", "Transform") and step["Name"] != "Pictures"
    ]
    assert len(jobs) >= 4
    calls = {call for job in jobs for call in of_job(job)}
    calls |= set(of_manifests(f"s3://{account.name(account.one('AWS::S3::Bucket', 'StorageData'))}"))
    for image in set(images_of(jobs)):
        calls |= set(of_container(account, image, "/aws/sagemaker/ProcessingJobs"))
    given = [job["Arguments"].get("RoleArn") or job["Arguments"].get("ExecutionRoleArn") for job in jobs]
    assert {role for role in given if role} == {account.arn(role)}
    assert refused(account, role, calls) == {}
    assert account.actions(role) - {call.action for call in calls} <= set(BY_SAGEMAKER)


def test_the_role_of_the_job_that_reads_pictures(deployed_with):
    account = DeployedAccount(deployed_with(pictures_instance_count="2").template)
    role = account.one("AWS::IAM::Role", "TrainingPicturesRole")
    (step,) = (step for step in steps_of(account) if step["Name"] == "Pictures")
    assert step["Arguments"]["RoleArn"] == account.arn(role)
    bucket = account.name(account.one("AWS::S3::Bucket", "StorageData"))
    told = {"STORE_URL": f"s3://{bucket}", "AWS_DEFAULT_REGION": REGION}
    assert step["Arguments"]["Environment"] == told
    calls = {*of_job(step), *of_working_off_pictures(bucket)}
    for image in images_of([step]):
        calls |= set(of_container(account, image, "/aws/sagemaker/ProcessingJobs"))
    assert refused(account, role, calls) == {}
    assert account.actions(role) - {call.action for call in calls} <= set(BY_SAGEMAKER)


def of_working_off_pictures(bucket: str) -> set[Call]:
    """The calls of the job over uploads of each kind, first with one encoder, then with another."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name, value in KEYS.items():
            patch.setenv(name, value)
        place = {"LocationConstraint": REGION}
        boto3.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=place)
        ours = open_store(f"s3://{bucket}")
        ours.put("uploads/catalog/shop.jsonl", b'{"label": "1", "text": "shoe", "metadata": {}}\n')
        preprocess_upload(ours, "uploads/catalog/shop.jsonl")
        ours.put("uploads/images/1.png", picture(RED))
        ours.put("uploads/images/all.zip", zipped(**{"2.png": picture(BLUE), "x.png": b"no picture"}))
        with recorded() as calls:
            encoder = MeanColour()
            assert work_off(open_store(f"s3://{bucket}"), encoder, Share()).pictures == 2
            encoder.version = "mean-2"
            assert work_off(open_store(f"s3://{bucket}"), encoder, Share()).again == 2
            ours.put("uploads/images/all.zip", zipped(**{"2.png": picture(BLUE)}))
            assert work_off(open_store(f"s3://{bucket}"), encoder, Share()).uploads > 0
    return calls


def test_the_pipelines_own_role(account, steps):
    role = account.one("AWS::IAM::Role", "TrainingPipelineRole")
    calls = {
        Call("s3:GetObject", f"{account.arn(account.one('AWS::S3::Bucket', 'StorageData'))}/executions/e1/x")
    }
    calls |= {Call("s3:ListBucket", account.arn(account.one("AWS::S3::Bucket", "StorageData")))}
    for step in steps:
        name = f"pipelines-e1-{step['Name']}-abc"
        match step["Type"]:
            case "Model":
                arn = sagemaker_arn(f"model/{name}")
                calls |= {Call("sagemaker:CreateModel", arn), Call("sagemaker:AddTags", arn)}
                calls.add(pass_role(step["Arguments"]["ExecutionRoleArn"]))
            case "Transform":
                arn = sagemaker_arn(f"transform-job/{name}")
                verbs = ("Create", "Describe", "Stop")
                calls |= {Call(f"sagemaker:{verb}TransformJob", arn) for verb in verbs}
                calls.add(Call("sagemaker:AddTags", arn))
            case "Processing" | "Training" as kind:
                arn = sagemaker_arn(f"{kind.lower()}-job/{name}")
                calls |= {Call(f"sagemaker:{verb}{kind}Job", arn) for verb in ("Create", "Describe", "Stop")}
                calls |= {Call("sagemaker:AddTags", arn), pass_role(step["Arguments"]["RoleArn"])}
            case "RegisterModel":
                package = sagemaker_arn(f"model-package/{step['Arguments']['ModelPackageGroupName']}/1")
                calls |= {Call(f"sagemaker:{verb}ModelPackage", package) for verb in ("Create", "Describe")}
            case "Lambda":
                calls.add(Call("lambda:InvokeFunction", step["FunctionArn"]))
            case "Callback":
                queue = step["SqsQueueUrl"].rsplit("/", 1)[1]
                calls.add(Call("sqs:SendMessage", f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}"))
    assert refused(account, role, calls) == {}
    assert account.actions(role) == {call.action for call in calls}


def test_the_endpoints_role(account):
    role = account.one("AWS::IAM::Role", "HostingModelRole")
    variables = account.properties(account.one("AWS::Lambda::Function", "TrainingReleaseFunction"))[
        "Environment"
    ]
    store, image = variables["Variables"]["STORE_URL"], variables["Variables"]["SERVING_IMAGE_URI"]
    calls = {
        *reads(f"{store}/releases/e1/model/output/model.tar.gz"),
        *reads(f"{store}/releases/seed/model.tar.gz"),
    }
    calls |= {writes(variables["Variables"]["DATA_CAPTURE_URI"])}
    calls |= set(of_container(account, image, "/aws/sagemaker/Endpoints/object2vec-seed"))
    if builtin := variables["Variables"].get("BUILTIN_IMAGE_URI"):
        calls |= set(of_container(account, builtin, "/aws/sagemaker/Endpoints/object2vec-builtin"))
    assert refused(account, role, calls) == {}
    assert account.actions(role) - {call.action for call in calls} <= set(BY_SAGEMAKER)


def test_the_schedules_role(account):
    role = account.one("AWS::IAM::Role", "RetrainingScheduleRole")
    queue = account.arn(account.one("AWS::SQS::Queue", "RetrainingOccasionsQueue"))
    assert refused(account, role, {Call("sqs:SendMessage", queue)}) == {}
    assert account.actions(role) == {"sqs:SendMessage"}


def test_datasets_are_all_covered(steps):
    train = next(step for step in steps if step["Type"] == "Training")
    assert {"train", "validation", "auxiliary"} == set(DATASETS) - {"test"}
    channels = {channel["ChannelName"] for channel in train["Arguments"]["InputDataConfig"]}
    assert set(DATASETS) - {"test"} <= channels
