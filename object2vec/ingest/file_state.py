"""What a catalogue file owns, as the item log holds it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from object2vec.ingest.versions import Version


@dataclass(frozen=True, slots=True)
class FileState:
    """What a catalogue file owns."""

    key: str
    rows: str | None = None
    """Prefix of its stored rows; None where it has none, or is gone."""
    etag: str = ""
    modified: float = 0.0
    sequencer: str = ""
    mapping: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    """How it differed from the version before."""
    before: Sequence[str] = ()
    """Stored rows of earlier versions, whose withdrawal is not finished."""

    def is_of(self, version: Version) -> bool:
        """Whether this version of the upload has been taken."""
        own = Version(self.key, self.etag, self.modified, self.sequencer, self.mapping)
        return own == version

    @property
    def order(self) -> tuple[float, str, str]:
        """Of two files with one item the greater one wins."""
        return self.modified, self.sequencer, self.key


def state_of(record: Mapping[str, Any] | None, key: str) -> FileState:
    """As it stands in the log; of a file that is not there, one that owns nothing."""
    return FileState(**{**record, "before": tuple(record["before"])}) if record else FileState(key)
