"""Teacher vectors by content, so that a text is encoded once: across trainings, and after an interruption."""

import hashlib
import time
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from object2vec.core.arrays import Rows, TokenIds, Vectors
from object2vec.training.tasks.teacher import Teacher

_CHUNK = 512  # texts between two looks at the clock
_KEY_BYTES = 16


class CachedTeacher:
    """A teacher that encodes only texts that the folder's file does not hold. A damaged file is replaced."""

    def __init__(self, teacher: Teacher, folder: Path | None) -> None:
        self._teacher = teacher
        self._path = None if folder is None else folder / f"{teacher.version}.npz"
        self._known: dict[bytes, NDArray[np.float16]] = _read(self._path, teacher.dim)
        self._used: set[bytes] = set()
        self.encoded, self.seconds = 0, 0.0

    def encode(self, rows: TokenIds, lengths: Rows, seconds: float) -> tuple[Vectors, NDArray[np.bool_]]:
        """(n, dim) unit vectors and which of the n texts have one: the rest did not fit into the time."""
        parts = np.split(rows, np.cumsum(lengths)[:-1]) if len(lengths) else []
        keys = [hashlib.blake2b(part.tobytes(), digest_size=_KEY_BYTES).digest() for part in parts]
        self._used.update(keys)
        unknown = {key: at for at, key in enumerate(keys) if key not in self._known}
        places = list(unknown.values())
        start = time.monotonic()
        for first in range(0, len(places), _CHUNK):
            if time.monotonic() - start >= seconds:
                break
            self._learn(places[first : first + _CHUNK], keys, parts)
        self.seconds += time.monotonic() - start
        done = np.fromiter((key in self._known for key in keys), bool, len(keys))
        vectors = np.zeros((len(keys), self._teacher.dim), np.float32)
        for at in np.flatnonzero(done):
            vectors[at] = self._known[keys[at]]
        return vectors, done

    def save(self) -> None:
        """Writes the file in one step, with the texts of this training alone."""
        known = {key: vector for key, vector in self._known.items() if key in self._used}
        if self._path is None or not known:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        keys = np.frombuffer(b"".join(known), np.uint8).reshape(-1, _KEY_BYTES)
        scratch = self._path.with_name(f".{self._path.name}")
        with open(scratch, "wb") as file:
            np.savez(file, keys=keys, vectors=np.stack(list(known.values())))
        scratch.replace(self._path)

    def _learn(self, places: list[int], keys: list[bytes], parts: list[TokenIds]) -> None:
        lengths = np.array([len(parts[at]) for at in places], np.int64)
        vectors = self._teacher.encode(np.concatenate([parts[at] for at in places]), lengths)
        self._known.update(
            {keys[at]: vector.astype(np.float16) for at, vector in zip(places, vectors, strict=True)}
        )
        self.encoded += len(places)


def _read(path: Path | None, dim: int) -> dict[bytes, NDArray[np.float16]]:
    if path is None or not path.is_file():
        return {}
    try:
        with np.load(path) as stored:
            keys, vectors = stored["keys"], stored["vectors"]
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return {}
    if keys.shape != (len(vectors), _KEY_BYTES) or vectors.shape != (len(keys), dim):
        return {}
    return {key.tobytes(): vector for key, vector in zip(keys, vectors, strict=True)}
