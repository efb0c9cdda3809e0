"""Curated pairs as the channels that training and evaluation read: those given, or cut from one file."""

import hashlib
from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import orjson
from numpy.typing import NDArray

from object2vec.core.errors import InputError
from object2vec.core.pairs import CHANNELS
from object2vec.core.wording import counted

FILE = "pairs.jsonl"
MIN_PAIRS = 20
FEWEST_DISTINCT = 10


class TooFewPairsError(InputError):
    """There are not enough pairs to train on some and measure on others."""


def write_pairs_dataset(pairs: Path, output: Path) -> dict[str, object]:
    """Reads JSON Lines from the folders `train`, `validation` and `test` of `pairs` (files in none of them
    are for training). Writes `{train,validation,test}/pairs.jsonl` and `auxiliary/summary.json` under
    `output`, and returns the summary. Raises TooFewPairsError.

    Channels that were given stay as they are. Without validation and test, a tenth of the training pairs is
    cut for each, by a hash of the line: the order of the files does not matter, and the same pair is never on
    both sides. Where only the validation is missing, a tenth is cut for it; where only the test is missing,
    it is made with the validation's pairs.
    """
    given = {name: _files(pairs, name) for name in CHANNELS}
    hashes = {name: _hashes(files) for name, files in given.items()}
    cut = _cut(hashes)
    with ExitStack() as stack:
        files = {name: stack.enter_context(_channel(output, name).open("wb")) for name in CHANNELS}
        for line in _lines(given["train"]):
            place = _hash(line)
            name = "test" if place < cut[0] else "validation" if place < cut[1] else "train"
            files[name].write(line)
        for name in ("validation", "test"):
            files[name].writelines(_lines(given[name]))
            if name == "test" and given["validation"] and not given["test"]:
                files[name].writelines(_lines(given["validation"]))
    numbers = {name: _count(_channel(output, name)) for name in CHANNELS}
    everything = np.sort(np.concatenate([*hashes.values()]))
    fingerprint = hashlib.sha256(everything.tobytes()).hexdigest()[:16]
    summary: dict[str, object] = {"pairs": len(everything), **numbers, "fingerprint": fingerprint}
    if notes := _notes(hashes):
        summary["notes"] = notes
    _channel(output, "auxiliary").with_name("summary.json").write_bytes(orjson.dumps(summary))
    return summary


def _cut(hashes: Mapping[str, NDArray[np.uint64]]) -> tuple[int, int]:
    """Training pairs with a hash below the first are for the test, below the second for the validation."""
    train = hashes["train"]
    if len(train) < MIN_PAIRS:
        raise TooFewPairsError(
            f"Only {counted(len(train), 'pair')} to train on:"
            f" upload at least {MIN_PAIRS} to uploads/pairs/train/."
        )
    if len(hashes["validation"]):
        return 0, 0
    distinct = np.unique(train)  # a pair that comes often is on one side, so tenths are of distinct pairs
    if len(distinct) < FEWEST_DISTINCT:
        raise TooFewPairsError(
            f"Only {counted(len(distinct), 'distinct pair')} to train on: upload at least {FEWEST_DISTINCT},"
            " or pairs for uploads/pairs/validation/ and /test/ as well."
        )
    tenth = max(1, len(distinct) // 10)
    if len(hashes["test"]):
        return 0, int(distinct[tenth])
    return int(distinct[tenth]), int(distinct[2 * tenth])


def _notes(hashes: Mapping[str, NDArray[np.uint64]]) -> list[str]:
    notes = []
    if len(hashes["validation"]) and not len(hashes["test"]):
        notes.append("No pairs for the test: it is made with those for the validation (uploads/pairs/test/).")
    for name in ("validation", "test"):
        if again := int(np.isin(hashes[name], hashes["train"]).sum()):
            pairs = counted(again, f"pair of the {name} is", f"pairs of the {name} are")
            notes.append(f"{pairs} among those to train on: its figures are too good.")
    return notes


def _files(pairs: Path, channel: str) -> list[Path]:
    """Files of pairs in a stable order; those that lie in no channel's folder are for training."""
    found = sorted((pairs / channel).rglob("*.jsonl"))
    return [*sorted(pairs.glob("*.jsonl")), *found] if channel == "train" else found


def _hashes(files: Sequence[Path]) -> NDArray[np.uint64]:
    return np.frombuffer(array("Q", map(_hash, _lines(files))), np.uint64)


def _lines(files: Sequence[Path]) -> Iterator[bytes]:
    for path in files:
        with open(path, "rb") as file:
            yield from (line.rstrip() + b"\n" for line in file)  # a curated file is stamped with spaces


def _count(path: Path) -> int:
    with open(path, "rb") as file:
        return sum(1 for _ in file)


def _hash(line: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(line, digest_size=8).digest())


def _channel(output: Path, name: str) -> Path:
    (output / name).mkdir(parents=True, exist_ok=True)
    return output / name / FILE
