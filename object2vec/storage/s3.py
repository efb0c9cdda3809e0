"""The object store in one S3 bucket.

Conditional writes: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
"""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from object2vec.core.keys import MAX_KEY
from object2vec.storage.base import ConflictError, Entry, NotFoundError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CONFIG = Config(
    connect_timeout=2,
    read_timeout=10,
    tcp_keepalive=True,
    retries={"mode": "standard", "total_max_attempts": 4},
    response_checksum_validation="when_required",
    max_pool_connections=64,
)
"""A connection that died while a function was frozen is noticed in seconds, not in botocore's minute. Without
S3's own checksums, which a file in several parts has none of that a reader could use, a download needs no
HeadObject first; what a release loads is held to the digests of its manifest."""
_TYPES = {".jpg": "image/jpeg"}
"""Content types of what browsers get from the bucket itself, by the key's ending."""
_MISSING = {"NoSuchKey", "404", "NotFound"}


class S3Store:
    """`ObjectStore` over a bucket. ETags are S3's own, without the quotes."""

    def __init__(self, bucket: str, client: "S3Client | None" = None) -> None:
        self._bucket = bucket
        self._s3: S3Client = client or boto3.client("s3", config=_CONFIG)

    @property
    def url(self) -> str:
        return f"s3://{self._bucket}"

    def get(self, key: str) -> bytes:
        return self.get_versioned(key)[0]

    def get_versioned(self, key: str) -> tuple[bytes, str]:
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            raise _translated(error, key) from error
        return answer["Body"].read(), answer["ETag"].strip('"')

    def head(self, key: str) -> Entry | None:
        if len(key.encode()) > MAX_KEY:
            return None
        try:
            answer = self._s3.head_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if _code(error) in _MISSING:
                return None
            raise
        size, modified = answer["ContentLength"], answer["LastModified"]
        return Entry(key, size, answer["ETag"].strip('"'), modified.timestamp())

    def put(self, key: str, data: bytes) -> str:
        return self._put(key, data)

    def create(self, key: str, data: bytes) -> str:
        return self._put(key, data, IfNoneMatch="*")

    def replace(self, key: str, data: bytes, etag: str) -> str:
        return self._over(key, data, etag)

    def list(self, prefix: str, after: str = "") -> Iterator[Entry]:
        start: dict[str, Any] = {"StartAfter": after} if after else {}
        pages = self._s3.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self._bucket, Prefix=prefix, **start):
            for item in page.get("Contents", []):
                modified = item["LastModified"].timestamp()
                yield Entry(item["Key"], item["Size"], item["ETag"].strip('"'), modified)

    def delete(self, key: str) -> None:
        self._s3.delete_object(Bucket=self._bucket, Key=key)

    def delete_version(self, key: str, etag: str) -> None:
        try:
            self._s3.delete_object(Bucket=self._bucket, Key=key, IfMatch=etag)
        except ClientError as error:
            if _code(error) in _MISSING:
                raise ConflictError(f"{key} was deleted since it was read") from error
            raise _translated(error, key) from error

    def download(self, key: str, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._s3.download_file(self._bucket, key, str(path))
        except ClientError as error:
            raise _translated(error, key) from error

    def lend(self, key: str, path: Path) -> None:
        self.download(key, path)

    def copy(self, key: str, to: str) -> None:
        try:
            self._s3.copy_object(Bucket=self._bucket, Key=to, CopySource={"Bucket": self._bucket, "Key": key})
        except ClientError as error:
            raise _translated(error, key) from error

    def upload(self, path: Path, key: str) -> None:
        self._s3.upload_file(str(path), self._bucket, key)

    def upload_over(self, path: Path, key: str, etag: str) -> str:
        with open(path, "rb") as file:
            return self._over(key, file, etag) if etag else self._put(key, file, IfNoneMatch="*")

    def _over(self, key: str, data: bytes | BinaryIO, etag: str) -> str:
        try:
            return self._put(key, data, IfMatch=etag)
        except NotFoundError as error:
            raise ConflictError(f"{key} was deleted since it was read") from error

    def _put(self, key: str, data: bytes | BinaryIO, attempts: int = 5, **condition: Any) -> str:
        """Puts an object. A 409 says only that another write was under way, not that it won: ask S3 again."""
        kind = _TYPES.get(PurePosixPath(key).suffix)
        if kind:
            condition["ContentType"] = kind
        try:
            answer = self._s3.put_object(Bucket=self._bucket, Key=key, Body=data, **condition)
        except ClientError as error:
            if _code(error) == "ConditionalRequestConflict" and attempts > 1:
                if not isinstance(data, bytes):
                    data.seek(0)
                return self._put(key, data, attempts - 1, **condition)
            raise _translated(error, key) from error
        return str(answer["ETag"]).strip('"')


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _translated(error: ClientError, key: str) -> Exception:
    code = _code(error)
    if code == "PreconditionFailed":
        return ConflictError(f"{key} changed since it was read")
    return NotFoundError(key) if code in _MISSING else error
