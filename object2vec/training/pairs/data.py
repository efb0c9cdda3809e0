"""Pairs of a channel: JSON Lines `{"label": 0, "in0": [ints], "in1": [ints]}`, as AWS documents them.

https://docs.aws.amazon.com/sagemaker/latest/dg/object2vec-training-formats.html
"""

import hashlib
import math
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from object2vec.core.errors import InputError
from object2vec.core.pairs import MAX_TOKEN
from object2vec.model.pairs.sequences import Sequences, without_padding

SUFFIXES = (".jsonl", ".json", ".jsonlines")


class PairDataError(InputError):
    """The pairs cannot be trained on; the message names file and line, and says what to do."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """m labelled pairs, about 4 bytes a token in memory."""

    labels: NDArray[np.float32]  # (m,)
    sides: tuple[Sequences, Sequences]  # in0 and in1, m each
    padded: int = 0  # how many sequences ended in zeros, which are read as padding

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, positions: NDArray[np.int64]) -> "Pairs":
        """The pairs at some positions, repeats allowed."""
        in0, in1 = (side.take(positions) for side in self.sides)
        return Pairs(self.labels[positions], (in0, in1))

    def fingerprint(self) -> str:
        """A hash of the content."""
        digest = hashlib.sha256(self.labels.tobytes())
        for side in self.sides:
            digest.update(side.tokens.tobytes())
            digest.update(side.lengths.tobytes())
        return digest.hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits that the settings put on a pair; None is no limit."""

    vocab_sizes: tuple[int | None, int | None] = (None, None)
    max_seq_lens: tuple[int | None, int | None] = (None, None)
    classes: int | None = None  # labels must be 0, 1, … below it; None: any finite number


def holds_pairs(folder: Path) -> bool:
    """Whether a channel holds files of pairs."""
    return folder.is_dir() and any(_files(folder))


def read_pairs(folder: Path, limits: Limits) -> Pairs:
    """All pairs of a channel, streamed line by line. Raises PairDataError, with file and line."""
    labels, padded = array("f"), 0
    tokens, lengths = (array("i"), array("i")), (array("q"), array("q"))
    for place, line in _lines(folder):
        label, sequences = _parsed(place, line, limits)
        labels.append(label)
        for side, sequence in enumerate(sequences):
            kept = without_padding(sequence)
            padded += len(kept) < len(sequence)
            kept = kept[: limits.max_seq_lens[side]]
            tokens[side].extend(kept)
            lengths[side].append(len(kept))
    if not labels:
        raise PairDataError(
            f"the channel {folder.name} holds no pair: put JSON Lines into it, or leave the channel out"
        )
    in0, in1 = (
        Sequences(np.frombuffer(tokens[side], np.int32), np.frombuffer(lengths[side], np.int64))
        for side in (0, 1)
    )
    return Pairs(np.frombuffer(labels, np.float32), (in0, in1), padded)


@dataclass(frozen=True, slots=True)
class Sizes:
    """The sizes of the network's inputs, for in0 and in1."""

    vocab_sizes: tuple[int, int]
    max_seq_lens: tuple[int, int]


def sizes_of(channels: Sequence[Pairs], limits: Limits, *, tied: bool) -> Sizes:
    """The sizes that the limits give; those that they leave open are taken from the data."""
    sizes, lens = [], []
    for side in (0, 1):
        highest = max(int(pairs.sides[side].tokens.max(initial=1)) for pairs in channels)
        longest = max(int(pairs.sides[side].lengths.max(initial=1)) for pairs in channels)
        sizes.append(limits.vocab_sizes[side] or highest + 1)
        lens.append(limits.max_seq_lens[side] or min(longest, 5_000))
    if tied:
        sizes = [max(sizes)] * 2
    return Sizes((sizes[0], sizes[1]), (lens[0], lens[1]))


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix in SUFFIXES)


def _lines(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in _files(folder):
        with open(path, "rb") as file:
            for number, line in enumerate(file, 1):
                if not line.isspace():
                    yield f"{folder.name}/{path.relative_to(folder)}, line {number}", line


def _parsed(place: str, line: bytes, limits: Limits) -> tuple[float, tuple[list[int], list[int]]]:
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise PairDataError(f"{place} is no JSON ({error}): write one object a line") from error
    if not isinstance(record, dict):
        raise PairDataError(f'{place} is no object: write {{"label": 0, "in0": [1], "in1": [2]}}')
    label = _label(place, record.get("label"), limits.classes)
    in0, in1 = (_sequence(place, record, side, limits.vocab_sizes[side]) for side in (0, 1))
    return label, (in0, in1)


def _label(place: str, label: Any, classes: int | None) -> float:
    if type(label) not in (int, float) or not math.isfinite(label):
        raise PairDataError(f"{place}: label {label!r} is no finite number: every pair needs one")
    if classes is not None and not (label == int(label) and 0 <= label < classes):
        raise PairDataError(
            f"{place}: label {label} is none of the classes 0 to {classes - 1}: set num_classes to the number"
            " of classes, or output_layer=mean_squared_error where labels are numbers to come close to"
        )
    return float(label)


def _sequence(place: str, record: dict[str, Any], side: int, vocab_size: int | None) -> list[int]:
    name, tokens = f"in{side}", record.get(f"in{side}")
    if not isinstance(tokens, list) or not tokens or not all(type(token) is int for token in tokens):
        raise PairDataError(f"{place}: {name} must be a list of at least one whole number")
    low, high = min(tokens), max(tokens)
    if low < 0 or high > MAX_TOKEN:
        raise PairDataError(
            f"{place}: {name} holds {low if low < 0 else high}: ids go from 0 to {MAX_TOKEN:,}"
        )
    if vocab_size is not None and high >= vocab_size:
        raise PairDataError(
            f"{place}: {name} holds {high}, but ids end at enc{side}_vocab_size - 1 = {vocab_size - 1}: set"
            f" enc{side}_vocab_size to the highest id + 1, or leave it out"
        )
    return tokens
