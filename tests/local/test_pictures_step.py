"""The pipeline's step that reads pictures that wait, run here as the definition says."""

from pathlib import Path
from typing import Any

from local.containers import run_processing
from local.references import resolve
from local.training import _job_code
from object2vec.core.catalog import COLOURS, VECTOR
from object2vec.core.keys import IMAGE_UPLOADS
from object2vec.ingest.preprocess import preprocess_upload
from object2vec.ingest.report import load_report
from object2vec.jobs.settings import PicturesJobSettings
from object2vec.model.pictures.encoder import EfficientNetLite
from object2vec.storage import item_log
from stacks.pipeline_definition import PipelineSettings, pipeline_definition
from tests.helpers.pictures import BLUE, RED, picture
from tests.local.test_pipeline_requests import Plausible


def steps_of(store_url: str, code_uri: str, count: int) -> dict[str, Any]:
    settings = PipelineSettings(
        store_url=store_url,
        code_uri=code_uri,
        job_role="jobs",
        pictures_role="pictures",
        pictures_instance_count=count,
        environments={"pictures": PicturesJobSettings.variables(store_url=store_url)},
        training_image="training",
        serving_image="serving",
        snapshot_function="snapshot",
        release_queue_url="release",
        model_package_group="shop",
    )
    return {step["Name"]: step for step in pipeline_definition(settings)["Steps"]}


def test_items_have_the_vectors_of_pictures_that_waited(store, tmp_path: Path):
    store.put(
        "uploads/catalog/shop.jsonl", b'{"label": "1", "text": "hat"}\n{"label": "2", "text": "shoe"}\n'
    )
    preprocess_upload(store, "uploads/catalog/shop.jsonl")
    store.put(f"{IMAGE_UPLOADS}1.png", picture(RED, size=(64, 64)))
    store.put(f"{IMAGE_UPLOADS}2.png", picture(BLUE, size=(64, 64)))
    store.put(f"{IMAGE_UPLOADS}broken.png", b"no picture")
    step = steps_of(store.url, _job_code(tmp_path).as_uri(), 1)["Pictures"]
    request = resolve(step["Arguments"], Plausible(), lambda _uri: b"{}")
    run_processing(store, tmp_path / "container", request)
    items, _ = item_log.replay(item_log.read(store))
    assert {label: item.metadata[COLOURS] for label, item in items.items()} == {"1": ["red"], "2": ["blue"]}
    assert {len(item.metadata[VECTOR]) for item in items.values()} == {EfficientNetLite.length}
    broken = load_report(store, f"{IMAGE_UPLOADS}broken.png")
    assert broken is not None
    assert broken.reasons["not_a_picture"].count == 1


def test_without_machines_for_it_there_is_no_step():
    steps = steps_of("s3://data", "s3://assets/jobs.zip", 0)
    assert "Pictures" not in steps
    assert "DependsOn" not in steps["Snapshot"]
