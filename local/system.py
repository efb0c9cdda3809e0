"""The whole system on one machine: ingest, serve, train, release."""

import logging
import os
import time
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson

import lambdas.indexer.handler as indexer
from lambdas.settings import IndexerSettings
from local.api import LocalApi
from local.containers import CODE
from local.endpoints import LocalEndpoints
from local.pipeline import Around, Execution, unwatched
from local.releases import prune_old, usable
from local.server import HOST
from local.training import train
from local.troubles import Troubles, told
from local.uploads import Uploads
from local.work_folder import WorkFolder
from object2vec.core.keys import CURATED, CURATED_INTERACTIONS, CURATED_PAIRS, EXECUTIONS, LATEST_EXECUTION
from object2vec.core.progress import stretch
from object2vec.ingest.report import Report
from object2vec.release import live
from object2vec.release.manifest import CorruptReleaseError
from object2vec.release.rollout import Waiting, advance
from object2vec.release.seed import publish_seed
from object2vec.storage import NotFoundError, item_log
from object2vec.users.log import EventLog

GROWTH_SECONDS, TROUBLED_SECONDS = 300.0, 10.0
"""Between two looks at what the API has written: usually, and while something is wrong that may
end by itself, as a damaged release does not."""
NOTHING = "nothing"
"""In place of a version, before the first release."""
UNREAD = "files"
"""The trouble of files in uploads/ that cannot be read."""


class LocalSystem:
    """`data` holds the uploads, `work` everything made from them; both survive a restart."""

    def __init__(
        self,
        data: Path,
        work: Path,
        algorithm: str = "open",
        start_from: str = "seed",
    ) -> None:
        self._algorithm, self._start_from = algorithm, start_from
        self.folder = WorkFolder(work.absolute())
        self.store = self.folder.store()
        self.api = LocalApi(self.folder)
        for function in ("preprocess", "indexer", "release", "user_data"):
            logging.getLogger(function).setLevel(logging.WARNING)  # the console tells people
        self.uploads = Uploads(data.absolute(), self.store)
        self.endpoints = LocalEndpoints(self.store, self.folder.endpoints)
        self.troubles = Troubles(self.folder.troubles)
        self._rows_to_curate, self._rows_to_index = 0, False
        self._reported_to = 0
        self._looked_at, self._indexed_to = time.monotonic(), -1
        self._is_started = False

    @property
    def reports(self) -> Path:
        """The folder of what was read from each upload."""
        return self.folder.store_path / "reports"

    @property
    def has_data(self) -> bool:
        """Whether there is an item, an interaction or a pair to work with."""
        return any(segment.changes for segment in item_log.read(self.store)) or any(
            entry.size
            for prefix in (CURATED_INTERACTIONS, CURATED_PAIRS)
            for entry in self.store.list(prefix)
        )

    @property
    def is_trained(self) -> bool:
        """Whether a pipeline run has ended, released or refused, and no item and no curated row has changed
        since it began. Of runs of earlier programs nobody knows the latter."""
        try:
            latest = orjson.loads(self.store.get(LATEST_EXECUTION))
            ended, data = bool(latest["ended"]), latest.get("data")
        except (NotFoundError, ValueError, TypeError, KeyError, AttributeError):  # damaged: train again
            return False
        return ended and data in (None, self._learned_from())

    def _learned_from(self) -> str:
        """Another digest after every change of the data that a training learns from."""
        curated = [[entry.key, entry.etag] for entry in self.store.list(CURATED)]
        return blake2b(orjson.dumps([item_log.end(self.store), curated]), digest_size=8).hexdigest()

    def converge(self) -> None:
        """Does what a deployment does: publishes the seed if nothing is live, starts the live model's
        endpoint, and builds its base index. A release that is damaged is answered for by one before it. What
        the disk does not take is done once it does."""
        with self.troubles.guard("start"):
            wrong = usable(self.store, CODE, self._start_live)
            self._is_started = True
            if wrong:
                self.troubles.note("release", wrong)
        self._prune()

    def _prune(self) -> None:
        with self.troubles.guard("old releases"):
            prune_old(self.store)

    def _start_live(self) -> None:
        """Starts the live release. Raises if search cannot answer from it."""
        manifest = publish_seed(self.store, CODE)
        outcome: object = Waiting("")
        while isinstance(outcome, Waiting):
            outcome = advance(self.store, self.endpoints, manifest, instead_of=manifest.model_version)
        with stretch(0.05, 0.8):
            self.reindex()
        health = self.api.health()
        if health["model"] is None or health["model"]["version"] != manifest.model_version:
            raise CorruptReleaseError(health["problem"])

    def take_uploads(self) -> Iterator[Report]:
        """New reports of files that came, changed or went; then the user-data and the indexer function, where
        rows did. What goes wrong is a trouble and is tried again."""
        with self.troubles.guard("uploads"), self.api.alone():
            rows = self._rows_to_curate
            with stretch(0.0, 0.6):
                for report in self.uploads.sync():
                    rows += report.accepted + report.removed
                    yield report
            self._rows_to_curate = rows
            self._tell_unread()
            if rows:
                with stretch(0.6, 1.0):
                    self.api.curate()
                self._rows_to_curate = 0
                self._rows_to_index = True
        with self.troubles.guard("pictures"):
            self.uploads.attach_pictures()
        if self._rows_to_index and self.live_version() != NOTHING:
            with self.troubles.guard("index"):
                self.reindex()
                self._rows_to_index = False

    def _tell_unread(self) -> None:
        if unread := self.uploads.unread:
            self.troubles.note(UNREAD, unread)
        else:
            self.troubles.over(UNREAD)

    def answer(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """The API's answer, in this process."""
        return told(self.api.answer, self.folder.troubles)(event, context)

    def curate(self) -> None:
        """Runs the user-data function."""
        with self.troubles.guard("events and histories"), self.api.alone():
            self.api.curate()

    def look_after_growth(self) -> None:
        """The work that a deployment does on schedule: curates recorded events, rebuilds the index after API
        writes, reports new searches, and removes old releases."""
        pause = TROUBLED_SECONDS if self.troubles.any_but("release", UNREAD) else GROWTH_SECONDS
        if time.monotonic() < self._looked_at + pause:
            return
        self._looked_at = time.monotonic()
        if not self._is_started:
            self.converge()
        if next(iter(EventLog(self.store).batches()), None) is not None:
            self.curate()
            self._indexed_to = -1
        with self.troubles.guard("index"):
            if item_log.end(self.store) != self._indexed_to:
                self.reindex()
        with self.troubles.guard("query report"):
            if (size := self.api.query_log_size) != self._reported_to:
                self.api.report_queries()
                self._reported_to = size
        self._prune()

    def reindex(self) -> None:
        """Runs the indexer function."""
        end = item_log.end(self.store)
        indexer.look(IndexerSettings(store_url=self.store.url))
        self._indexed_to = end

    def train(
        self,
        on_step: Any,
        hyperparameters: dict[str, str],
        around: Around = unwatched,
    ) -> Execution:
        """Runs the pipeline and remembers whether it ended; `around` is entered while a step runs."""
        data = self._learned_from()
        execution = train(
            self.store,
            self.folder.root,
            self.endpoints,
            on_step,
            hyperparameters,
            algorithm=self._algorithm,
            start_from=self._start_from,
            around=around,
        )
        ended = execution.status == "Succeeded" or self.evaluation(execution) is not None
        latest = {"id": execution.id, "ended": ended, "reason": execution.reason, "data": data}
        self.store.put(LATEST_EXECUTION, orjson.dumps(latest))
        if execution.status == "Succeeded":  # what it released has nothing to do with the damage
            self.troubles.over("release")
        return execution

    def evaluation(self, execution: Execution) -> dict[str, Any] | None:
        """The evaluation of a run; None if it did not get that far."""
        try:
            report: dict[str, Any] = orjson.loads(
                self.store.get(f"{EXECUTIONS}{execution.id}/evaluation/evaluation.json")
            )
        except NotFoundError:
            return None
        return report

    def live_version(self) -> str:
        """The model that answers now."""
        try:
            manifest = live(self.store)
        except CorruptReleaseError:
            return "damaged"
        return manifest.model_version if manifest else NOTHING


def let_search_ask(port: int) -> None:
    """Lets search find endpoints as it does in AWS: with boto3's client, pointed at this machine."""
    os.environ["AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME"] = f"http://{HOST}:{port}"
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        os.environ.setdefault(name, "local")  # boto3 signs every request; nobody checks it here
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
