"""Where the item log's checkpoints lie, and the pointer to the last one."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from object2vec.core.errors import InputError
from object2vec.core.keys import CHECKPOINT, CHECKPOINTS
from object2vec.storage.base import Entry, NotFoundError, ObjectStore, put_over
from object2vec.storage.sealed import sealed, unsealed

FOLDER = "checkpoints"
FORMAT = 1
_ROWS = re.compile(rf"{CHECKPOINTS}(\d{{12}})\.jsonl")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The log up to segment `number`, in one object of lines."""

    number: int
    files: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The state of each catalogue file by its key."""
    format: int = FORMAT

    @property
    def rows(self) -> str:
        """The key of its lines."""
        return f"{CHECKPOINTS}{self.number:012d}.jsonl"

    @property
    def index(self) -> str:
        """The key of the digests of its lines (log_index.py)."""
        return f"{CHECKPOINTS}{self.number:012d}.index"


def load_pointer(store: ObjectStore) -> Checkpoint | None:
    """The last checkpoint; None if there is none. Raises InputError."""
    return load_versioned(store)[0]


def load_versioned(store: ObjectStore) -> tuple[Checkpoint | None, str]:
    """The last checkpoint, and the pointer's etag."""
    try:
        data, etag = store.get_versioned(CHECKPOINT)
    except NotFoundError:
        return None, ""
    try:
        checkpoint = Checkpoint(**unsealed(data))
    except (ValueError, TypeError) as error:
        raise InputError(
            f"{CHECKPOINT} cannot be read ({error}): restore its version of before, or delete it where every "
            "segment of item-log/ from the first on is still there"
        ) from error
    if checkpoint.format != FORMAT:
        raise InputError(f"{CHECKPOINT} has format {checkpoint.format}, this code reads {FORMAT}")
    return checkpoint, etag


def save_pointer(store: ObjectStore, checkpoint: Checkpoint, etag: str) -> None:
    """Makes it the last one, over the pointer that had `etag`. Raises ConflictError."""
    put_over(store, CHECKPOINT, sealed(asdict(checkpoint)), etag)


def newest_checkpoint(store: ObjectStore, number: int) -> Checkpoint | None:
    """The last one that does not go beyond segment `number`; its `files` are not known."""
    fitting = [found for found, _ in listed_checkpoints(store) if found <= number]
    return Checkpoint(fitting[-1]) if fitting else None


def listed_checkpoints(store: ObjectStore) -> Iterator[tuple[int, Entry]]:
    """The number and the file of lines of each checkpoint, in order, up to the pointer's: a later one may be
    half written."""
    pointer = load_pointer(store)
    for entry in store.list(CHECKPOINTS):
        found = _ROWS.fullmatch(entry.key)
        if pointer and found and int(found[1]) <= pointer.number:
            yield int(found[1]), entry
