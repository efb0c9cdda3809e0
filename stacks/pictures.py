"""Pictures: read on arrival, and for the search function when a shopper sends one."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from lambdas.settings import PicturesSettings, SearchSettings
from object2vec.core import keys
from stacks.functions import LibraryFunction
from stacks.ingestion import TIMEOUT
from stacks.permissions import allow
from stacks.queues import WorkQueue, visibility_of
from stacks.storage import Storage

_REPORTS, _REJECTED = f"{keys.REPORTS}{keys.IMAGE_UPLOADS}", f"{keys.QUARANTINE}{keys.IMAGE_UPLOADS}"
MEMORY_MB = 2048
"""A picture of 50 million pixels takes up to 0.9 GB while it is scaled down (docs/lab/pictures.md)."""
WAIT = cdk.Duration.seconds(25)
"""Less than the API waits for the search function."""


def let_take_pictures(role: iam.Role, storage: Storage) -> None:
    """Lets a role read uploads of pictures, and give items what these show."""
    read = [keys.IMAGE_UPLOADS, _REPORTS, _REJECTED, keys.ITEM_LOG, keys.CATALOG, keys.PICTURES]
    storage.let_read(role, read)
    storage.let_write(role, [_REPORTS, keys.ITEM_LOG, keys.LOG_END])
    storage.let_write(role, [_REJECTED, keys.PICTURES], delete=True)


class PictureFunctions(Construct):
    """One bundle, two functions: an archive keeps one of them busy for minutes."""

    def __init__(self, scope: Construct, construct_id: str, *, storage: Storage, architecture: str) -> None:
        super().__init__(scope, construct_id)
        self._storage, self._architecture = storage, architecture
        self.taker = self._function("Taker", "handler", TIMEOUT, cdk.Size.gibibytes(10))
        self.reader = self._function("Reader", "look", WAIT)
        self.uploads = WorkQueue(self, "Uploads", visibility=visibility_of(TIMEOUT))
        self.uploads.feed(self.taker, batch_size=10, max_concurrency=2)
        self.uploads.take_created_objects(storage.bucket, keys.IMAGE_UPLOADS, deleted=True)
        let_take_pictures(self.taker.role, storage)
        storage.let_read(self.reader.role, [keys.PICTURES])
        kept = [keys.PICTURE_VECTORS, keys.SHOWN_PICTURES, keys.PICTURE_ENCODER]
        storage.let_write(self.reader.role, kept)

    def let_attach(self, function: LibraryFunction) -> None:
        """Lets the function that reads catalogues add to items what their pictures show."""
        self._storage.let_read(function.role, [keys.PICTURES])
        self._storage.let_write(function.role, [keys.PENDING_PICTURES], delete=True)

    def let_search(self, function: LibraryFunction) -> None:
        """Lets the search function ask what is in a picture, give items theirs, and sign addresses."""
        self._storage.let_read(function.role, [keys.PICTURES])
        self._storage.let_write(function.role, [keys.PICTURE_TABLE])
        self._storage.let_write(function.role, [keys.PENDING_PICTURES], delete=True)
        allow(function.role, ["lambda:InvokeFunction"], [self.reader.function.function_arn])
        name = self.reader.function.function_name
        function.tell(SearchSettings.variables(pictures_function=name))

    def _function(
        self, construct_id: str, entry: str, timeout: cdk.Duration, scratch: cdk.Size | None = None
    ) -> LibraryFunction:
        return LibraryFunction(
            self,
            construct_id,
            name="pictures",
            architecture=self._architecture,
            environment=PicturesSettings.variables(store_url=self._storage.url),
            memory_mb=MEMORY_MB,
            timeout=timeout,
            scratch=scratch,
            entry=entry,
        )
