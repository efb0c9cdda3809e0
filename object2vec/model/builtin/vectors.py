"""The vectors that AWS's image gave for lists of tokens, looked up by the tokens."""

from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np
import orjson
from numpy.typing import NDArray

from object2vec.core.arrays import Vectors
from object2vec.core.errors import InputError
from object2vec.model.builtin.tokens import Tokens

KEYS, VECTORS = "keys.npy", "vectors.npy"


class UnencodedError(InputError):
    """The image's answers do not fit what it was asked; the message says where."""


class TokenVectors:
    """n lists of tokens and the vector of each, as the image gave it."""

    def __init__(self, keys: NDArray[np.uint64], vectors: NDArray[np.floating]) -> None:
        """`keys` (n,) ascending, `vectors` (n, d)."""
        self._keys, self.vectors = keys, vectors

    @classmethod
    def of(cls, sequences: Sequence[Tokens], vectors: Vectors) -> "TokenVectors":
        keys = np.fromiter(map(_key, sequences), np.uint64, len(sequences))
        distinct, first = np.unique(keys, return_index=True)
        return cls(distinct, vectors[first])

    @classmethod
    def load(cls, folder: Path) -> "TokenVectors":
        """Reads what `save` wrote; the vectors stay on disk until they are looked up."""
        return cls(np.load(folder / KEYS), np.load(folder / VECTORS, mmap_mode="r"))

    def save(self, folder: Path) -> None:
        """Writes the vectors in half precision, which changes cosines in the fourth digit."""
        np.save(folder / KEYS, self._keys)
        np.save(folder / VECTORS, self.vectors.astype(np.float16))

    def find(self, sequences: Sequence[Tokens]) -> tuple[Vectors, NDArray[np.bool_]]:
        """(n, d) the vectors, zeros where there is none, and (n,) whether there is one."""
        keys = np.fromiter(map(_key, sequences), np.uint64, len(sequences))
        places = np.minimum(np.searchsorted(self._keys, keys), max(0, len(self._keys) - 1))
        found = self._keys[places] == keys if len(self._keys) else np.zeros(len(keys), np.bool_)
        rows = np.zeros((len(sequences), self.vectors.shape[1]), np.float32)
        rows[found] = self.vectors[places[found]]
        return rows, found


def read_answers(requests: Path, answers: Path, side: str) -> tuple[list[Tokens], Vectors]:
    """The requests of a batch transform, JSON Lines `{side: tokens}`, and the vectors (n, d) it answered, in
    the same order. Raises UnencodedError."""
    asked = [tuple(orjson.loads(line)[side]) for line in requests.read_bytes().splitlines()]
    lines = [line for file in sorted(answers.glob("*.out")) for line in file.read_bytes().splitlines()]
    if len(lines) != len(asked):
        raise UnencodedError(
            f"{len(lines)} answers to the {len(asked)} lines of {requests.name}: run the transform again"
        )
    try:
        vectors = np.stack([np.array(orjson.loads(line)["embeddings"], np.float32) for line in lines])
    except (ValueError, KeyError, TypeError) as error:
        raise UnencodedError(
            f"{answers} holds what are no embeddings ({error}): see the job's log"
        ) from error
    if not np.isfinite(vectors).all():
        raise UnencodedError(f"{answers} holds what are no numbers: see the job's log")
    return asked, vectors


def write_lines(path: Path, records: Sequence[dict[str, object]]) -> None:
    """JSON Lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE) for record in records))


def _key(tokens: Tokens) -> int:
    return int.from_bytes(blake2b(np.array(tokens, np.int32).tobytes(), digest_size=8).digest(), "little")
