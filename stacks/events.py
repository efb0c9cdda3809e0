"""Shoppers' events: the session store, the functions that record, curate and erase, and their routes."""

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from constructs import Construct

from lambdas.settings import EventsSettings, SearchSettings, UserDataSettings
from object2vec.core import keys
from stacks.functions import LibraryFunction
from stacks.ingestion import LOG_READ
from stacks.permissions import AWS_KEYS, accept, acknowledge, allow
from stacks.queues import WorkQueue, visibility_of
from stacks.search_api import SearchApi
from stacks.storage import Storage, kept_or_gone

CURATE_EVERY = cdk.Duration.minutes(15)
WORK_TIMEOUT = cdk.Duration.minutes(15)
_BY_TIME = "by_time"
_WHERE_PEOPLE_ARE_NAMED = (
    keys.UPLOAD_REPORTS,
    keys.SEARCH_REPORTS,
    keys.QUARANTINE,
    keys.INTERACTION_UPLOADS,
    keys.QUERY_UPLOADS,
)
"""Prefixes that an erasure searches, and whose files the owner has to delete."""


class Events(Construct):
    """`POST /events` and `/users/{id}` of the API; answers of the search function know user histories."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        storage: Storage,
        api: SearchApi,
        architecture: str,
        retain: bool,
        point_in_time_recovery: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        self.sessions = self._sessions(retain, point_in_time_recovery)
        self.history_url = f"dynamodb://{self.sessions.table_name}"
        self.recorder = self._recorder(storage, architecture)
        self.worker = self._worker(storage, architecture)
        self.work = self._work(storage)
        self.eraser = self._eraser(storage, architecture)
        self.erasures = WorkQueue(self, "Erasures", visibility=visibility_of(WORK_TIMEOUT), in_order=True)
        self.erasures.feed(self.eraser, batch_size=10, partial_failure=False)
        self.erasures.take_created_objects(storage.bucket, keys.ERASURES)
        api.add_routes(self.recorder)
        self._let_search_know(storage, api)

    def _sessions(self, retain: bool, point_in_time_recovery: bool) -> dynamodb.Table:
        """A user's events by id, so that one counts once, and by time; keys as in
        object2vec/users/dynamodb.py."""
        table = dynamodb.Table(
            self,
            "Sessions",
            partition_key=_attribute("user_id"),
            sort_key=_attribute("event_id"),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.AWS_MANAGED,
            time_to_live_attribute="expires_at",
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=point_in_time_recovery
            ),
            deletion_protection=retain,
            removal_policy=kept_or_gone(retain),
        )
        table.add_local_secondary_index(
            index_name=_BY_TIME,
            sort_key=_attribute("timestamp", dynamodb.AttributeType.NUMBER),
            projection_type=dynamodb.ProjectionType.INCLUDE,
            non_key_attributes=["item_id"],
        )
        findings = {"CKV_AWS_119": AWS_KEYS}
        if not point_in_time_recovery:
            reason = "The event log in S3 has every event too; profile prod adds recovery to a point in time."
            acknowledge(table, reason, "AwsSolutions-DDB3")
            findings["CKV_AWS_28"] = reason
        accept(table, findings)
        return table

    def _recorder(self, storage: Storage, architecture: str) -> LibraryFunction:
        recorder = LibraryFunction(
            self,
            "Recorder",
            name="events",
            architecture=architecture,
            environment=EventsSettings.variables(store_url=storage.url, history_url=self.history_url),
            memory_mb=1024,
            timeout=cdk.Duration.seconds(29),
        )
        asked = [keys.ERASURES, keys.ERASURE_REPORTS]
        storage.let_read(recorder.role, [keys.EVENT_LOG, keys.HISTORIES, *LOG_READ, keys.RELEASES, *asked])
        storage.let_write(recorder.role, [keys.EVENT_LOG, keys.ERASURES, keys.HISTORIES])
        self._let(recorder, "PutItem", "Query", "BatchWriteItem")
        return recorder

    def _user_data(
        self, name: str, entry: str, storage: Storage, architecture: str, *, memory_mb: int
    ) -> LibraryFunction:
        """A function of lambdas/user_data."""
        function = LibraryFunction(
            self,
            name,
            name="user_data",
            entry=entry,
            architecture=architecture,
            environment=UserDataSettings.variables(store_url=storage.url, history_url=self.history_url),
            memory_mb=memory_mb,
            timeout=WORK_TIMEOUT,
            scratch=cdk.Size.gibibytes(10),
        )
        self._let(function, "Query", "BatchWriteItem")
        return function

    def _worker(self, storage: Storage, architecture: str) -> LibraryFunction:
        worker = self._user_data("Worker", "handler", storage, architecture, memory_mb=3008)
        kept = [keys.EVENT_LOG, keys.CURATED, keys.HISTORIES, keys.ERASURES, keys.ERASURE_REPORTS]
        storage.let_read(worker.role, [*kept, *_WHERE_PEOPLE_ARE_NAMED, keys.RELEASES])
        storage.let_write(worker.role, kept, delete=True)
        storage.let_write(worker.role, [keys.EVENT_REPORTS, f"{keys.QUARANTINE}events/"])
        return worker

    def _eraser(self, storage: Storage, architecture: str) -> LibraryFunction:
        """A function of the same code with its own queue: an erasure waits for nothing else."""
        eraser = self._user_data("Eraser", "erase", storage, architecture, memory_mb=2048)
        holding = [keys.EVENT_LOG, keys.CURATED, keys.HISTORIES]
        read = [*holding, *_WHERE_PEOPLE_ARE_NAMED, keys.ERASURES, keys.ERASURE_REPORTS, keys.RELEASES]
        storage.let_read(eraser.role, read)
        storage.let_write(eraser.role, holding, delete=True)
        storage.let_write(eraser.role, [keys.ERASURE_REPORTS])
        return eraser

    def _work(self, storage: Storage) -> WorkQueue:
        """The queue of the other work, one message at a time: curating and building histories would
        collide."""
        work = WorkQueue(self, "Work", visibility=visibility_of(WORK_TIMEOUT), in_order=True)
        work.feed(self.worker, batch_size=10, partial_failure=False)
        # new curated interactions, of which histories are made
        work.take_created_objects(storage.bucket, keys.CURATED_INTERACTIONS)
        events.Rule(
            self,
            "Curate",
            description="Curates the event log for the next training",
            schedule=events.Schedule.rate(CURATE_EVERY),
            targets=[work.target()],
        )
        return work

    def _let_search_know(self, storage: Storage, api: SearchApi) -> None:
        api.search.tell(SearchSettings.variables(history_url=self.history_url))
        allow(api.search.role, ["dynamodb:Query"], [self._index_arn])
        storage.let_read(api.search.role, [keys.HISTORIES])

    def _let(self, function: LibraryFunction, *actions: str) -> None:
        allow(function.role, [f"dynamodb:{action}" for action in actions], [self.sessions.table_arn])

    @property
    def _index_arn(self) -> str:
        return f"{self.sessions.table_arn}/index/{_BY_TIME}"


def _attribute(name: str, kind: dynamodb.AttributeType = dynamodb.AttributeType.STRING) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=kind)
