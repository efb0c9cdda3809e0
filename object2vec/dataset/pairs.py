"""Splits curated pairs into the channels that training and evaluation read."""

import hashlib
from array import array
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import orjson

from object2vec.core.errors import InputError

FILE = "pairs.jsonl"
MIN_PAIRS = 20


class TooFewPairsError(InputError):
    """There are not enough pairs to train on some and measure on others."""


def write_pairs_dataset(pairs: Path, output: Path) -> dict[str, object]:
    """Reads JSON Lines from `pairs`; writes `{train,validation,test}/pairs.jsonl` and
    `auxiliary/summary.json` under `output`, and returns the summary. Raises TooFewPairsError.

    A tenth each is validation and test, chosen by a hash of the line: the order of the files does not matter,
    and the same pair is never on both sides."""
    hashes = np.frombuffer(array("Q", (_hash(line) for line in _lines(pairs))), np.uint64)
    if len(hashes) < MIN_PAIRS:
        raise TooFewPairsError(
            f"There are {len(hashes)} pairs: upload at least {MIN_PAIRS} to uploads/pairs/."
        )
    tenth = len(hashes) // 10
    first, second = (int(value) for value in np.sort(hashes)[[tenth, 2 * tenth]])
    numbers = dict.fromkeys(("train", "validation", "test"), 0)
    with ExitStack() as stack:
        files = {name: stack.enter_context(_channel(output, name).open("wb")) for name in numbers}
        for line in _lines(pairs):
            place = _hash(line)
            name = "test" if place < first else "validation" if place < second else "train"
            files[name].write(line)
            numbers[name] += 1
    fingerprint = hashlib.sha256(np.sort(hashes).tobytes()).hexdigest()[:16]
    summary: dict[str, object] = {"pairs": len(hashes), **numbers, "fingerprint": fingerprint}
    _channel(output, "auxiliary").with_name("summary.json").write_bytes(orjson.dumps(summary))
    return summary


def _lines(folder: Path) -> Iterator[bytes]:
    for path in sorted(folder.glob("*.jsonl")):
        with open(path, "rb") as file:
            yield from file


def _hash(line: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(line, digest_size=8).digest())


def _channel(output: Path, name: str) -> Path:
    (output / name).mkdir(parents=True, exist_ok=True)
    return output / name / FILE
