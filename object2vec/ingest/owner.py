"""What one upload owns, by its prefix: items of the catalogue, or the rows of one curated log.

An owner is made before the upload is fetched, reads it, and publishes once it has come to its end. Whatever
ends a reading otherwise publishes nothing.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from object2vec.core.wording import counted
from object2vec.ingest.mapping import FileMapping
from object2vec.ingest.ownership.held_rows import RowCounts
from object2vec.ingest.ownership.versions import CONFIRM, Version
from object2vec.ingest.rejects import Rejects
from object2vec.ingest.report import Report
from object2vec.ingest.rules import FileError
from object2vec.storage import ObjectStore

HELD_BACK = "held_back"
LARGE = 100
"""Rows from which on a version that keeps less than half of them is held back."""

ErasedSince = Callable[[float], Collection[str]]
"""The erasure ids (`core.erasure_ids`) of the people who were erased since a time of the store."""


def nobody_erased(_moment: float) -> Collection[str]:
    """Where files are only tried, or nobody can be erased."""
    return ()


@dataclass(frozen=True, slots=True)
class Upload:
    """One version of an upload, `path` in a scratch folder of its own, and where its rows are counted."""

    store: ObjectStore
    version: Version
    path: Path
    report: Report
    rejects: Rejects
    before: Report | None = None
    """Report of the previous version."""
    erased_since: ErasedSince = nobody_erased

    @property
    def folder(self) -> Path:
        """Folder for the owner's own files."""
        return self.path.parent

    def is_current(self) -> bool:
        """Whether the version still lies at its key."""
        entry = self.store.head(self.version.key)
        if entry is None:
            return self.version.is_gone
        return (entry.etag, entry.modified) == (self.version.etag, self.version.modified)

    def guard(self, before: int, kept: int) -> None:
        """Holds back what would leave less than half of many rows, unless the upload was deleted or somebody
        confirmed it. Raises FileError."""
        if before < LARGE or 2 * kept >= before or self.version.is_gone:
            return
        if not is_confirmed(self.store, self.version):
            raise held_back(self.version.key, before, kept)


def is_confirmed(store: ObjectStore, version: Version) -> bool:
    """Whether somebody said, after it was uploaded, that the version is as it is meant."""
    marker = store.head(f"{version.key}{CONFIRM}")
    return marker is not None and marker.modified >= version.modified


def held_back(key: str, before: int, kept: int) -> FileError:
    """Note for a person who exported half a file."""
    return FileError(
        HELD_BACK,
        f"Held back: of {counted(before, 'row')} of the version before, {kept:,} would be left. Nothing was "
        f"changed. Upload the whole file, or confirm with an upload of any content to {key}{CONFIRM}.",
    )


class Owner(Protocol):
    """The work of one kind of upload with its rows."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def read(self, kind: str, mapping: FileMapping, /) -> None:
        """Reads the fetched file; `kind` as `ingest/formats.py` names it, `mapping` is what is said of it.
        Raises FileError, having taken the rows before the place where the file breaks off."""

    def publish(self) -> None:
        """Makes what was read, nothing perhaps, what the upload owns. Raises FileError where that is held
        back; OvertakenError and ConflictError where another worker came between."""


MakeOwner = Callable[[Upload], Owner]


def count(report: Report, counts: RowCounts) -> None:
    """Puts what a version changed into its report."""
    report.added, report.changed, report.removed = counts.added, counts.changed, counts.removed
    report.unchanged = counts.unchanged
