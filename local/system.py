"""The whole system on one machine: ingest, serve, train, release."""

import logging
import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson

import lambdas.indexer.handler as indexer
from lambdas.settings import IndexerSettings
from local.api import LocalApi
from local.containers import CODE
from local.endpoints import LocalEndpoints
from local.pipeline import Execution
from local.training import train
from local.uploads import Uploads
from object2vec.release import live
from object2vec.release.rollout import Waiting, advance
from object2vec.release.seed import publish_seed
from object2vec.release.snapshot import INTERACTIONS, PAIRS
from object2vec.storage import FolderStore, NotFoundError, item_log

LATEST = "executions/latest.json"


class LocalSystem:
    """`data` holds the uploads, `work` everything made from them; both survive a restart."""

    def __init__(self, data: Path, work: Path, algorithm: str = "open", start_from: str = "seed") -> None:
        self._algorithm, self._start_from = algorithm, start_from
        self._work = work.absolute()
        self.store = FolderStore(self._work / "store")
        self.api = LocalApi(self.store.url, f"sqlite://{quote(str(self._work / 'sessions.db'))}")
        for function in ("preprocess", "indexer", "release", "user_data"):
            logging.getLogger(function).setLevel(logging.WARNING)  # the console tells people
        self.uploads = Uploads(data.absolute(), self.store)
        self.endpoints = LocalEndpoints(self.store)

    @property
    def has_data(self) -> bool:
        """Whether there is an item, an interaction or a pair to work with."""
        return any(segment.changes for segment in item_log.read(self.store)) or any(
            entry for prefix in (INTERACTIONS, PAIRS) for entry in self.store.list(prefix)
        )

    @property
    def was_trained(self) -> bool:
        """Whether a pipeline run has ended, released or refused."""
        try:
            return bool(orjson.loads(self.store.get(LATEST))["ended"])
        except NotFoundError:
            return False

    def converge(self) -> None:
        """Does what a deployment does: publishes the seed if nothing is live, starts the live model's
        endpoint, and builds its base index."""
        manifest = publish_seed(self.store, CODE)
        outcome: object = Waiting("")
        while isinstance(outcome, Waiting):
            outcome = advance(self.store, self.endpoints, manifest, instead_of=manifest.model_version)
        self.reindex()

    def curate(self) -> None:
        """Runs the user-data function."""
        self.api.curate()

    def reindex(self) -> None:
        """Runs the indexer function."""
        indexer.look(IndexerSettings(store_url=self.store.url))

    def train(self, on_step: Any, hyperparameters: dict[str, str]) -> Execution:
        """Runs the pipeline and remembers whether it ended."""
        execution = train(
            self.store,
            self._work,
            self.endpoints,
            on_step,
            hyperparameters,
            algorithm=self._algorithm,
            start_from=self._start_from,
        )
        ended = execution.status == "Succeeded" or self.evaluation(execution) is not None
        self.store.put(LATEST, orjson.dumps({"id": execution.id, "ended": ended, "reason": execution.reason}))
        return execution

    def evaluation(self, execution: Execution) -> dict[str, Any] | None:
        """The evaluation of a run; None if it did not get that far."""
        try:
            report: dict[str, Any] = orjson.loads(
                self.store.get(f"executions/{execution.id}/evaluation/evaluation.json")
            )
        except NotFoundError:
            return None
        return report

    def live_version(self) -> str:
        """The model that answers now."""
        manifest = live(self.store)
        return manifest.model_version if manifest else "nothing"


def let_search_ask(url: str) -> None:
    """Lets search find endpoints as it does in AWS: with boto3's client, pointed at this machine."""
    os.environ["AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME"] = url
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        os.environ.setdefault(name, "local")  # boto3 signs every request; nobody checks it here
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
