"""The SageMaker pipeline as plain data: the stack renders it, `local/` executes the same on one machine.

    Snapshot → Prepare → Train → Evaluate → Gate ─ passed → Register → Index → Release
                                                 └ refused → Refused (fails with the gate's reason)

With `pictures_instance_count` a step `Pictures` comes before the first.

How a model is trained, and what the jobs after that read of it, is the algorithm's: `open_steps.py`,
`builtin_steps.py`. What prepares its data is the engine's: `prepare_step.py`.

Schema: https://docs.aws.amazon.com/sagemaker/latest/dg/define-pipeline.html (JSON, version 2020-12-01); the
arguments of a step are the request of the API it calls, so tests check them against botocore's own model.
"""

from typing import Any

from stacks import builtin_steps, open_steps, prepare_step
from stacks.pipeline_parts import (
    DATASETS,
    EXECUTION,
    Step,
    dataset,
    evaluated,
    execution_uri,
    given,
    listed,
    output,
    processing,
    snapshot_output,
    trained_model,
    uri,
)
from stacks.pipeline_settings import PipelineSettings

__all__ = ["DATASETS", "PipelineSettings", "pipeline_definition"]

_ALGORITHMS = {"open": open_steps, "builtin": builtin_steps}


def pipeline_definition(settings: PipelineSettings) -> dict[str, Any]:
    """The whole definition, ready for `json.dumps`."""
    return {
        "Version": "2020-12-01",
        "Metadata": {},
        "Parameters": [],
        "PipelineExperimentConfig": None,
        "Steps": _placed(
            settings,
            *_pictures(settings),
            _snapshot(settings),
            prepare_step.prepare(settings),
            *_ALGORITHMS[settings.algorithm].training(settings),
            _evaluate(settings),
            _gate(settings),
        ),
    }


def _placed(settings: PipelineSettings, *steps: Step) -> list[Step]:
    """The steps with the deployment's tags on what they create, and in its network. A model package has the
    tags of its group, a transform the network of its model."""
    tags = [{"Key": name, "Value": value} for name, value in settings.tags.items()]
    vpc = {name: list(ids) for name, ids in settings.vpc.items()}
    for step in steps:
        arguments = step.get("Arguments", {})
        if tags and step["Type"] in ("Processing", "Training", "Transform", "Model"):
            arguments["Tags"] = tags
        if vpc and step["Type"] == "Processing":
            arguments["NetworkConfig"]["VpcConfig"] = vpc
        elif vpc and step["Type"] in ("Training", "Model"):
            arguments["VpcConfig"] = vpc
        elif step["Type"] == "Condition":
            _placed(settings, *arguments["IfSteps"])
    return list(steps)


def _pictures(settings: PipelineSettings) -> list[Step]:
    """The job that reads the pictures that wait, before the snapshot: this training then has their vectors.

    It needs the network, for it works in the store, as the function does that reads pictures on arrival."""
    if not settings.pictures_instance_count:
        return []
    step = processing("Pictures", settings, [], [])
    request = step["Arguments"]
    for item in request["ProcessingInputs"]:
        item["S3Input"]["S3DataDistributionType"] = "FullyReplicated"
    request["ProcessingResources"]["ClusterConfig"]["InstanceCount"] = settings.pictures_instance_count
    request["NetworkConfig"] = {"EnableNetworkIsolation": False}
    request["RoleArn"] = settings.pictures_role
    return [step]


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
        **({"DependsOn": ["Pictures"]} if settings.pictures_instance_count else {}),
        "Arguments": {"execution_id": EXECUTION},
        "OutputParameters": [{"OutputName": name, "OutputType": "String"} for name in outputs],
    }


def _evaluate(settings: PipelineSettings) -> Step:
    algorithm = _ALGORITHMS[settings.algorithm]
    inputs = [*algorithm.model_inputs(settings), given("live", snapshot_output("live_model"))]
    inputs.append(given("earlier", execution_uri(settings, "earlier")))
    inputs += [given(name, dataset(settings, name)) for name in DATASETS]
    outputs = [output("evaluation", "output/evaluation", execution_uri(settings, "evaluation"))]
    step = processing("Evaluate", settings, inputs, outputs)
    file = {"PropertyFileName": "evaluation", "OutputName": "evaluation", "FilePath": "evaluation.json"}
    return step | {"PropertyFiles": [file], "DependsOn": list(algorithm.READ_AFTER)}


def _gate(settings: PipelineSettings) -> Step:
    passed = {"Type": "Equals", "LeftValue": evaluated("gate.passed"), "RightValue": True}
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
            "ModelApprovalStatus": "PendingManualApproval",  # until it is live, or withdrawn
            "InferenceSpecification": {
                "Containers": [{"Image": settings.model_image, "ModelDataUrl": trained_model()}],
                "SupportedContentTypes": content,
                "SupportedResponseMIMETypes": content,
            },
            "ModelMetrics": {
                "ModelQuality": {
                    "Statistics": {
                        "ContentType": "application/json",
                        "S3Uri": execution_uri(settings, "evaluation/evaluation.json"),
                    }
                }
            },
            "CustomerMetadataProperties": {
                "data_version": snapshot_output("data_version"),
                "release": EXECUTION,
                "report": execution_uri(settings, "evaluation/report.html"),
            },
        },
    }


def _index(settings: PipelineSettings) -> Step:
    inputs = _ALGORITHMS[settings.algorithm].model_inputs(settings)
    inputs.append(listed("catalog", snapshot_output("catalog")))  # the log keeps what a run may read
    inputs.append(given("interactions", dataset(settings, prepare_step.INTERACTIONS)))
    outputs = [output("release", "output/release", uri(settings, "releases", EXECUTION))]
    step = processing("Index", settings, inputs, outputs)
    if settings.index_over_network:
        step["Arguments"]["NetworkConfig"] = {"EnableNetworkIsolation": False}
    return step


def _release(settings: PipelineSettings) -> Step:
    return {
        "Name": "Release",
        "Type": "Callback",
        "SqsQueueUrl": settings.release_queue_url,
        "DependsOn": ["Index"],
        "Arguments": {
            "version": EXECUTION,
            "created_at": {"Get": "Execution.StartDateTime"},
            "instead_of": snapshot_output("live_version"),
            "data_version": snapshot_output("data_version"),
            "watermark": snapshot_output("watermark"),
            "model_artifact": trained_model(),
            "model_package": {"Get": "Steps.Register.ModelPackageArn"},
            "evaluation": execution_uri(settings, "evaluation/evaluation.json"),
        },
        "OutputParameters": [{"OutputName": "live_version", "OutputType": "String"}],
    }


def _refused() -> Step:
    return {"Name": "Refused", "Type": "Fail", "Arguments": {"ErrorMessage": evaluated("gate.reason")}}
