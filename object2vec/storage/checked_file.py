"""Arrays in one safetensors file, which cannot carry code, with a checksum of their content."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from object2vec.core.errors import InputError

Arrays = Mapping[str, NDArray[Any]]
_IDS = "ids"


class CheckedFileError(InputError):
    """The file is missing, damaged or of another format; the message says which."""


def write_checked(path: Path, arrays: Arrays, format_: str, about: Mapping[str, str] | None = None) -> None:
    """Writes the arrays, and `about` beside them, which has no checksum."""
    dense = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    path.write_bytes(save(dense, {**(about or {}), "format": format_, "checksum": _checksum(dense)}))


def read_checked(path: Path, names: Collection[str], format_: str) -> tuple[Arrays, Mapping[str, str]]:
    """The arrays, which must have exactly these `names`, and `about`. Raises CheckedFileError."""
    try:
        with safe_open(path, framework="numpy") as file:
            about: Mapping[str, str] = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
    except (SafetensorError, OSError) as error:
        raise CheckedFileError(f"{path.name} cannot be read ({error})") from error
    if about.get("format") != format_:
        raise CheckedFileError(f"{path.name} has format {about.get('format')}, this code reads {format_}")
    if set(arrays) != set(names) or about.get("checksum") != _checksum(arrays):
        raise damaged(path)
    return arrays, about


def write_table(path: Path, ids: Sequence[str], arrays: Arrays, format_: str) -> None:
    """Writes ids and the arrays about them."""
    write_checked(path, {_IDS: ids_array(ids), **arrays}, format_)


def read_table(path: Path, names: Sequence[str], format_: str) -> tuple[list[str], list[NDArray[Any]]]:
    """The ids, and the arrays in the order of their names. Raises CheckedFileError."""
    arrays, _ = read_checked(path, (_IDS, *names), format_)
    return ids_in(arrays[_IDS], path), [arrays[name] for name in names]


def damaged(path: Path) -> CheckedFileError:
    """The error for arrays that do not belong together: a file may come from anyone."""
    return CheckedFileError(f"{path.name} is damaged")


def ids_array(ids: Sequence[str]) -> NDArray[np.uint8]:
    """Ids as an array of bytes, which holds them as JSON."""
    return np.frombuffer(orjson.dumps(list(ids)), np.uint8)


def ids_in(array: NDArray[Any], path: Path) -> list[str]:
    """The ids in an array of bytes. Raises CheckedFileError."""
    try:
        ids: list[str] = orjson.loads(array.tobytes())
    except orjson.JSONDecodeError as error:
        raise CheckedFileError(f"{path.name} is damaged ({error})") from error
    return ids


def is_cut(starts: NDArray[Any], *columns: NDArray[Any]) -> bool:
    """Whether `starts` (m + 1,) cut flat columns (n,) into m parts, one after the other."""
    if starts.ndim != 1 or not len(starts) or starts[0] != 0 or (np.diff(starts) < 0).any():
        return False
    return all(column.ndim == 1 and len(column) == starts[-1] for column in columns)


def are_below(numbers: NDArray[Any], end: int) -> bool:
    """Whether all numbers are positions in a table of `end` rows."""
    return not numbers.size or bool(numbers.min() >= 0 and numbers.max() < end)


def format_of(path: Path) -> str | None:
    """The format that a file names; None where it cannot be read."""
    try:
        with safe_open(path, framework="numpy") as file:
            return (file.metadata() or {}).get("format")
    except (SafetensorError, OSError):
        return None


def _checksum(arrays: Arrays) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].dtype} {arrays[name].shape}\n".encode())
        digest.update(np.ascontiguousarray(arrays[name]).tobytes())
    return digest.hexdigest()
