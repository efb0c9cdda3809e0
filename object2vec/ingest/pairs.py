"""Loads an upload of native Object2Vec pairs, `{"label": 0, "in0": [ints], "in1": [ints]}` a line, or however
else the objects lie in the file.

https://docs.aws.amazon.com/sagemaker/latest/dg/object2vec-training-formats.html
"""

import math
from array import array
from collections import Counter
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import numpy as np
import orjson
from numpy.typing import NDArray

from object2vec.core.pairs import CHANNELS, MAX_TOKEN, MAX_TOKENS
from object2vec.ingest.curated import CuratedObject, curated_key
from object2vec.ingest.mapping import FileMapping
from object2vec.ingest.owner import Upload, count
from object2vec.ingest.ownership.held_rows import RowCounts
from object2vec.ingest.ownership.stamps import stamp_lines
from object2vec.ingest.readers.encoding import encoding_of
from object2vec.ingest.readers.json_records import json_records
from object2vec.ingest.rules import FileError, RowError
from object2vec.storage.log_records import digest

_OTHER_NAMES = {
    "val": "validation",
    "valid": "validation",
    "dev": "validation",
    "eval": "test",
    "training": "train",
}
_FEW_LABELS = 100

LineCounts = tuple[NDArray[np.uint64], NDArray[np.int64]]
"""Digests of lines, and how often each is there."""


class PairsOwner:
    """Pairs of one channel, in one file of JSON."""

    def __init__(self, upload: Upload) -> None:
        self._upload = upload
        self._curated = CuratedObject(upload, ".jsonl", folder=channel_of(upload.version.key))
        self._path = upload.folder / "curated.jsonl"
        self._file = open(self._path, "wb")  # noqa: SIM115  closed by `__exit__`

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def read(self, kind: str, _mapping: FileMapping) -> None:
        if kind != "jsonl":
            raise FileError("unknown_format", "Pairs come as JSON Lines; name the file .jsonl or .jsonl.gz.")
        _refuse_misspelt(self._upload.version.key)
        labels = _take(self._upload, self._file)
        self._upload.report.recognised = "Object2Vec pairs"
        self._upload.report.notes += _notes(labels)

    def publish(self) -> None:
        report = self._upload.report
        self._file.close()
        report.accepted = report.rows_read - report.rejected
        self._curated.guard()
        lines = _lines_of(self._path)
        report.notes += _repeats(channel_of(report.key), lines)
        counts = self._counts(lines)
        stamp_lines(self._path, report.etag, report.uploaded)
        self._curated.publish(self._path)
        self._upload.store.delete(
            f"{curated_key(report.key).removesuffix('.parquet')}.jsonl"
        )  # without a channel, earlier
        count(report, counts)
        report.holds = report.accepted

    def _counts(self, lines: LineCounts) -> RowCounts:
        if not self._curated.has_rows:
            return RowCounts(added=self._upload.report.accepted, removed=self._curated.held)
        before = self._upload.folder / "before.jsonl"
        self._upload.store.download(self._curated.key, before)
        (earlier, of_earlier), (now, of_now) = _lines_of(before), lines
        _, in_earlier, in_now = np.intersect1d(earlier, now, assume_unique=True, return_indices=True)
        same = int(np.minimum(of_earlier[in_earlier], of_now[in_now]).sum())
        return RowCounts(added=int(of_now.sum()) - same, removed=int(of_earlier.sum()) - same, unchanged=same)


def _lines_of(path: Path) -> LineCounts:
    """Digests of the lines, and how often each is there."""
    with open(path, "rb") as file:
        digests = np.frombuffer(array("Q", (digest(line.rstrip()) for line in file)), np.uint64)
    values, counts = np.unique(digests, return_counts=True)
    return values, counts.astype(np.int64)


def parse_pair(record: Mapping[str, object]) -> dict[str, Any]:
    """The pair a record holds. Raises RowError."""
    label = record.get("label")
    if type(label) not in (int, float) or not math.isfinite(float(str(label))):
        raise RowError("bad_pair_label")
    for name in ("in0", "in1"):
        if not _are_tokens(record.get(name)):
            raise RowError("bad_tokens")
    return {"label": label, "in0": record["in0"], "in1": record["in1"]}


def channel_of(key: str) -> str:
    """`train`, `validation` or `test`, by the folder below the prefix; what lies in no such folder is for
    training."""
    folder = key.split("/")[2]
    return folder if folder in CHANNELS and key.count("/") > 2 else "train"


def _refuse_misspelt(key: str) -> None:
    """Raises FileError for a folder that seems to be meant for a channel."""
    folder = key.split("/")[2] if key.count("/") > 2 else "train"
    if folder in CHANNELS:
        return
    if meant := _OTHER_NAMES.get(folder.lower()) or next(
        iter(get_close_matches(folder.lower(), CHANNELS)), ""
    ):
        raise FileError(
            "unknown_channel", f"There is no channel {folder}; upload the pairs to uploads/pairs/{meant}/."
        )


def _notes(labels: Mapping[float, int]) -> list[str]:
    """Notes on pairs that cannot show what does not belong together."""
    if len(labels) != 1:
        return []
    (label,) = labels
    if label <= 0:
        return [f"All labels are {label:g}: no pair belongs together, so there is nothing to learn from."]
    return [
        f"All labels are {label:g}. Set negative_sampling_rate (3, say) so that training draws pairs that do "
        "not belong together, and upload pairs with both labels to uploads/pairs/validation/ and /test/."
    ]


def _repeats(channel: str, lines: LineCounts) -> list[str]:
    """Notes on a file of which most pairs are repeats."""
    digests, counts = lines
    distinct, pairs = len(digests), int(counts.sum())
    if 2 * distinct >= pairs:
        return []
    note = f"Of the {pairs:,} pairs for {channel} only {distinct:,} differ from each other"
    if channel == "train":
        return [f"{note}: there is little to learn from, and hardly any to hold out; upload more of them."]
    return [f"{note}: what is measured on them says little; upload more of them."]


def _take(upload: Upload, file: BinaryIO) -> Mapping[float, int]:
    """Writes the accepted pairs. Returns how often each label comes, of the first few."""
    ignored: set[str] = set()
    labels: Counter[float] = Counter()
    for record in json_records(upload.path, encoding_of(upload.path)):
        upload.report.rows_read += 1
        try:
            if record.problem:
                raise RowError(record.problem)
            pair = parse_pair(record.value)
        except RowError as error:
            upload.rejects.add(error.code, record.line, record.raw)
            continue
        file.write(orjson.dumps(pair, option=orjson.OPT_APPEND_NEWLINE))
        if len(labels) < _FEW_LABELS or pair["label"] in labels:
            labels[pair["label"]] += 1
        if extra := record.value.keys() - pair.keys() - ignored:
            ignored |= extra
            upload.report.ignored_columns = sorted(ignored)
    return labels


def _are_tokens(value: object) -> bool:
    if not isinstance(value, list) or not 0 < len(value) <= MAX_TOKENS:
        return False
    return all(type(token) is int and 0 <= token <= MAX_TOKEN for token in value)
