"""Tables in a safetensors file: float32, float16, or int8 with one scale a row."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save

STORAGE = ("float32", "float16", "int8")
_SCALE = ".scale"
_ROWS = ("words", "items", "landmark_words", "landmark_rows")


def save_tables(tables: Mapping[str, NDArray[np.float32]], path: Path, storage: str) -> None:
    """Writes the tables; int8 and float16 apply to the row tables, small heads stay float32."""
    if storage not in STORAGE:
        raise ValueError(f"storage {storage!r}: use one of {', '.join(STORAGE)}")
    stored: dict[str, NDArray[np.generic]] = {}
    for name, table in tables.items():
        if storage == "int8" and name in _ROWS:
            stored[name], stored[name + _SCALE] = _quantised(table)
        elif storage == "float16" and name in _ROWS:
            stored[name] = table.astype(np.float16)
        else:
            stored[name] = np.ascontiguousarray(table, np.float32)
    path.write_bytes(save(stored))  # save_file makes files that only their owner may read


def load_tables(path: Path) -> dict[str, NDArray[np.float32]]:
    """Reads every table as float32."""
    stored = load_file(path)
    return {name: _float32(name, stored) for name in stored if not name.endswith(_SCALE)}


def _quantised(table: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    scale = np.abs(table).max(axis=1, keepdims=True, initial=0.0).astype(np.float32) / 127
    codes = np.rint(table / np.where(scale == 0, 1, scale)).astype(np.int8)
    return codes, scale


def _float32(name: str, stored: Mapping[str, NDArray[np.generic]]) -> NDArray[np.float32]:
    table = stored[name].astype(np.float32)
    scale = stored.get(name + _SCALE)
    return table if scale is None else table * scale.astype(np.float32)
