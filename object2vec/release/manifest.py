"""A release: one immutable manifest that names everything an answer depends on, and the live pointer.

Model, index and ranker are read as a whole or not at all, so they can never disagree. Going live, and going
back, is one conditional write (docs/adr/0002-release-manifest.md).
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Any, Literal

import orjson

from object2vec.core.keys import LIVE, RELEASES
from object2vec.storage import ConflictError, NotFoundError, ObjectStore, put_over
from object2vec.storage.sealed import ChangedRecordError, sealed, unsealed

FORMAT = 1


class CorruptReleaseError(RuntimeError):
    """The pointer or a manifest is missing or unreadable; the message names the key to restore."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """The parts of one release. Prefixes are keys of the same store and end with `/`."""

    version: str
    """The release: a model together with one base index."""
    model_version: str
    """The model whose vectors these are; several releases may share it when only the index was rebuilt."""
    kind: Literal["seed", "trained", "pairs", "builtin"]
    encoder: str
    """Prefix of the torch-free encoder."""
    index: str | None = None
    """Prefix of the base index; None before the first catalogue, when everything is in the log's tail."""
    ranker: str | None = None
    """Prefix of the ranker; None if it was no better than the model alone: `metrics` say why."""
    watermark: int = 0
    """Last item-log segment in the base index."""
    before: str | None = None
    """The release that this one was rebuilt from when the base's format changed; older code reads that
    one."""
    data_version: str | None = None
    """Fingerprint of the data the model was trained on."""
    model_artifact: str | None = None
    """URI of the trained `model.tar.gz`, which the endpoint and the next evaluation load."""
    model_package: str | None = None
    metrics: dict[str, Any] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    """SHA-256 of the headers and the ranker, by key. A reader refuses a file with another digest, and reads
    files without one (in older releases) as they are."""
    created_at: str = ""
    format: int = FORMAT

    @property
    def is_builtin(self) -> bool:
        """Whether it needs AWS's own Object2Vec image to answer."""
        return self.kind == "builtin"

    @property
    def key(self) -> str:
        """Key of this manifest in the store."""
        return manifest_key(self.version)


@dataclass(frozen=True, slots=True)
class Pointer:
    """The content of `releases/live.json`."""

    version: str
    previous: str | None = None
    """The release to roll back to: the last one of another model; None after a roll-back."""
    since: str = ""
    """Time when this model went live, ISO 8601."""
    fallback: str | None = None
    """The fallback release: the last previous one that answers without AWS's image."""
    etag: str | None = field(default=None, compare=False)
    """The version of the object that it was read from; None for one that is not written yet."""


def manifest_key(version: str) -> str:
    """The key of a version's manifest."""
    return f"{RELEASES}{version}/manifest.json"


def save(store: ObjectStore, manifest: Manifest) -> None:
    """Writes the manifest once. Saving the same again is fine; other content raises ConflictError.

    "The same" means after reading: a manifest that an earlier version wrote lacks newer fields.
    """
    data = sealed(asdict(manifest), orjson.OPT_INDENT_2)
    try:
        store.create(manifest.key, data)
    except ConflictError:
        if store.get(manifest.key) != data and load(store, manifest.version) != manifest:
            raise ConflictError(f"release {manifest.version} exists with other content") from None


def load(store: ObjectStore, version: str) -> Manifest:
    """The manifest of one version. Raises CorruptReleaseError."""
    key = manifest_key(version)
    try:
        record = _opened(store.get(key), key)
        if record["format"] != FORMAT:
            raise CorruptReleaseError(
                f"{key} has format {record['format']}, this code reads {FORMAT}: roll back, or update"
            )
        record["model_artifact"] = _where_it_is_now(store, record.get("model_artifact"))
        return Manifest(**_known(Manifest, record))
    except NotFoundError as error:
        raise CorruptReleaseError(f"{key} is missing: roll back, or restore it from the bucket") from error
    except (ValueError, TypeError, KeyError) as error:
        raise CorruptReleaseError(f"{key} is not a release manifest: {error}") from error


def versions(store: ObjectStore) -> list[str]:
    """Every version with a manifest, readable or not."""
    keys = (entry.key.removeprefix(RELEASES) for entry in store.list(RELEASES))
    ends = "/manifest.json"
    return [key.removesuffix(ends) for key in keys if key.count("/") == 1 and key.endswith(ends)]


def readable(store: ObjectStore, among: Iterable[str] | None = None) -> Iterator[Manifest]:
    """The releases whose manifests can be read: of all versions, or among some."""
    for version in versions(store) if among is None else among:
        with suppress(CorruptReleaseError):
            yield load(store, version)


def pointer(store: ObjectStore) -> Pointer | None:
    """The live pointer; None before the first release. Raises CorruptReleaseError."""
    try:
        data, etag = store.get_versioned(LIVE)
    except NotFoundError:
        return None
    try:
        record = _opened(data, LIVE)
        fallback = record.get("fallback", record.get("own"))  # `own` in pointers of earlier versions
        return Pointer(**_known(Pointer, record | {"fallback": fallback, "etag": etag}))
    except (ValueError, TypeError, AttributeError) as error:
        raise CorruptReleaseError(f"{LIVE} is not a pointer: {error}") from error


def live(store: ObjectStore) -> Manifest | None:
    """The live release; None before the first. Raises CorruptReleaseError."""
    current = pointer(store)
    return load(store, current.version) if current else None


def trained_model(store: ObjectStore) -> str | None:
    """The version of the live model; None if nothing is live, or if it was not trained on this shop.
    Raises CorruptReleaseError."""
    manifest = live(store)
    return manifest.model_version if manifest and manifest.kind != "seed" else None


def go_live(store: ObjectStore, version: str, *, instead_of: str | None) -> None:
    """Points to `version` if `instead_of` is still live (None: if nothing is); a no-op if it is live already.

    Raises ConflictError when another release went live in between, CorruptReleaseError when there is no such
    version: the pointer never leads nowhere.
    """
    manifest = load(store, version)
    current = pointer(store)
    replaced = current.version if current else None
    if replaced == version:
        return
    if replaced != instead_of:
        raise ConflictError(f"{replaced} is live, not {instead_of}: decide again against it")
    now = datetime.now(UTC).isoformat(timespec="seconds")
    if current is None:
        move(store, Pointer(version, since=now), None)
        return
    before = next(readable(store, [current.version]), None)  # if damaged, a better one may still go live
    if before and before.model_version == manifest.model_version:
        move(store, replace(current, version=version), current.etag)
    else:
        fallback = current.version if before and not before.is_builtin else current.fallback
        move(store, Pointer(version, current.version, now, fallback), current.etag)


def move(store: ObjectStore, to: Pointer, etag: str | None) -> None:
    """Writes the pointer over the one that had `etag` (None: where there is none). Raises ConflictError."""
    record = asdict(to)
    del record["etag"]
    put_over(store, LIVE, sealed(record), etag)


def _opened(data: bytes, key: str) -> dict[str, Any]:
    """The record, checked against its checksum; one of an earlier version has none. Raises ValueError for
    bytes that are no JSON, CorruptReleaseError for a record that was changed."""
    try:
        return unsealed(data)
    except ChangedRecordError as error:
        raise CorruptReleaseError(
            f"{key} is damaged: restore it; if you changed it, take its checksum out"
        ) from error


def _where_it_is_now(store: ObjectStore, uri: str | None) -> str | None:
    """The URI in this store. A folder with a store may have been moved or copied since the URI was written,
    so of a `file:` URI only the folder's name and the key are used."""
    if uri and uri.startswith("file:"):
        _, found, key = uri.rpartition(f"/{store.url.rpartition('/')[2]}/")
        return f"{store.url}/{key}" if found else uri
    return uri


def _known(kind: type, record: dict[str, Any]) -> dict[str, Any]:
    """The values of the dataclass's fields: a later version of the program may have written more."""
    names = {f.name for f in fields(kind)}
    return {name: value for name, value in record.items() if name in names}
