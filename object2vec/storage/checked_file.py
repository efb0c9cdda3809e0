"""Arrays in one safetensors file, which cannot carry code, with a checksum of their content."""

import hashlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from object2vec.core.errors import InputError

Arrays = Mapping[str, NDArray[Any]]


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
        raise CheckedFileError(f"{path.name} is damaged")
    return arrays, about


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
