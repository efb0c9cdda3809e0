"""The functions that turn uploads into the item log, and the log into a new base index."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from lambdas.settings import IndexerSettings, PreprocessSettings
from object2vec.core import keys
from stacks.functions import LibraryFunction
from stacks.permissions import allow
from stacks.queues import WorkQueue, visibility_of
from stacks.settings import StackSettings
from stacks.storage import Storage
from stacks.vectors import VectorBucket

LOG_READ = (keys.ITEM_LOG, keys.LOG_END, keys.CHECKPOINT, keys.CHECKPOINTS)
"""The keys that a reader of the item log needs; everyone who appends writes its end too."""
TIMEOUT = cdk.Duration.minutes(15)


class Ingestion(Construct):
    """Two queues, each with its function: preprocess for uploads; the indexer for the item log's segments,
    for interactions, and for moves of the live pointer."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: StackSettings,
        storage: Storage,
        vectors: VectorBucket | None,
    ) -> None:
        super().__init__(scope, construct_id)
        architecture = settings.lambda_architecture
        self.preprocess = self._preprocess(storage, architecture)
        self.uploads = _queue(self, "Uploads", in_order=False)
        self.uploads.feed(self.preprocess, batch_size=1, max_concurrency=5)
        self.uploads.take_created_objects(storage.bucket, keys.UPLOADS, deleted=True)
        self.indexer = self._indexer(settings, storage)
        self.item_log = _queue(self, "ItemLog", in_order=True)
        if vectors:
            vectors.let_build(self.indexer.role)
            self.indexer.tell(IndexerSettings.variables(**vectors.of_builders))
        self.item_log.feed(self.indexer, batch_size=10, partial_failure=False)
        # the live pointer may lead to a release whose base index is in another format
        woken_by = (keys.ITEM_LOG, keys.LIVE, keys.CURATED_INTERACTIONS)
        self.item_log.take_created_objects(storage.bucket, *woken_by)

    def let_wake_indexer(self, role: iam.Role) -> None:
        """Lets a role ask the indexer to look whether the live base is as it should be."""
        allow(role, ["sqs:SendMessage"], [self.item_log.queue.queue_arn])

    def _preprocess(self, storage: Storage, architecture: str) -> LibraryFunction:
        preprocess = LibraryFunction(
            self,
            "Preprocess",
            name="preprocess",
            architecture=architecture,
            environment=PreprocessSettings.variables(store_url=storage.url),
            memory_mb=2048,
            timeout=TIMEOUT,
            scratch=cdk.Size.gibibytes(10),
        )
        kept = [f"{keys.QUARANTINE}{keys.UPLOADS}", keys.CURATED, keys.OWNED_ROWS]
        erased = [keys.ERASURES, keys.ERASURE_REPORTS]  # whose rows stay out
        storage.let_read(preprocess.role, [keys.UPLOADS, keys.UPLOAD_REPORTS, *kept, *erased, *LOG_READ])
        storage.let_write(preprocess.role, [keys.UPLOAD_REPORTS, keys.ITEM_LOG, keys.LOG_END])
        storage.let_write(preprocess.role, kept, delete=True)
        return preprocess

    def _indexer(self, settings: StackSettings, storage: Storage) -> LibraryFunction:
        indexer = LibraryFunction(
            self,
            "Indexer",
            name="indexer",
            architecture=settings.lambda_architecture,
            environment=IndexerSettings.variables(store_url=storage.url),
            memory_mb=settings.indexer_memory_mb,
            timeout=TIMEOUT,
            scratch=cdk.Size.gibibytes(settings.indexer_tmp_gib),
        )
        storage.let_read(indexer.role, [*LOG_READ, keys.CURATED, keys.RELEASES])
        rebuilt = (f"{keys.RELEASES}*/index*", f"{keys.RELEASES}*/manifest.json", keys.LIVE)
        storage.let_write(indexer.role, [*rebuilt, keys.CHECKPOINT])
        storage.let_write(indexer.role, [keys.CHECKPOINTS], delete=True)
        storage.let_delete(indexer.role, [keys.ITEM_LOG])  # segments that a checkpoint stands for
        return indexer


def _queue(scope: Construct, construct_id: str, *, in_order: bool) -> WorkQueue:
    """An ordered queue also means one run at a time, which the indexer needs; reserving a concurrency of one
    instead fails in new accounts, which have ten and must keep ten unreserved."""
    return WorkQueue(scope, construct_id, visibility=visibility_of(TIMEOUT), in_order=in_order)
