"""Reads the auxiliary channel: vocabularies, and pretrained token vectors in GloVe's format.

Each line is a token and its numbers, separated by spaces; the vocabulary is a JSON object from token to id.
"""

from pathlib import Path

import numpy as np
import orjson
import torch

from object2vec.model.pairs.network import PairEncoder
from object2vec.model.pairs.vocabulary import PairVocabulary, read_vocabulary
from object2vec.training.pairs.data import PairDataError
from object2vec.training.pairs.hyperparameters import PairHyperparameters


def load_pretrained(
    encoder: PairEncoder,
    side: int,
    auxiliary: Path,
    settings: PairHyperparameters,
    words: PairVocabulary | None,
) -> int | None:
    """Sets the rows of the tokens in the file, and freezes the table if asked to. Returns the number of
    tokens found, None without a file. Raises PairDataError."""
    name = settings.of(side, "pretrained_embedding_file")
    if not name:
        return None
    if words is None:
        raise PairDataError(f"enc{side}_pretrained_embedding_file needs enc{side}_vocab_file: its token ids")
    ids, found = words.ids, 0
    with open(_file(auxiliary, name), encoding="utf-8") as file, torch.no_grad():
        for number, line in enumerate(file, 1):
            token, *numbers = line.rstrip("\n").rsplit(" ", encoder.tokens.embedding_dim)
            if token in ids:
                row = _vector(f"{name}, line {number}", numbers, encoder.tokens.embedding_dim)
                encoder.tokens.weight[ids[token]] = torch.from_numpy(row)
                found += 1
    if not found:
        vocabulary = settings.of(side, "vocab_file")
        raise PairDataError(f"no token of {vocabulary} is in {name}: check that they belong together")
    encoder.tokens.weight.requires_grad_(not settings.of(side, "freeze_pretrained_embedding"))
    return found


def load_vocabularies(
    auxiliary: Path, settings: PairHyperparameters, sizes: tuple[int, int]
) -> tuple[PairVocabulary | None, PairVocabulary | None]:
    """The vocabularies of both encoders; None where `vocab_file` is not given. Raises PairDataError."""
    in0, in1 = (
        _vocabulary(_file(auxiliary, name), size) if name else None
        for name, size in ((settings.of(side, "vocab_file"), sizes[side]) for side in (0, 1))
    )
    return in0, in1


def _vocabulary(path: Path, size: int) -> PairVocabulary:
    try:
        return read_vocabulary(path.read_bytes(), size)
    except orjson.JSONDecodeError as error:
        raise PairDataError(f"{path.name} is no JSON object from token to id: {error}") from error
    except ValueError as error:
        raise PairDataError(f"{path.name} {error}: set vocab_size to the highest id + 1") from error


def _vector(place: str, numbers: list[str], dim: int) -> "np.ndarray[tuple[int], np.dtype[np.float32]]":
    try:
        row = np.array(numbers, np.float32)
    except ValueError as error:
        raise PairDataError(f"{place} is not a token and {dim} numbers") from error
    if len(row) != dim or not np.isfinite(row).all():
        raise PairDataError(f"{place} has {len(row)} numbers: token_embedding_dim is {dim}")
    return row


def _file(auxiliary: Path, name: str) -> Path:
    path = auxiliary / name
    if not path.is_file():
        raise PairDataError(f"the auxiliary channel has no {name}: upload it there")
    return path
