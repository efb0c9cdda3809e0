"""The prepare step of prepare_engine=spark: as the service takes it, as the SDK renders it, and run here."""

import shutil
from pathlib import Path

import botocore.session
import duckdb
import orjson
import pytest
from botocore.validate import ParamValidator

from local.containers import run_processing
from local.references import resolve
from object2vec.jobs.__main__ import JOBS
from stacks.pipeline_definition import PipelineSettings, pipeline_definition
from stacks.pipeline_settings import SparkImage
from stacks.prepare_step import JOB
from tests.helpers.service_model import violations
from tests.local.test_pipeline_requests import EVALUATION, Plausible

LIBRARY = Path(__file__).parents[2] / "object2vec"
IMAGE = "906073651304.dkr.ecr.eu-central-1.amazonaws.com/sagemaker-spark-processing:3.5-cpu-py312-v1.5"
ON_AWS = SparkImage(image=IMAGE, program_uri="s3://assets/0a1b.py", code_uri="s3://assets/2c3d.zip")


def prepare_step(spark=ON_AWS, count=2, store_url="s3://data-bucket", **more):
    settings = PipelineSettings(
        store_url=store_url,
        code_uri="s3://assets/jobs.zip",
        job_role="arn:aws:iam::123456789012:role/jobs",
        training_image="training",
        serving_image="serving",
        snapshot_function="arn:aws:lambda:eu-central-1:123456789012:function:snapshot",
        release_queue_url="https://sqs.eu-central-1.amazonaws.com/123456789012/release",
        model_package_group="shop",
        prepare_instance="ml.r5.xlarge",
        prepare_instance_count=count,
        spark=spark,
        **more,
    )
    return next(step for step in pipeline_definition(settings)["Steps"] if step["Name"] == "Prepare")


def test_the_service_takes_the_request():
    shape = botocore.session.get_session().get_service_model("sagemaker")
    shape = shape.operation_model("CreateProcessingJob").input_shape
    request = resolve(prepare_step()["Arguments"], Plausible(), lambda _uri: EVALUATION)
    request["ProcessingJobName"] = "job"
    report = ParamValidator().validate(request, shape)
    assert not report.has_errors(), report.generate_report()
    assert list(violations(shape, request)) == []


def test_it_starts_as_the_sdks_own_processor_does(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    from sagemaker.core.spark.processing import PySparkProcessor

    app = prepare_step()["Arguments"]["AppSpecification"]
    assert app["ImageUri"] == IMAGE
    assert app["ContainerEntrypoint"] == [
        PySparkProcessor._default_command,
        f"{PySparkProcessor._conf_container_base_path}program/0a1b.py",
    ]
    assert app["ContainerArguments"] == ["/opt/ml/processing/input/code/2c3d.zip", JOB]
    assert JOB in JOBS


def test_every_machine_gets_every_input():
    request = prepare_step(count=3, volume_key="key")["Arguments"]
    assert request["ProcessingResources"]["ClusterConfig"] == {
        "InstanceType": "ml.r5.xlarge",
        "InstanceCount": 3,
        "VolumeSizeInGB": 50,
        "VolumeKmsKeyId": "key",
    }
    inputs = request["ProcessingInputs"]
    assert {item["S3Input"]["S3DataDistributionType"] for item in inputs} == {"FullyReplicated"}
    assert len({item["S3Input"]["LocalPath"] for item in inputs}) == len(inputs) == 6


def test_machines_reach_each_other_and_one_alone_reaches_nothing():
    assert prepare_step(count=1)["Arguments"]["NetworkConfig"] == {"EnableNetworkIsolation": True}
    assert prepare_step(count=2)["Arguments"]["NetworkConfig"] == {
        "EnableNetworkIsolation": False,
        "EnableInterContainerTrafficEncryption": True,
    }


def test_the_dataset_lies_where_duckdbs_does():
    ours, theirs = (prepare_step(spark)["Arguments"]["ProcessingOutputConfig"] for spark in (ON_AWS, None))
    assert ours == theirs


class Places(dict):
    """The manifest files of the snapshot, by their names."""

    def __contains__(self, _key):
        return True

    def __missing__(self, key):
        return "e1" if key.startswith("Execution") else f"{self['store']}/{key.split(chr(39))[1]}.manifest"


@pytest.fixture
def request_here(store, tmp_path, monkeypatch):
    """The request with this machine's store and code, and empty logs."""
    if not shutil.which("java"):
        pytest.skip("Spark needs Java 17, and there is no `java` here")
    monkeypatch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    (bundle / "object2vec").symlink_to(LIBRARY)
    program = (LIBRARY / "jobs/spark_program.py").as_uri()
    spark = SparkImage(image="local", program_uri=program, code_uri=bundle.as_uri())
    step = prepare_step(spark, store_url=store.url)
    for name in ("catalog", "interactions", "queries", "pairs"):
        store.put(f"{name}.manifest", orjson.dumps([{"prefix": f"{store.url}/{name}/"}]))
    return resolve(step["Arguments"], Places(store=store.url), lambda _uri: b"{}")


@pytest.mark.slow
def test_the_step_runs_here(store, request_here, tmp_path):
    table = tmp_path / "a.parquet"
    duckdb.sql("SELECT 'u' AS user_id, 'i' AS item_id, 5::BIGINT AS timestamp").write_parquet(str(table))
    store.upload(table, "interactions/a.parquet")
    store.put("interactions.manifest", orjson.dumps([{"prefix": f"{store.url}/interactions/"}, "a.parquet"]))
    run_processing(store, tmp_path / "container", request_here)
    train = tmp_path / "train.parquet"
    store.download("executions/e1/dataset/train/interactions.parquet", train)
    assert duckdb.sql(f"FROM '{train}'").fetchall() == [("u", "i", 5, None, None, 1.0)]
