"""Loads an upload of native Object2Vec pairs, `{"label": 0, "in0": [ints], "in1": [ints]}` a line.

https://docs.aws.amazon.com/sagemaker/latest/dg/object2vec-training-formats.html
"""

import math
from collections.abc import Iterator, Mapping
from typing import BinaryIO

import orjson

from object2vec.ingest.catalog_rows import parse_json
from object2vec.ingest.loading import Upload, curated_key
from object2vec.ingest.readers.blocks import read_blocks
from object2vec.ingest.rules import MAX_TOKEN, MAX_TOKENS, FileError, RowError


def load_pairs(upload: Upload) -> None:
    """Writes the accepted pairs to their curated object, or removes it where none is left. Raises FileError;
    pairs before the place where the file breaks off are kept."""
    report = upload.report
    if upload.kind != "jsonl":
        raise FileError("unknown_format", "Pairs come as JSON Lines; name the file .jsonl or .jsonl.gz.")
    path = upload.path.with_name("curated.jsonl")
    try:
        with open(path, "wb") as file:
            _take(upload, file)
    finally:
        report.accepted = report.rows_read - report.rejected
        curated = curated_key(report.key).removesuffix(".parquet") + ".jsonl"
        if report.accepted:
            upload.store.upload(path, curated)
            report.outputs = [curated]
        else:
            upload.store.delete(curated)


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
