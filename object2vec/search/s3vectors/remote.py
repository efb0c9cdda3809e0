"""One vector index in S3 Vectors: batched writes, look-ups by key, and the hybrid query."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from typing import Any

import orjson

from object2vec.core.arrays import Vector
from object2vec.search.s3vectors.records import FACTS, RESERVED, TEXT, VectorRecord

PUT_VECTORS, PUT_BYTES = 500, 8 << 20
PUT_AT_ONCE = 5
"""Calls under way at once. S3 Vectors takes 2,500 vectors a second into an index, from however many machines:
five calls of 500 that take a second each. So an index is written by one machine."""
GET_VECTORS, DELETE_VECTORS = 100, 500
BLOCK_VECTORS = 100
MAX_QUERY_CHARS = 1024
LANGUAGE = "en"
NO_TAGS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Found:
    """A vector of a query's answer. A part is None where S3 Vectors did not compute it."""

    record: VectorRecord
    bm25: float | None
    facts_bm25: float | None
    cosine: float | None


@dataclass(frozen=True, slots=True)
class CandidateBlock:
    """A stretch of a ranking, and the token of the one after it (empty at the end)."""

    hits: list[Found]
    next: str


class RemoteIndex:
    """A vector index by the names of its bucket and itself. Throttling is met with botocore's retries."""

    def __init__(self, client: Any, bucket: str, name: str) -> None:
        self._client = client
        self._where = {"vectorBucketName": bucket, "indexName": name}

    def create(self, dimension: int, tags: Mapping[str, str] = NO_TAGS) -> None:
        """Creates the index for vectors of so many numbers; fine if it is there already."""
        texts = [{"metadataKey": key, "language": LANGUAGE} for key in (TEXT, FACTS)]
        try:
            self._client.create_index(
                **self._where,
                dataType="float32",
                dimension=dimension,
                distanceMetric="cosine",
                **({"tags": dict(tags)} if tags else {}),
                metadataConfiguration={
                    "nonFilterableMetadataKeys": list(RESERVED),
                    "textSearchConfigurations": texts,
                },
            )
        except self._client.exceptions.ConflictException:
            index = self._client.get_index(**self._where)["index"]
            if index["dimension"] != dimension:
                raise

    def put(self, records: Iterable[VectorRecord]) -> int:
        """Upserts records and returns how many; a batch is what one call takes. No record is written twice
        at once: keys are distinct."""
        written = 0
        under_way: deque[Future[int]] = deque()
        with ThreadPoolExecutor(PUT_AT_ONCE) as pool:
            for batch in _batches(records):
                if len(under_way) == PUT_AT_ONCE:
                    written += under_way.popleft().result()
                under_way.append(pool.submit(self._put, batch))
            return written + sum(call.result() for call in under_way)

    def _put(self, batch: list[VectorRecord]) -> int:
        self._client.put_vectors(**self._where, vectors=batch)
        return len(batch)

    def delete(self, keys: Iterable[str]) -> None:
        """Removes vectors; keys without one are fine."""
        pending = iter(keys)
        while batch := list(islice(pending, DELETE_VECTORS)):
            self._client.delete_vectors(**self._where, keys=batch)

    def all_keys(self) -> Iterator[str]:
        """The keys of all vectors."""
        for page in self._client.get_paginator("list_vectors").paginate(**self._where):
            yield from (vector["key"] for vector in page["vectors"])

    def get(self, keys: Sequence[str], *, data: bool = False) -> dict[str, VectorRecord]:
        """The records of those keys that there are, with their metadata, and on demand their vectors."""
        records: dict[str, VectorRecord] = {}
        for start in range(0, len(keys), GET_VECTORS):
            batch = list(keys[start : start + GET_VECTORS])
            answer = self._client.get_vectors(**self._where, keys=batch, returnMetadata=True, returnData=data)
            records |= {vector["key"]: vector for vector in answer["vectors"]}
        return records

    def query(
        self, text: str, vector: Vector | None, filters: dict[str, Any] | None, token: str = ""
    ) -> CandidateBlock:
        """A block of the ranking for a text, a vector, or both: then by S3 Vectors' own fusion."""
        asked: dict[str, Any] = {"topK": BLOCK_VECTORS, "returnMetadata": True}
        if text:
            texts = [{"text": text[:MAX_QUERY_CHARS], "metadataKey": key} for key in (TEXT, FACTS)]
            asked |= {"queryTexts": texts, "returnScores": True}
        if vector is not None:
            asked |= {"queryVector": {"float32": vector.tolist()}, "returnDistance": True}
        if filters is not None:
            asked["filter"] = filters
        if token:
            asked["nextToken"] = token
        answer = self._client.query_vectors(**self._where, **asked)
        return CandidateBlock([_found(found) for found in answer["vectors"]], answer.get("nextToken", ""))


def _batches(records: Iterable[VectorRecord]) -> Iterator[list[VectorRecord]]:
    batch: list[VectorRecord] = []
    size = 0
    for record in records:
        bytes_ = len(orjson.dumps(record))
        if batch and (len(batch) == PUT_VECTORS or size + bytes_ > PUT_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += bytes_
    if batch:
        yield batch


def _found(vector: VectorRecord) -> Found:
    scores = vector.get("scores", {})
    bm25 = {part["metadataKey"]: part["score"] for part in scores.get("bm25Scores", ())}
    distance = scores.get("vectorDistance", vector.get("distance"))
    return Found(vector, bm25.get(TEXT), bm25.get(FACTS), None if distance is None else 1.0 - distance)
