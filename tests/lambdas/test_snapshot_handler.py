import pytest

from lambdas.snapshot.handler import handler
from object2vec.core.catalog import CatalogItem
from object2vec.release.snapshot import NothingToTrainOnError
from object2vec.storage import item_log
from stacks.pipeline_definition import PipelineSettings, pipeline_definition


def test_the_answer_has_the_outputs_that_the_pipeline_step_declares(store):
    item_log.append(store, [CatalogItem("a", "x")])
    answer = handler({"execution_id": "e1"}, None)
    settings = PipelineSettings(
        store_url="", code_uri="", job_role="", training_image="", serving_image="", snapshot_function="",
        release_queue_url="", model_package_group="",
    )  # fmt: skip
    declared = pipeline_definition(settings)["Steps"][0]["OutputParameters"]
    assert set(answer) == {parameter["OutputName"] for parameter in declared}
    assert all(isinstance(value, str) for value in answer.values())
    assert handler({"execution_id": "e1"}, None) == answer


def test_an_empty_store_fails_the_step_with_advice(store):
    with pytest.raises(NothingToTrainOnError, match=r"nothing to train on: upload a catalogue"):
        handler({"execution_id": "e1"}, None)
