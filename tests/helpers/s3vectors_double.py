"""A double of Amazon S3 Vectors behind a real boto3 client: botocore validates and serialises every request
and parses every answer; only the network is replaced.

Modelled: vector buckets are taken for granted; indexes with their configuration; put, get, list, delete; the
documented limits (dimension, batch and metadata sizes, no zero vectors, filters on filterable keys only);
classic and full-text and hybrid queries with filters and continuation tokens; throttling on demand.
Not modelled: that search is approximate, the service's analysers (ours are used), its constant in reciprocal
rank fusion (60 here), index modes, encryption, tags, permissions, latency.
"""

import json
from collections.abc import Callable
from typing import Any, ClassVar

import boto3
import numpy as np
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from object2vec.search.analysis import ENGLISH
from object2vec.training.evaluation.bm25 import TextBaseline, query_terms

RRF_K = 60
PAGE = 500


class RefusedError(Exception):
    """An error answer of the service."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


class S3VectorsDouble:
    """The service. `client` speaks to it; `throttle` makes the next calls fail as a busy service does."""

    def __init__(self) -> None:
        self.indexes: dict[str, dict[str, Any]] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.throttle = 0

    def client(self, attempts: int = 4) -> Any:
        client = boto3.client(
            "s3vectors",
            region_name="eu-west-1",
            aws_access_key_id="x",
            aws_secret_access_key="x",
            config=Config(retries={"mode": "standard", "max_attempts": attempts}),
        )
        client.meta.events.register("before-send.s3vectors.*", self._answer)
        return client

    def _answer(self, request: Any, **_: Any) -> AWSResponse:
        operation = request.url.rpartition("/")[2]
        asked = json.loads(request.body or b"{}")
        self.calls.append((operation, asked))
        try:
            if self.throttle:
                self.throttle -= 1
                raise RefusedError(429, "TooManyRequestsException", "slow down")
            answer, status, headers = self._operations[operation](self, asked), 200, {}
        except RefusedError as error:
            answer, status = {"message": str(error)}, error.status
            headers = {"x-amzn-errortype": error.code}
        return AWSResponse(request.url, status, headers, _Raw(json.dumps(answer).encode()))

    def _create(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["indexName"] in self.indexes:
            raise RefusedError(409, "ConflictException", "exists")
        self.indexes[asked["indexName"]] = {"about": asked, "vectors": {}}
        return {"indexArn": self._arn(asked)}

    def _describe(self, asked: dict[str, Any]) -> dict[str, Any]:
        about = self._index(asked)["about"]
        kept = ("vectorBucketName", "indexName", "dataType", "dimension", "distanceMetric")
        described = {name: about[name] for name in kept}
        return {"index": {**described, "indexArn": self._arn(asked), "creationTime": 0}}

    def _put(self, asked: dict[str, Any]) -> dict[str, Any]:
        index = self._index(asked)
        for vector in asked["vectors"]:
            self._check(index["about"], vector)
        for vector in asked["vectors"]:
            index["vectors"][vector["key"]] = vector
        return {}

    def _check(self, about: dict[str, Any], vector: dict[str, Any]) -> None:
        data, metadata = vector["data"]["float32"], vector.get("metadata", {})
        hidden = about["metadataConfiguration"]["nonFilterableMetadataKeys"]
        seen = {name: value for name, value in metadata.items() if name not in hidden}
        for broken, why in (
            (len(data) != about["dimension"], "dimension"),
            (not any(data), "zero vector"),
            (
                len(json.dumps(metadata, separators=(",", ":"), ensure_ascii=False).encode()) > 40 << 10,
                "size",
            ),
            (
                len(json.dumps(seen, separators=(",", ":"), ensure_ascii=False).encode()) > 2 << 10,
                "filterable",
            ),
            (len(metadata) > 50, "keys"),
        ):
            if broken:
                raise RefusedError(400, "ValidationException", f"{vector['key']}: {why}")

    def _get(self, asked: dict[str, Any]) -> dict[str, Any]:
        vectors = self._index(asked)["vectors"]
        found = [vectors[key] for key in asked["keys"] if key in vectors]
        return {"vectors": [_shown(v, asked.get("returnMetadata"), asked.get("returnData")) for v in found]}

    def _list(self, asked: dict[str, Any]) -> dict[str, Any]:
        keys = sorted(self._index(asked)["vectors"])
        start = int(asked.get("nextToken", 0))
        more = {"nextToken": str(start + PAGE)} if len(keys) > start + PAGE else {}
        return {"vectors": [{"key": key} for key in keys[start : start + PAGE]], **more}

    def _delete(self, asked: dict[str, Any]) -> dict[str, Any]:
        for key in asked["keys"]:
            self._index(asked)["vectors"].pop(key, None)
        return {}

    def _list_indexes(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"indexes": [self._describe({**asked, "indexName": name})["index"] for name in self.indexes]}

    def _delete_index(self, asked: dict[str, Any]) -> dict[str, Any]:
        self.indexes.pop(asked["indexName"], None)
        return {}

    def _query(self, asked: dict[str, Any]) -> dict[str, Any]:
        index = self._index(asked)
        hidden = index["about"]["metadataConfiguration"]["nonFilterableMetadataKeys"]
        rows = [v for v in index["vectors"].values() if holds(asked.get("filter"), v["metadata"], hidden)]
        ranked, scores = self._ranked(rows, asked)
        start, top = int(asked.get("nextToken", 0)), asked["topK"]
        if top > 100:
            raise RefusedError(400, "ValidationException", "topK")
        shown = []
        for at in ranked[start : start + top]:
            found = _shown(rows[at], asked.get("returnMetadata"), False)
            if asked.get("returnScores"):
                found["scores"] = scores[at]
            elif asked.get("returnDistance"):
                found["distance"] = scores[at]["vectorDistance"]
            shown.append(found)
        more = {"nextToken": str(start + top)} if len(ranked) > start + top else {}
        return {"vectors": shown, "distanceMetric": "cosine", **more}

    def _ranked(self, rows: list[dict[str, Any]], asked: dict[str, Any]) -> tuple[list[int], list[Any]]:
        scores: list[dict[str, Any]] = [{} for _ in rows]
        lists = []
        if query := asked.get("queryVector"):
            wanted = np.array(query["float32"])
            data = np.array([row["data"]["float32"] for row in rows]).reshape(len(rows), len(wanted))
            distance = 1 - data @ wanted / np.linalg.norm(data, axis=1) / np.linalg.norm(wanted)
            for at in range(len(rows)):
                scores[at]["vectorDistance"] = float(distance[at])
            lists.append(np.argsort(distance, kind="stable").tolist())
        total = np.zeros(len(rows))
        for text in asked.get("queryTexts", ()):
            bm25 = TextBaseline(
                [row["metadata"].get(text["metadataKey"], "") for row in rows] or [""], ENGLISH
            )
            found = bm25.scores(query_terms([text["text"]], [1.0], ENGLISH))[: len(rows)]
            total += found
            for at in np.flatnonzero(found):
                part = {"metadataKey": text["metadataKey"], "score": float(found[at])}
                scores[at].setdefault("bm25Scores", []).append(part)
        if "queryTexts" in asked:
            lists.append([at for at in np.argsort(-total, kind="stable").tolist() if total[at] > 0])
        fused: dict[int, float] = {}
        for ranking in lists:
            for rank, at in enumerate(ranking, 1):
                fused[at] = fused.get(at, 0.0) + 1 / (RRF_K + rank)
        return sorted(fused, key=lambda at: -fused[at]), scores

    def _index(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["indexName"] not in self.indexes:
            raise RefusedError(404, "NotFoundException", f"no index {asked['indexName']}")
        return self.indexes[asked["indexName"]]

    def _arn(self, asked: dict[str, Any]) -> str:
        bucket = asked["vectorBucketName"]
        return f"arn:aws:s3vectors:eu-west-1:123456789012:bucket/{bucket}/index/{asked['indexName']}"

    _operations: ClassVar[dict[str, Callable[..., dict[str, Any]]]] = {
        "CreateIndex": _create,
        "GetIndex": _describe,
        "PutVectors": _put,
        "GetVectors": _get,
        "ListVectors": _list,
        "DeleteVectors": _delete,
        "QueryVectors": _query,
        "ListIndexes": _list_indexes,
        "DeleteIndex": _delete_index,
    }


def holds(filters: dict[str, Any] | None, metadata: dict[str, Any], hidden: list[str]) -> bool:
    """The documented operators; a comparison with a field that is absent does not hold."""
    for name, condition in (filters or {}).items():
        if name == "$and" or name == "$or":
            combine = all if name == "$and" else any
            if not condition:
                raise RefusedError(400, "ValidationException", f"{name} of nothing")
            if not combine(holds(part, metadata, hidden) for part in condition):
                return False
            continue
        if name in hidden:
            raise RefusedError(400, "ValidationException", f"{name} is not filterable")
        operators = condition if isinstance(condition, dict) else {"$eq": condition}
        if not all(
            _compared(operator, operand, metadata.get(name)) for operator, operand in operators.items()
        ):
            return False
    return True


def _compared(operator: str, operand: Any, value: Any) -> bool:
    if operator == "$exists":
        return (value is not None) == operand
    if value is None:
        return False
    values = [_typed(part) for part in (value if isinstance(value, list) else [value])]
    match operator:
        case "$eq":
            return _typed(operand) in values
        case "$ne":
            return _typed(operand) not in values
        case "$in" | "$nin":
            if not operand:
                raise RefusedError(400, "ValidationException", f"{operator} of nothing")
            return any(_typed(option) in values for option in operand) == (operator == "$in")
    if isinstance(value, bool | str | list):
        return False
    return {
        "$gt": value > operand,
        "$gte": value >= operand,
        "$lt": value < operand,
        "$lte": value <= operand,
    }[operator]


def _typed(value: Any) -> tuple[bool, Any]:
    return isinstance(value, bool), value


def _shown(vector: dict[str, Any], metadata: bool | None, data: bool | None) -> dict[str, Any]:
    shown = {"key": vector["key"]}
    if metadata:
        shown["metadata"] = vector.get("metadata", {})
    if data:
        shown["data"] = vector["data"]
    return shown


class _Raw:
    """Raw stream that botocore reads a body from."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: Any, **__: Any) -> Any:
        yield self._body

    def read(self, *_: Any) -> bytes:
        body, self._body = self._body, b""
        return body
