"""The SageMaker pipeline as plain data: the stack renders it, `local/` executes the same on one machine.

    Snapshot → Prepare → Train → Evaluate → Gate ─ passed → Register → Index → Release
                                                 └ refused → Refused (fails with the gate's reason)

Schema: https://docs.aws.amazon.com/sagemaker/latest/dg/define-pipeline.html (JSON, version 2020-12-01); the
arguments of a step are the request of the API it calls, so tests check them against botocore's own model.
"""

from collections.abc import Sequence
from typing import Any

from stacks.instances import takes_volume_key
from stacks.pipeline_settings import PipelineSettings

__all__ = ["PipelineSettings", "pipeline_definition"]

Step = dict[str, Any]

PROCESSING = "/opt/ml/processing"
TRAINING = "/opt/ml/input/data"
DATASETS = ("auxiliary", "train", "validation", "test")
_EXECUTION = {"Get": "Execution.PipelineExecutionId"}
_RETRIES = [
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
"""What is not our data's or our code's fault. A job tried again writes to the same place as before."""


def pipeline_definition(settings: PipelineSettings) -> dict[str, Any]:
    """The whole definition, ready for `json.dumps`."""
    return {
        "Version": "2020-12-01",
        "Metadata": {},
        "Parameters": [],
        "PipelineExperimentConfig": None,
        "Steps": [
            _snapshot(settings),
            _prepare(settings),
            _train(settings),
            _evaluate(settings),
            _gate(settings),
        ],
    }


def _snapshot(settings: PipelineSettings) -> Step:
    outputs = (
        "catalog",
        "interactions",
        "queries",
        "pairs",
        "live_model",
        "live_version",
        "data_version",
        "watermark",
    )
    return {
        "Name": "Snapshot",
        "Type": "Lambda",
        "FunctionArn": settings.snapshot_function,
        "Arguments": {"execution_id": _EXECUTION},
        "OutputParameters": [{"OutputName": name, "OutputType": "String"} for name in outputs],
    }


def _prepare(settings: PipelineSettings) -> Step:
    given = ("catalog", "interactions", "queries", "pairs")
    inputs = [_listed_input(name, _snapshot_output(name)) for name in given]
    outputs = [_output(name, f"output/dataset/{name}", _dataset(settings, name)) for name in DATASETS]
    return _processing("Prepare", settings, inputs, outputs)


def _train(settings: PipelineSettings) -> Step:
    channels = {name: _dataset(settings, name) for name in DATASETS if name != "test"}
    return {
        "Name": "Train",
        "Type": "Training",
        "DependsOn": ["Prepare"],
        "RetryPolicies": _RETRIES,
        "Arguments": {
            "AlgorithmSpecification": {
                "TrainingImage": settings.training_image,
                "TrainingInputMode": "File",
                "ContainerEntrypoint": ["python3", f"{TRAINING}/code/{settings.code_file}"],
                "ContainerArguments": ["train"],
                "EnableSageMakerMetricsTimeSeries": False,
            },
            "HyperParameters": dict(settings.hyperparameters),
            "InputDataConfig": [
                _channel(name, uri) for name, uri in (channels | {"code": settings.code_uri}).items()
            ],
            "OutputDataConfig": {"S3OutputPath": _execution_uri(settings, "model")},
            "ResourceConfig": {
                "InstanceType": settings.training_instance,
                "InstanceCount": settings.training_instance_count,
                "VolumeSizeInGB": settings.volume_gb,
                **_volume_key(settings, settings.training_instance),
            },
            "StoppingCondition": _stopping(settings),
            "CheckpointConfig": {
                "S3Uri": _execution_uri(settings, "checkpoints"),
                "LocalPath": "/opt/ml/checkpoints",
            },
            "EnableManagedSpotTraining": settings.spot,
            "EnableNetworkIsolation": True,
            "EnableInterContainerTrafficEncryption": settings.training_instance_count > 1,
            "RoleArn": settings.job_role,
        },
    }


def _evaluate(settings: PipelineSettings) -> Step:
    inputs = [_input("model", _trained_model()), _input("live", _snapshot_output("live_model"))]
    inputs += [_input(name, _dataset(settings, name)) for name in DATASETS]
    outputs = [_output("evaluation", "output/evaluation", _execution_uri(settings, "evaluation"))]
    step = _processing("Evaluate", settings, inputs, outputs)
    file = {"PropertyFileName": "evaluation", "OutputName": "evaluation", "FilePath": "evaluation.json"}
    return step | {"PropertyFiles": [file], "DependsOn": ["Prepare"]}


def _gate(settings: PipelineSettings) -> Step:
    passed = {"Type": "Equals", "LeftValue": _evaluated("gate.passed"), "RightValue": True}
    return {
        "Name": "Gate",
        "Type": "Condition",
        "Arguments": {
            "Conditions": [passed],
            "IfSteps": [_register(settings), _index(settings), _release(settings)],
            "ElseSteps": [_refused()],
        },
    }


def _register(settings: PipelineSettings) -> Step:
    content = ["application/json", "application/jsonlines"]
    return {
        "Name": "Register",
        "Type": "RegisterModel",
        "Arguments": {
            "ModelPackageGroupName": settings.model_package_group,
            "ModelApprovalStatus": "Approved",
            "InferenceSpecification": {
                "Containers": [{"Image": settings.serving_image, "ModelDataUrl": _trained_model()}],
                "SupportedContentTypes": content,
                "SupportedResponseMIMETypes": content,
            },
            "ModelMetrics": {
                "ModelQuality": {
                    "Statistics": {
                        "ContentType": "application/json",
                        "S3Uri": _execution_uri(settings, "evaluation/evaluation.json"),
                    }
                }
            },
            "CustomerMetadataProperties": {
                "data_version": _snapshot_output("data_version"),
                "release": _EXECUTION,
            },
        },
    }


def _index(settings: PipelineSettings) -> Step:
    inputs = [_input("model", _trained_model())]
    inputs += [_listed_input(name, _snapshot_output(name)) for name in ("catalog", "interactions")]
    outputs = [_output("release", "output/release", _uri(settings, "releases", _EXECUTION))]
    step = _processing("Index", settings, inputs, outputs)
    if settings.vector_bucket:  # S3 Vectors is reached over the network, unlike all that other jobs read
        step["Arguments"]["Environment"] = {"VECTOR_BUCKET": settings.vector_bucket}
        step["Arguments"]["NetworkConfig"] = {"EnableNetworkIsolation": False}
    return step


def _release(settings: PipelineSettings) -> Step:
    return {
        "Name": "Release",
        "Type": "Callback",
        "SqsQueueUrl": settings.release_queue_url,
        "DependsOn": ["Index"],
        "Arguments": {
            "version": _EXECUTION,
            "created_at": {"Get": "Execution.StartDateTime"},
            "instead_of": _snapshot_output("live_version"),
            "data_version": _snapshot_output("data_version"),
            "watermark": _snapshot_output("watermark"),
            "model_artifact": _trained_model(),
            "model_package": {"Get": "Steps.Register.ModelPackageArn"},
            "evaluation": _execution_uri(settings, "evaluation/evaluation.json"),
        },
        "OutputParameters": [{"OutputName": "live_version", "OutputType": "String"}],
    }


def _refused() -> Step:
    return {"Name": "Refused", "Type": "Fail", "Arguments": {"ErrorMessage": _evaluated("gate.reason")}}


def _processing(
    name: str, settings: PipelineSettings, inputs: Sequence[Step], outputs: Sequence[Step]
) -> Step:
    return {
        "Name": name,
        "Type": "Processing",
        "RetryPolicies": _RETRIES,
        "Arguments": {
            "AppSpecification": {
                "ImageUri": settings.training_image,
                "ContainerEntrypoint": ["python3", f"{PROCESSING}/input/code/{settings.code_file}"],
                "ContainerArguments": [name.lower()],
            },
            "ProcessingInputs": [*inputs, _input("code", settings.code_uri)],
            "ProcessingOutputConfig": {"Outputs": list(outputs)},
            "ProcessingResources": {
                "ClusterConfig": {
                    "InstanceType": settings.processing_instance,
                    "InstanceCount": 1,
                    "VolumeSizeInGB": settings.volume_gb,
                    **_volume_key(settings, settings.processing_instance),
                }
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": settings.max_runtime_seconds},
            "NetworkConfig": {"EnableNetworkIsolation": True},
            "RoleArn": settings.job_role,
        },
    }


def _input(name: str, uri: Any, data_type: str = "S3Prefix") -> Step:
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


def _listed_input(name: str, uri: Any) -> Step:
    """Input frozen by a manifest file, so that uploads arriving during the run stay out of it."""
    return _input(name, uri, "ManifestFile")


def _output(name: str, folder: str, uri: Any) -> Step:
    local = {"S3Uri": uri, "LocalPath": f"{PROCESSING}/{folder}", "S3UploadMode": "EndOfJob"}
    return {"OutputName": name, "AppManaged": False, "S3Output": local}


def _channel(name: str, uri: Any) -> Step:
    source = {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}}


def _stopping(settings: PipelineSettings) -> dict[str, int]:
    limit = {"MaxRuntimeInSeconds": settings.max_runtime_seconds}
    return limit | ({"MaxWaitTimeInSeconds": 2 * settings.max_runtime_seconds} if settings.spot else {})


def _volume_key(settings: PipelineSettings, instance: str) -> dict[str, str]:
    has_key = settings.volume_key and takes_volume_key(instance)
    return {"VolumeKmsKeyId": settings.volume_key} if has_key else {}


def _uri(settings: PipelineSettings, *parts: Any) -> dict[str, Any]:
    return {"Std:Join": {"On": "/", "Values": [settings.store_url, *parts]}}


def _execution_uri(settings: PipelineSettings, path: str) -> dict[str, Any]:
    return _uri(settings, "executions", _EXECUTION, path)


def _dataset(settings: PipelineSettings, name: str) -> dict[str, Any]:
    return _execution_uri(settings, f"dataset/{name}")


def _snapshot_output(name: str) -> dict[str, str]:
    return {"Get": f"Steps.Snapshot.OutputParameters['{name}']"}


def _trained_model() -> dict[str, str]:
    return {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"}


def _evaluated(path: str) -> dict[str, Any]:
    return {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.Evaluate.PropertyFiles.evaluation"}, "Path": path}}
