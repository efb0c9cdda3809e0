"""One version of an upload, what a catalogue file owns of it, and the order of versions."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

CONFIRM = ".confirm"
"""`<key>.confirm`, uploaded after a version that is held back, lets it through."""


@dataclass(frozen=True, slots=True)
class Version:
    """Version of the object at a key; an etag of `""` stands for none."""

    key: str
    etag: str = ""
    modified: float = 0.0
    """Time of its upload, seconds since 1970."""
    sequencer: str = ""
    """S3's, of the event that announced it, filled up to one length; `""` until such an event has come."""
    mapping: str = ""
    """Etag of what the file is read with, `""` for nothing: read with another one, it is another version."""

    @property
    def is_gone(self) -> bool:
        return not self.etag

    def folder(self, prefix: str) -> str:
        """Folder below a prefix for what belongs to its key."""
        return f"{prefix}{hashlib.sha256(self.key.encode()).hexdigest()[:16]}/"


@dataclass(frozen=True, slots=True)
class Announced:
    """Facts about a version in an event of S3."""

    etag: str = ""
    sequencer: str = ""

    @property
    def order(self) -> str:
        """https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html: compared
        as texts, the shorter one filled up with zeros."""
        return self.sequencer.ljust(32, "0") if self.sequencer else ""


@dataclass(frozen=True, slots=True)
class FileState:
    """State of a catalogue file, with what it owns, as the item log holds it."""

    key: str
    rows: str | None = None
    """Prefix of its stored rows; None where it has none, or is gone."""
    etag: str = ""
    modified: float = 0.0
    sequencer: str = ""
    mapping: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    """Counts of how it differed from the version before."""
    before: Sequence[str] = ()
    """Stored rows of earlier versions, whose withdrawal is not finished."""

    def is_of(self, version: Version) -> bool:
        """Whether this version of the upload has been taken."""
        own = Version(self.key, self.etag, self.modified, self.sequencer, self.mapping)
        return own == version

    @property
    def order(self) -> tuple[float, str, str]:
        """Sort key: of two files with one item the greater one wins."""
        return self.modified, self.sequencer, self.key


def state_of(record: Mapping[str, Any] | None, key: str) -> FileState:
    """State of a file as it stands in the log; a file that is not there owns nothing."""
    return FileState(**{**record, "before": tuple(record["before"])}) if record else FileState(key)
