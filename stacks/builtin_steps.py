"""Training with AWS's own Object2Vec image (algorithm=builtin).

    Prepare → Pairs → Train → Model → EncodeItems, EncodeQueries → Evaluate

AWS's model can be read by nothing but its own image, so the image encodes, in batch transforms, what the jobs
after it need: every text of the catalogue (in1), and the queries and sessions of the hold-out (in0).
https://docs.aws.amazon.com/sagemaker/latest/dg/object2vec.html
"""

from stacks.builtin_hyperparameters import with_defaults
from stacks.pipeline_parts import (
    RETRIES,
    Step,
    channel,
    execution_uri,
    given,
    model_uri,
    output,
    output_key,
    processing,
    stopping,
    trained_model,
    volume_key,
)
from stacks.pipeline_parts import dataset as prepared
from stacks.pipeline_settings import PROCESSING_INSTANCE, VOLUME_GB, PipelineSettings

READ_AFTER = ("Prepare", "EncodeItems", "EncodeQueries")
"""Steps that end before the jobs that read model and dataset, besides those that these refer to."""

CHANNELS = ("train", "validation", "auxiliary")
_LINES = "application/jsonlines"


def training(settings: PipelineSettings) -> list[Step]:
    """The steps between `Prepare` and `Evaluate`."""
    encoded = (("EncodeItems", "items"), ("EncodeQueries", "queries"))
    transforms = [_transform(name, what, settings) for name, what in encoded]
    return [_pairs(settings), _train(settings), _model(settings), *transforms]


def model_inputs(settings: PipelineSettings) -> list[Step]:
    """The inputs of a job that reads the trained model: the requests to the image, and its answers."""
    return [given(name, execution_uri(settings, f"builtin/{name}")) for name in ("requests", "vectors")]


def _pairs(settings: PipelineSettings) -> Step:
    datasets = ("auxiliary", "train", "validation", "test")
    inputs = [given(name, prepared(settings, name)) for name in datasets]
    places = {name: execution_uri(settings, f"builtin/{name}") for name in (*CHANNELS, "requests")}
    outputs = [output(name, f"output/pairs/{name}", place) for name, place in places.items()]
    return processing("Pairs", settings, inputs, outputs) | {"DependsOn": ["Prepare"]}


def _train(settings: PipelineSettings) -> Step:
    channels = [
        channel(name, execution_uri(settings, f"builtin/{name}"))
        | ({"ContentType": _LINES} if name != "auxiliary" else {})
        for name in CHANNELS
    ]
    return {
        "Name": "Train",
        "Type": "Training",
        "DependsOn": ["Pairs"],
        "RetryPolicies": RETRIES,
        "Arguments": {
            "AlgorithmSpecification": {"TrainingImage": settings.builtin_image, "TrainingInputMode": "File"},
            "HyperParameters": with_defaults(settings.hyperparameters),
            "InputDataConfig": channels,
            "OutputDataConfig": {"S3OutputPath": model_uri(settings), **output_key(settings)},
            "ResourceConfig": {
                "InstanceType": settings.training_instance,
                "InstanceCount": 1,
                "VolumeSizeInGB": VOLUME_GB,
                **volume_key(settings, settings.training_instance),
            },
            "StoppingCondition": stopping(settings),
            "EnableNetworkIsolation": True,
            "RoleArn": settings.job_role,
        },
    }


def _model(settings: PipelineSettings) -> Step:
    container = {
        "Image": settings.builtin_image,
        "ModelDataUrl": trained_model(),
        "Environment": {"INFERENCE_PREFERRED_MODE": "embedding"},
    }
    return {
        "Name": "Model",
        "Type": "Model",
        "Arguments": {
            "PrimaryContainer": container,
            "ExecutionRoleArn": settings.job_role,
            "EnableNetworkIsolation": True,
        },
    }


def _transform(name: str, what: str, settings: PipelineSettings) -> Step:
    source = {"S3DataType": "S3Prefix", "S3Uri": execution_uri(settings, f"builtin/requests/{what}")}
    return {
        "Name": name,
        "Type": "Transform",
        "RetryPolicies": RETRIES,
        "Arguments": {
            "ModelName": {"Get": "Steps.Model.ModelName"},
            "BatchStrategy": "MultiRecord",
            "MaxPayloadInMB": 1,
            "TransformInput": {
                "DataSource": {"S3DataSource": source},
                "ContentType": _LINES,
                "SplitType": "Line",
            },
            "TransformOutput": {
                "S3OutputPath": execution_uri(settings, f"builtin/vectors/{what}"),
                "Accept": _LINES,
                "AssembleWith": "Line",
                **output_key(settings),
            },
            "TransformResources": {
                "InstanceType": PROCESSING_INSTANCE,
                "InstanceCount": 1,
                **volume_key(settings, PROCESSING_INSTANCE),
            },
        },
    }
