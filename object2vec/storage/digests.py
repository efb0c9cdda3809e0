"""SHA-256 of files and of records: a reader checks that it has what was stored."""

import hashlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import orjson

FileDigests = Mapping[str, str]
"""Digests by path in the folder, with `/`."""
AT_ONCE = 4
"""Files hashed at the same time; hashing needs no interpreter."""


def digests_of(folder: Path) -> FileDigests:
    """The digest of every file below the folder, by its path there."""
    names = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file()]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(names, pool.map(lambda name: digest_of(folder / name), names), strict=True))


def first_damaged(folder: Path, expected: FileDigests) -> str | None:
    """The first file that is missing or has other bytes; None where all are as expected."""
    names = sorted(expected)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = pool.map(lambda name: digest_of(folder / name), names)
        pairs = zip(names, found, strict=True)
        return next((name for name, digest in pairs if digest != expected[name]), None)


def digest_of_record(record: Any) -> str:
    """SHA-256 of JSON in hexadecimal digits; the order of names does not matter."""
    return hashlib.sha256(orjson.dumps(record, option=orjson.OPT_SORT_KEYS)).hexdigest()


def digest_of(path: Path) -> str:
    """SHA-256 in hexadecimal digits; empty for a file that is not there."""
    if not path.is_file():
        return ""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
