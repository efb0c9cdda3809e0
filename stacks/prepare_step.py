"""The step that makes the dataset: DuckDB on one machine, or a Spark cluster (docs/adr/0016-spark.md).

Both read the same folders and write the same files.
"""

from typing import Any

from stacks.pipeline_parts import (
    DATASETS,
    PROCESSING,
    Step,
    dataset,
    given,
    listed,
    output,
    processing,
    snapshot_output,
)
from stacks.pipeline_settings import PipelineSettings, SparkImage, file_name

JOB = "prepare_spark"
INTERACTIONS = "interactions"
"""Interactions that the job copies for the index job: the curated files may be gone by then."""


def prepare(settings: PipelineSettings) -> Step:
    """The job between `Snapshot` and training."""
    logs = ("catalog", "interactions", "queries", "pairs")
    inputs = [listed(name, snapshot_output(name)) for name in logs]
    written = (*DATASETS, INTERACTIONS)
    outputs = [output(name, f"output/dataset/{name}", dataset(settings, name)) for name in written]
    step = processing("Prepare", settings, inputs, outputs, settings.prepare_instance)
    if settings.spark:
        _run_on_spark(step["Arguments"], inputs, settings.spark, settings.prepare_instance_count)
    return step


def _run_on_spark(request: dict[str, Any], logs: list[Step], spark: SparkImage, count: int) -> None:
    """Changes the request into one as the SDK's PySparkProcessor makes. Every machine gets all logs, so
    that no credentials are needed to read them; the first one alone writes the dataset."""
    program = f"{PROCESSING}/input/program/{file_name(spark.program_uri)}"
    bundle = f"{PROCESSING}/input/code/{file_name(spark.code_uri)}"
    request["AppSpecification"] = {
        "ImageUri": spark.image,
        "ContainerEntrypoint": ["smspark-submit", program],
        "ContainerArguments": [bundle, JOB],
    }
    inputs = [*logs, given("code", spark.code_uri), given("program", spark.program_uri)]
    for item in inputs:
        item["S3Input"]["S3DataDistributionType"] = "FullyReplicated"
    request["ProcessingInputs"] = inputs
    request["ProcessingResources"]["ClusterConfig"]["InstanceCount"] = count
    request["NetworkConfig"] = _network(count)


def _network(count: int) -> dict[str, bool]:
    """Only for training jobs does AWS document that the isolated machines of one job reach each other."""
    if count == 1:
        return {"EnableNetworkIsolation": True}
    return {"EnableNetworkIsolation": False, "EnableInterContainerTrafficEncryption": True}
