"""The formats of a base index, and the base of a release that this code reads.

A release's own base has the format of the code that built it. Code that reads another one, as a deployment
may bring it, gets the same base in its format beside the first: the same items up to the same watermark,
named by a note that is created when all of it is there. The manifest never changes and the pointer stays, so
code of before and of after answer side by side (docs/adr/0002-release-manifest.md).

No search engine is imported here: functions that only look have none in their bundles.
"""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

import orjson

from object2vec.release.manifest import PREFIX, CorruptReleaseError, Manifest, load
from object2vec.storage import ConflictError, NotFoundError, ObjectStore

HEADER = "index.json"
FORMAT = 7
"""Of an embedded base. Raise it when code of before cannot read what is written now, or the reverse."""
HEAD = "head/"
"""Where the embedded base of the popular items lies in one whose items are in S3 Vectors."""
VECTORS_HEADER = "s3vectors.json"
VECTORS_FORMAT = 1
"""Of what S3 Vectors holds. Another needs another name of the vector index too: code of before reads on."""


@dataclass(frozen=True, slots=True)
class Base:
    """A base index in the store."""

    prefix: str
    version: str
    """The release whose items it holds; cursors name it."""
    watermark: int


def readable_base(store: ObjectStore, manifest: Manifest) -> Base | None:
    """What this code answers from for a release: its own base; the same in this code's format; or the base
    that it was rebuilt from, since the log tells the rest. None where there is none (yet)."""
    if manifest.index is None:
        return None
    if is_readable(store, manifest.index):
        return Base(manifest.index, manifest.version, manifest.watermark)
    with suppress(NotFoundError):
        noted = orjson.loads(store.get(_note(manifest.version)))
        return Base(noted["index"], manifest.version, manifest.watermark)
    if manifest.before is None:
        return None
    try:
        return readable_base(store, load(store, manifest.before))
    except CorruptReleaseError:  # one that was removed by hand; the indexer makes another base
        return None


def lacks_base(store: ObjectStore, manifest: Manifest) -> bool:
    """Whether this code could not answer for the release: it has a base, in other formats alone."""
    return manifest.index is not None and readable_base(store, manifest) is None


def is_readable(store: ObjectStore, prefix: str) -> bool:
    """Whether the base below the prefix is in this code's format; False too for a header that is damaged."""
    embedded = _format(store, prefix + HEADER)
    if embedded is not None:
        return embedded == FORMAT
    return holds_vectors(store, prefix) and _format(store, prefix + HEAD + HEADER) == FORMAT


def holds_vectors(store: ObjectStore, prefix: str) -> bool:
    """Whether the items of that base are in S3 Vectors, as this code keeps them there."""
    return _format(store, prefix + VECTORS_HEADER) == VECTORS_FORMAT


def add_base(store: ObjectStore, manifest: Manifest, folder: Path) -> None:
    """Stores a base in this code's format beside the release's own. The first run to end wins: each writes
    below a prefix of its own, so nobody ever reads what two of them wrote or one left half done."""
    prefix = f"{PREFIX}{manifest.version}/{_name()}-{token_hex(4)}/"
    upload(store, folder, prefix)
    with suppress(ConflictError):
        store.create(_note(manifest.version), orjson.dumps({"index": prefix}))


def upload(store: ObjectStore, folder: Path, prefix: str) -> None:
    """Stores every file of a folder below a prefix."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            store.upload(path, prefix + path.relative_to(folder).as_posix())


def _note(version: str) -> str:
    return f"{PREFIX}{version}/{_name()}.json"


def _name() -> str:
    """Both formats, since a note does not tell which engine a base is for."""
    return f"index-format{FORMAT}.{VECTORS_FORMAT}"


def _format(store: ObjectStore, key: str) -> object:
    """What a header says; None for one that is missing or damaged."""
    with suppress(NotFoundError, ValueError, TypeError, KeyError):
        return orjson.loads(store.get(key))["format"]
    return None
