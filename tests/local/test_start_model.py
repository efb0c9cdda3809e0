"""The training step's `model` channel: the live model, or the seed, but never an empty prefix."""

from dataclasses import replace

from object2vec.model.retrieval.artefact import FILES, MANIFEST
from object2vec.release.snapshot import take_snapshot
from stacks.pipeline_definition import PipelineSettings, pipeline_definition

SETTINGS = PipelineSettings(
    store_url="s3://data-bucket",
    code_uri="s3://assets-bucket/jobs.zip",
    job_role="role",
    training_image="image",
    serving_image="image",
    snapshot_function="snapshot",
    release_queue_url="queue",
    model_package_group="shop",
)


def channels(settings):
    train = next(step for step in pipeline_definition(settings)["Steps"] if step["Name"] == "Train")
    return {
        channel["ChannelName"]: channel["DataSource"]["S3DataSource"]["S3Uri"]
        for channel in train["Arguments"]["InputDataConfig"]
    }


def test_the_model_channel_is_there_when_asked_for():
    assert "model" not in channels(SETTINGS)
    live = channels(replace(SETTINGS, start_from="live"))["model"]
    assert live == {"Get": "Steps.Snapshot.OutputParameters['live_model']"}


def test_a_first_run_finds_the_seed_in_it(store):
    store.put("curated/interactions/one.parquet", b"events")
    prefix = take_snapshot(store, "e1").live_model.removeprefix(f"{store.url}/")
    assert {entry.key for entry in store.list(prefix)} == {f"{prefix}/{name}" for name in (MANIFEST, *FILES)}
