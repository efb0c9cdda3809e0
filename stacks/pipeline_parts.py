"""Parts of the pipeline's steps: jobs with their inputs and outputs, URIs, references."""

from collections.abc import Mapping, Sequence
from typing import Any

from stacks.instances import takes_volume_key
from stacks.pipeline_settings import VOLUME_GB, PipelineSettings

Step = dict[str, Any]

PROCESSING = "/opt/ml/processing"
TRAINING = "/opt/ml/input/data"
DATASETS = ("auxiliary", "train", "validation", "test")
EXECUTION = {"Get": "Execution.PipelineExecutionId"}
RETRIES = [
    {
        "ExceptionType": ["Step.SERVICE_FAULT", "Step.THROTTLING"],
        "IntervalSeconds": 10,
        "BackoffRate": 2.0,
        "MaxAttempts": 5,
    },
    {
        "ExceptionType": ["SageMaker.JOB_INTERNAL_ERROR", "SageMaker.CAPACITY_ERROR"],
        "IntervalSeconds": 60,
        "BackoffRate": 2.0,
        "MaxAttempts": 4,
    },
]
"""Errors that are neither our data's fault nor our code's. A job that is tried again writes to the same place
as before."""


def processing(
    name: str,
    settings: PipelineSettings,
    inputs: Sequence[Step],
    outputs: Sequence[Step],
    instance: str = "",
) -> Step:
    """A job of this project's own code, on one machine: `instance`, or the settings' processing instance."""
    instance = instance or settings.processing_instance
    return {
        "Name": name,
        "Type": "Processing",
        "RetryPolicies": RETRIES,
        "Arguments": {
            "AppSpecification": {
                "ImageUri": settings.training_image,
                "ContainerEntrypoint": ["python3", f"{PROCESSING}/input/code/{settings.code_file}"],
                "ContainerArguments": [name.lower()],
            },
            "ProcessingInputs": [*inputs, given("code", settings.code_uri)],
            "ProcessingOutputConfig": {"Outputs": list(outputs), **output_key(settings)},
            "ProcessingResources": {
                "ClusterConfig": {
                    "InstanceType": instance,
                    "InstanceCount": 1,
                    "VolumeSizeInGB": VOLUME_GB,
                    **volume_key(settings, instance),
                }
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": settings.longest_s},
            "NetworkConfig": {"EnableNetworkIsolation": True},
            "RoleArn": settings.job_role,
            **environment(settings, name),
        },
    }


PART = 256
"""Characters that SageMaker takes in one variable of a processing job; a training job takes more.
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateProcessingJob.html"""


def parted(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables as a job takes them: a longer text goes on in NAME_2, NAME_3 and so on, which the job
    puts together (object2vec/jobs/settings.py)."""
    return {
        f"{name}_{at // PART + 1}" if at else name: text[at : at + PART]
        for name, text in variables.items()
        for at in range(0, max(1, len(text)), PART)
    }


def environment(settings: PipelineSettings, step: str) -> Step:
    """The argument with what a step's job is told, if it is told anything."""
    told = settings.environments.get(step.lower())
    return {"Environment": parted(told)} if told else {}


def given(name: str, uri: Any, data_type: str = "S3Prefix") -> Step:
    """A folder of the container that holds what lies under a prefix."""
    return {
        "InputName": name,
        "AppManaged": False,
        "S3Input": {
            "S3Uri": uri,
            "LocalPath": f"{PROCESSING}/input/{name}",
            "S3DataType": data_type,
            "S3InputMode": "File",
        },
    }


def listed(name: str, uri: Any) -> Step:
    """Input frozen by a manifest file, so that uploads arriving during the run stay out of it."""
    return given(name, uri, "ManifestFile")


def output(name: str, folder: str, uri: Any) -> Step:
    """A folder of the container that is stored under a prefix."""
    local = {"S3Uri": uri, "LocalPath": f"{PROCESSING}/{folder}", "S3UploadMode": "EndOfJob"}
    return {"OutputName": name, "AppManaged": False, "S3Output": local}


def channel(name: str, uri: Any) -> Step:
    """A channel of a training job."""
    source = {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}}


def stopping(settings: PipelineSettings) -> dict[str, int]:
    """The argument with the time after which a training job is stopped."""
    limit = {"MaxRuntimeInSeconds": settings.longest_s}
    return limit | ({"MaxWaitTimeInSeconds": 2 * settings.longest_s} if settings.spot else {})


def volume_key(settings: PipelineSettings, instance: str) -> dict[str, str]:
    """The argument with the key of a machine's volume, if it takes one."""
    has_key = settings.volume_key and takes_volume_key(instance)
    return {"VolumeKmsKeyId": settings.volume_key} if has_key else {}


def output_key(settings: PipelineSettings) -> dict[str, str]:
    """The argument with the key of what a job writes to the store. Without one SageMaker takes the account's
    key for S3, whatever key the bucket has."""
    return {"KmsKeyId": settings.volume_key} if settings.volume_key else {}


def uri(settings: PipelineSettings, *parts: Any) -> dict[str, Any]:
    """The URI of a path in the store."""
    return {"Std:Join": {"On": "/", "Values": [settings.store_url, *parts]}}


def execution_uri(settings: PipelineSettings, path: str) -> dict[str, Any]:
    """The URI of a path of this execution."""
    return uri(settings, "executions", EXECUTION, path)


def dataset(settings: PipelineSettings, name: str) -> dict[str, Any]:
    """The URI of an output of the prepare job."""
    return execution_uri(settings, f"dataset/{name}")


def snapshot_output(name: str) -> dict[str, str]:
    """An output of the first step."""
    return {"Get": f"Steps.Snapshot.OutputParameters['{name}']"}


def model_uri(settings: PipelineSettings) -> dict[str, Any]:
    """The URI of the trained model: beside its release, since everything else of an execution expires."""
    return uri(settings, "releases", EXECUTION, "model")


def trained_model() -> dict[str, str]:
    """The training job's model.tar.gz."""
    return {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"}


def evaluated(path: str) -> dict[str, Any]:
    """A value of evaluation.json."""
    return {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.Evaluate.PropertyFiles.evaluation"}, "Path": path}}
