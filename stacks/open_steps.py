"""Training with this project's own code in AWS's PyTorch image (algorithm=open)."""

from typing import Any

from stacks.pipeline_parts import (
    DATASETS,
    RETRIES,
    TRAINING,
    Step,
    channel,
    dataset,
    environment,
    execution_uri,
    given,
    model_uri,
    output_key,
    snapshot_output,
    stopping,
    trained_model,
    volume_key,
)
from stacks.pipeline_settings import VOLUME_GB, PipelineSettings

READ_AFTER = ("Prepare",)
"""Steps that end before the jobs that read model and dataset, besides those that these refer to."""


def training(settings: PipelineSettings) -> list[Step]:
    """The steps between `Prepare` and `Evaluate`."""
    return [_train(settings)]


def model_inputs(_settings: PipelineSettings) -> list[Step]:
    """The inputs of a job that reads the trained model."""
    return [given("model", trained_model())]


def _train(settings: PipelineSettings) -> Step:
    channels: dict[str, Any] = {name: dataset(settings, name) for name in DATASETS if name != "test"}
    if settings.start_from == "live":  # the snapshot names the seed where nothing is live: it is never empty
        channels["model"] = snapshot_output("live_model")
    return {
        "Name": "Train",
        "Type": "Training",
        "DependsOn": ["Prepare"],
        "RetryPolicies": RETRIES,
        "Arguments": {
            "AlgorithmSpecification": {
                "TrainingImage": settings.training_image,
                "TrainingInputMode": "File",
                "ContainerEntrypoint": ["python3", f"{TRAINING}/code/{settings.code_file}"],
                "ContainerArguments": ["train"],
                "EnableSageMakerMetricsTimeSeries": False,
            },
            "HyperParameters": dict(settings.hyperparameters),
            **environment(settings, "Train"),
            "InputDataConfig": [
                channel(name, uri) for name, uri in (channels | {"code": settings.code_uri}).items()
            ],
            "OutputDataConfig": {"S3OutputPath": model_uri(settings), **output_key(settings)},
            "ResourceConfig": {
                "InstanceType": settings.training_instance,
                "InstanceCount": settings.training_instance_count,
                "VolumeSizeInGB": VOLUME_GB,
                **volume_key(settings, settings.training_instance),
            },
            "StoppingCondition": stopping(settings),
            "CheckpointConfig": {
                "S3Uri": execution_uri(settings, "checkpoints"),
                "LocalPath": "/opt/ml/checkpoints",
            },
            "EnableManagedSpotTraining": settings.spot,
            "EnableNetworkIsolation": True,
            "EnableInterContainerTrafficEncryption": settings.training_instance_count > 1,
            "RoleArn": settings.job_role,
        },
    }
