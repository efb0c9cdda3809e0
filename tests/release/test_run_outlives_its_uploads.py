"""Uploads go while a run is under way: between its snapshot and its first job, and between any two steps."""

import json

import pytest

from object2vec.ingest.preprocess import preprocess_upload
from object2vec.jobs import prepare
from object2vec.release.snapshot import NothingToTrainOnError, data_version, take_snapshot
from object2vec.storage import item_log
from object2vec.users.history_build import build_histories
from object2vec.users.uploaded import UploadedHistories
from stacks.pipeline_definition import PipelineSettings, pipeline_definition

CATALOGUE, FIRST, SECOND = (
    "uploads/catalog/a.csv",
    "uploads/interactions/first.csv",
    "uploads/interactions/second.csv",
)
ROWS = "USER_ID,ITEM_ID,TIMESTAMP\n" + "".join(
    f"u{user},{(user + step) % 6},{1_700_000_000 + 86_400 * step}\n"
    for user in range(12)
    for step in range(4)
)


def put(store, key, text):
    store.put(key, text.encode())
    return preprocess_upload(store, key)


def remove(store, key):
    store.delete(key)
    assert preprocess_upload(store, key).deleted


@pytest.fixture
def shop(store):
    put(store, CATALOGUE, "label,text\n" + "".join(f"{n},a shirt number {n}\n" for n in range(6)))
    put(store, FIRST, ROWS)
    put(store, SECOND, ROWS.replace("u", "v").replace("VSER", "USER"))
    return store


def copied(store, uri, folder):
    """Copies what a manifest file lists, as SageMaker does: an object that is gone fails the job."""
    head, *names = json.loads(store.get(uri.removeprefix(f"{store.url}/")))
    prefix = head["prefix"].removeprefix(f"{store.url}/")
    for name in names:
        store.download(prefix + name, folder / name)


def prepared(store, snapshot, base, monkeypatch):
    """The items and users of the dataset that the first job makes."""
    for name in ("catalog", "interactions", "queries", "pairs"):
        copied(store, getattr(snapshot, name), base / "processing/input" / name)
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(base))
    prepare.main()
    return json.loads(next(base.rglob("auxiliary/summary.json")).read_bytes())


@pytest.mark.parametrize("change", ["deleted", "emptied"])
def test_a_file_that_goes_between_snapshot_and_prepare_costs_its_rows_alone(
    shop, tmp_path, monkeypatch, change
):
    snapshot = take_snapshot(shop, "e1")
    if change == "deleted":
        remove(shop, FIRST)
    else:
        put(shop, FIRST, "USER_ID,ITEM_ID,TIMESTAMP\nu1,,yesterday\n")
    with_both = prepared(shop, take_snapshot(shop, "e2"), tmp_path / "now", monkeypatch)
    run = prepared(shop, snapshot, tmp_path / "run", monkeypatch)
    assert run["users"] == with_both["users"] > 0


def test_every_file_may_go_between_snapshot_and_prepare(shop, tmp_path, monkeypatch):
    snapshot = take_snapshot(shop, "e1")
    for key in (FIRST, SECOND):
        remove(shop, key)
    assert prepared(shop, snapshot, tmp_path, monkeypatch)["items"] == 6


def test_no_later_step_reads_what_an_upload_may_take_along():
    settings = PipelineSettings(
        store_url="s3://b", code_uri="s3://a/jobs.zip", job_role="r", training_image="i", serving_image="i",
        snapshot_function="f", release_queue_url="q", model_package_group="g", hyperparameters={},
    )  # fmt: skip
    steps = pipeline_definition(settings)["Steps"]
    steps += [inner for step in steps for inner in step["Arguments"].get("IfSteps", ())]
    frozen = {
        step["Name"]: {found["InputName"] for found in step["Arguments"].get("ProcessingInputs", ())
                       if found["S3Input"]["S3DataType"] == "ManifestFile"}
        for step in steps
    }  # fmt: skip
    assert {name: inputs for name, inputs in frozen.items() if inputs} == {
        "Prepare": {"catalog", "interactions", "queries", "pairs"},
        "Index": {"catalog"},
    }
    assert "curated/" not in json.dumps(steps)


def test_emptied_files_are_no_data(shop):
    before = data_version(shop)
    build_histories(shop)
    assert UploadedHistories(shop).recent("u1")
    for key in (FIRST, SECOND):
        remove(shop, key)
    assert data_version(shop) != before
    build_histories(shop)
    assert not UploadedHistories(shop).recent("u1")
    remove(shop, CATALOGUE)
    assert item_log.replay(item_log.read(shop))[0] == {}
    put(shop, FIRST, ROWS)
    assert [entry.size > 0 for entry in shop.list("curated/interactions/")].count(True) == 1


def test_only_emptied_files_are_nothing_to_train_on(store):
    put(store, FIRST, ROWS)
    remove(store, FIRST)
    with pytest.raises(NothingToTrainOnError):
        take_snapshot(store, "e1")
