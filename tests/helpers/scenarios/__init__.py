"""Leads each handler through everything it does with AWS: the calls are what its role must allow."""

from collections.abc import Callable

from tests.helpers.moto_account import MotoAccount
from tests.helpers.recorded_calls import Call
from tests.helpers.scenarios import models, requests, uploads

Scenario = Callable[[MotoAccount], set[Call]]
SCENARIOS: dict[str, Scenario] = {
    "IngestionPreprocess": uploads.preprocess,
    "IngestionIndexer": uploads.indexer,
    "PicturesTaker": uploads.pictures,
    "PicturesReader": uploads.picture_reader,
    "TrainingSnapshot": uploads.snapshot,
    "TrainingRelease": models.release,
    "EndpointOnEvent": models.owner_on_event,
    "EndpointIsComplete": models.owner_is_complete,
    "Search": requests.search,
    "EventsRecorder": requests.recorder,
    "EventsWorker": requests.user_data,
    "EventsEraser": requests.eraser,
    "QueryReportReporter": requests.query_report,
    "RetrainingRetrain": models.retrain,
    "PruningPruner": models.pruner,
    "SpendingCostGuard": models.cost_guard,
}
"""Our functions by the start of their logical ids."""
