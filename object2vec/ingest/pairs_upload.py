"""Loads an upload of native Object2Vec pairs, `{"label": 0, "in0": [ints], "in1": [ints]}` a line.

https://docs.aws.amazon.com/sagemaker/latest/dg/object2vec-training-formats.html
"""

import math
from array import array
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np
import orjson
from numpy.typing import NDArray

from object2vec.ingest.catalog_rows import parse_json
from object2vec.ingest.held_rows import Counts
from object2vec.ingest.loading import CuratedObject, Upload, count
from object2vec.ingest.readers.blocks import read_blocks
from object2vec.ingest.rules import MAX_TOKEN, MAX_TOKENS, FileError, RowError
from object2vec.storage.log_records import digest


class PairsOwner:
    """Pairs, in one file of JSON Lines."""

    def __init__(self, upload: Upload) -> None:
        self._upload = upload
        self._curated = CuratedObject(upload, ".jsonl")
        self._path = upload.folder / "curated.jsonl"
        self._file = open(self._path, "wb")  # noqa: SIM115  closed by `__exit__`

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def read(self, kind: str) -> None:
        if kind != "jsonl":
            raise FileError("unknown_format", "Pairs come as JSON Lines; name the file .jsonl or .jsonl.gz.")
        _take(self._upload, self._file)

    def publish(self) -> None:
        report = self._upload.report
        self._file.close()
        report.accepted = report.rows_read - report.rejected
        self._curated.guard()
        counts = self._counts()
        self._curated.publish(self._path)
        count(report, counts)
        report.holds = report.accepted

    def _counts(self) -> Counts:
        if not self._curated.etag:
            return Counts(added=self._upload.report.accepted, removed=self._curated.held)
        before = self._upload.folder / "before.jsonl"
        self._upload.store.download(self._curated.key, before)
        (earlier, of_earlier), (now, of_now) = _lines_of(before), _lines_of(self._path)
        _, in_earlier, in_now = np.intersect1d(earlier, now, assume_unique=True, return_indices=True)
        same = int(np.minimum(of_earlier[in_earlier], of_now[in_now]).sum())
        return Counts(added=int(of_now.sum()) - same, removed=int(of_earlier.sum()) - same, unchanged=same)


def _lines_of(path: Path) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Digests of the lines, and how often each is there."""
    with open(path, "rb") as file:
        digests = np.frombuffer(array("Q", map(digest, file)), np.uint64)
    values, counts = np.unique(digests, return_counts=True)
    return values, counts.astype(np.int64)


def parse_pair(record: Mapping[str, object]) -> dict[str, object]:
    """The pair a record holds. Raises RowError."""
    label = record.get("label")
    if type(label) not in (int, float) or not math.isfinite(float(str(label))):
        raise RowError("bad_pair_label")
    for name in ("in0", "in1"):
        if not _are_tokens(record.get(name)):
            raise RowError("bad_tokens")
    return {"label": label, "in0": record["in0"], "in1": record["in1"]}


def _take(upload: Upload, file: BinaryIO) -> None:
    ignored: set[str] = set()
    for line, raw in _lines(upload):
        upload.report.rows_read += 1
        try:
            record = parse_json(raw)
            pair = parse_pair(record)
        except RowError as error:
            upload.rejects.add(error.code, line, raw)
            continue
        file.write(orjson.dumps(pair, option=orjson.OPT_APPEND_NEWLINE))
        if extra := record.keys() - pair.keys() - ignored:
            ignored |= extra
            upload.report.ignored_columns = sorted(ignored)


def _lines(upload: Upload) -> Iterator[tuple[int, bytes]]:
    for block in read_blocks(upload.path):
        for line, raw in enumerate(block.data.split(b"\n"), block.first_line):
            if raw and not raw.isspace():
                yield line, raw


def _are_tokens(value: object) -> bool:
    if not isinstance(value, list) or not 0 < len(value) <= MAX_TOKENS:
        return False
    return all(type(token) is int and 0 <= token <= MAX_TOKEN for token in value)
