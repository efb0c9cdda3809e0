"""One version of an upload, and the order of versions."""

import hashlib
from dataclasses import dataclass

UPLOADS = "uploads/"
CONFIRM = ".confirm"
"""`<key>.confirm`, uploaded after a version that is held back, lets it through."""


@dataclass(frozen=True, slots=True)
class Version:
    """What lies at a key. An etag of `""`: nothing."""

    key: str
    etag: str = ""
    modified: float = 0.0
    """When it was uploaded, seconds since 1970."""
    sequencer: str = ""
    """S3's, of the event that announced it, filled up to one length; `""` until such an event has come."""
    mapping: str = ""
    """Etag of what the file is read with, `""` for nothing: read with another one, it is another version."""

    @property
    def is_gone(self) -> bool:
        return not self.etag

    def folder(self, prefix: str) -> str:
        """Where what belongs to its key lies below a prefix."""
        return f"{prefix}{hashlib.sha256(self.key.encode()).hexdigest()[:16]}/"


@dataclass(frozen=True, slots=True)
class Announced:
    """What an event of S3 says of a version."""

    etag: str = ""
    sequencer: str = ""

    @property
    def order(self) -> str:
        """https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html: compared
        as texts, the shorter one filled up with zeros."""
        return self.sequencer.ljust(32, "0") if self.sequencer else ""
