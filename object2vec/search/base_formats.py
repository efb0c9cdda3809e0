"""The base of a release that this code reads.

A release's own base has the format of the code that built it. Code that reads another one, as a deployment
may bring it, gets the same base in its format next to the first: the same items up to the same watermark,
named by a marker that is created when all of it is there. The manifest never changes and the pointer stays,
so earlier and later code answer side by side (docs/adr/0002-release-manifest.md).
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

import orjson

from object2vec.core.keys import RELEASES
from object2vec.release.manifest import CorruptReleaseError, Manifest, load
from object2vec.search.engines import ENGINES, Engine
from object2vec.storage import ConflictError, NotFoundError, ObjectStore


@dataclass(frozen=True, slots=True)
class Base:
    """A base index in the store."""

    prefix: str
    version: str
    """The release whose items it holds; cursors name it."""
    watermark: int


def readable_base(store: ObjectStore, manifest: Manifest) -> Base | None:
    """The base that this code answers from for a release: its own base; the same in this code's format; or
    the base that it was rebuilt from, since the log tells the rest. None where there is none (yet)."""
    if manifest.index is None:
        return None
    if is_readable(store, manifest.index):
        return Base(manifest.index, manifest.version, manifest.watermark)
    with suppress(NotFoundError, ValueError, TypeError, KeyError):  # nobody has added one; or it is damaged
        marked = orjson.loads(store.get(_marker(manifest.version)))
        return Base(marked["index"], manifest.version, manifest.watermark)
    if manifest.before is None:
        return None
    try:
        return readable_base(store, load(store, manifest.before))
    except CorruptReleaseError:  # one that was removed by hand; the indexer makes another base
        return None


def lacks_base(store: ObjectStore, manifest: Manifest) -> bool:
    """Whether the release has a base, but none in a format that this code reads."""
    return manifest.index is not None and readable_base(store, manifest) is None


def log_bytes_of(store: ObjectStore, base: Base) -> int:
    """The size of the interactions that a base counts; 0 for one of before, which does not tell."""
    headers = (_header(store, base.prefix + engine.header) for engine in ENGINES)
    return next((int(header.get("log_bytes", 0)) for header in headers if header), 0)


def is_readable(store: ObjectStore, prefix: str) -> bool:
    """Whether the base below the prefix is in this code's format; False too for a header that is damaged."""
    for engine in ENGINES:
        found = _format(store, prefix + engine.header)
        if found is not None:
            further = {file: number for file, number in engine.formats().items() if file != engine.header}
            return found == engine.formats()[engine.header] and all(
                _format(store, prefix + file) == number for file, number in further.items()
            )
    return False


def is_of(engine: Engine, store: ObjectStore, prefix: str) -> bool:
    """Whether this engine wrote the base below the prefix, with a header in this code's format."""
    return _format(store, prefix + engine.header) == engine.formats()[engine.header]


def add_base(store: ObjectStore, manifest: Manifest, folder: Path) -> None:
    """Stores a base in this code's format in addition to the release's own. The first run to end wins: each
    writes below a prefix of its own, so nobody ever reads what two of them wrote or one left half done."""
    prefix = f"{RELEASES}{manifest.version}/{_name()}-{token_hex(4)}/"
    upload(store, folder, prefix)
    with suppress(ConflictError):
        store.create(_marker(manifest.version), orjson.dumps({"index": prefix}))


def upload(store: ObjectStore, folder: Path, prefix: str) -> None:
    """Stores every file of a folder below a prefix."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            store.upload(path, prefix + path.relative_to(folder).as_posix())


def _marker(version: str) -> str:
    return f"{RELEASES}{version}/{_name()}.json"


def _name() -> str:
    """With the formats of all engines, since a marker does not tell which engine a base is for."""
    return "index-format" + ".".join(str(engine.formats()[engine.header]) for engine in ENGINES)


def _format(store: ObjectStore, key: str) -> object:
    """The format that a header names; None for one that is missing or damaged."""
    header = _header(store, key)
    return header.get("format") if header else None


def _header(store: ObjectStore, key: str) -> Mapping[str, Any] | None:
    with suppress(NotFoundError, ValueError):
        header = orjson.loads(store.get(key))
        return header if isinstance(header, dict) else None
    return None
