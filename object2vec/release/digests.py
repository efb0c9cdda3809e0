"""What the headers of a release are, so that nobody can change one that is live without being noticed.

The headers of encoder and index hold the digests of the files beside them, a ranker its own checksum. The
manifest, which no job may write, holds the digests of the headers; whoever loads a release checks both.
"""

import hashlib
from pathlib import Path

from object2vec.storage import ObjectStore


def header_digests(store: ObjectStore, prefix: str) -> dict[str, str]:
    """SHA-256 of the headers below a prefix, by key: its JSON files, which are small."""
    keys = [entry.key for entry in store.list(prefix) if entry.key.endswith(".json")]
    return {key: hashlib.sha256(store.get(key)).hexdigest() for key in keys}


def ranker_digests(store: ObjectStore, prefix: str) -> dict[str, str]:
    """The same of a ranker's files, all of them: a ranker has no header."""
    keys = [entry.key for entry in store.list(prefix)]
    return {key: hashlib.sha256(store.get(key)).hexdigest() for key in keys}


def digest_of(path: Path) -> str:
    """SHA-256 in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
