"""Builds a new base index for the live model when the item log's tail has grown, or when there are twice as
many interactions as the base counts. So what is popular and bought together is known while no training has
succeeded yet. Adds the base in this code's format to releases that lack it: the live one, and the one that a
roll-back would bring.

Last it writes a checkpoint of the log where that is due, and removes what no base and no training reads.

Triggered by new log segments, curated interactions, deployments and moves of the live pointer, one run at a
time. A release that goes live meanwhile wins: it brings its own base, and this one is dropped.
"""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger

from lambdas.ordered_queue import retried_soon
from lambdas.settings import IndexerSettings
from object2vec.core.event_weights import read_setting
from object2vec.core.keys import ITEM_LOG, RELEASES
from object2vec.release import Manifest, go_live, load, pointer, save
from object2vec.release.built_manifest import header_digests
from object2vec.release.manifest import readable, versions
from object2vec.search import base_formats, engines
from object2vec.search.rebuild import log_bytes, rebuild_base, same_base
from object2vec.storage import ConflictError, ObjectStore, item_log, open_store
from object2vec.storage.log_checkpoint import checkpoint_if_due, remove_old

logger = Logger(service="indexer")
WeightsByType = Mapping[str, float]
"""The weights of events, by type."""
TAIL_CHANGES = 2_000
TAIL_SEGMENTS = 100
TAIL_BYTES = 8 << 20
"""A tail up to this long is cheaper to apply at load than a base is to build; a segment is one read."""
SMALLEST_CHANGE = 20
"""Bytes."""
NOT_COMPACTED = "the item log cannot be compacted"
"""An alarm counts the log lines with this message (stacks/object2vec_stack.py)."""


def handler(event: dict[str, Any], context: object) -> dict[str, str | None]:
    """Looks at the store, whatever message woke it; returns `{"released": version or None}`."""
    with retried_soon(event, context):
        return {"released": look(IndexerSettings.read())}


def look(settings: IndexerSettings) -> str | None:
    """Builds the bases that are missing; returns the version that went live with one, or None.

    The live release's base in this format comes first: a deployment waits for it.
    """
    store, target = open_store(settings.store_url), engines.target(settings.of_engine())
    weights = read_setting(settings.event_weights)
    current = pointer(store)
    if current is None:
        _compact(store)
        return None
    manifest = load(store, current.version)
    _add_missing(store, manifest, target, weights)
    base = base_formats.readable_base(store, manifest)
    size = _size_to_count(store, base)
    released = None
    if size or _has_grown(store, base.watermark if base else manifest.watermark):
        released = _release_rebuilt(store, manifest, target, weights, size)
    if current.previous:
        _add_to_previous(store, current.previous, target, weights)
    _compact(store)
    return released


def _add_missing(
    store: ObjectStore, manifest: Manifest, target: engines.Target, weights: WeightsByType
) -> None:
    if base_formats.lacks_base(store, manifest):
        with tempfile.TemporaryDirectory() as scratch:
            same_base(store, manifest, Path(scratch), target, weights)
            base_formats.add_base(store, manifest, Path(scratch))
        logger.info("base in another format", version=manifest.version, format=engines.FORMAT)


def _add_to_previous(
    store: ObjectStore, version: str, target: engines.Target, weights: WeightsByType
) -> None:
    """Adds a base to the previous release. Its faults must not stop the work for the live one."""
    try:
        _add_missing(store, load(store, version), target, weights)
    except Exception:  # whatever it is, the live release comes first
        logger.exception("the release before cannot be read by this code", version=version)


def _compact(store: ObjectStore) -> None:
    """Writes a checkpoint and removes old segments. A long log only costs time, so an error here is logged:
    it must not bring the message back and have a release built again."""
    try:
        if number := checkpoint_if_due(store):
            removed = remove_old(store, _watermarks(store))
            logger.info("checkpoint of the item log", number=number, removed=removed)
    except Exception:  # whatever it is, the next call tries again
        logger.exception(NOT_COMPACTED)


def _watermarks(store: ObjectStore) -> Iterator[int]:
    """The watermarks of all bases that the live pointer may lead to. A reader of an older base still gets the
    right state from the last checkpoint, but slowly."""
    current = pointer(store)
    versions = {current.version, current.previous, current.fallback} if current else set()
    for manifest in readable(store, filter(None, versions)):  # nobody can go back to a damaged one
        if manifest.index is not None:  # without a base, a reader starts at the last checkpoint anyway
            yield manifest.watermark


def _size_to_count(store: ObjectStore, base: base_formats.Base | None) -> int:
    """The size of the interactions, if the base knows at most half of them. 0 if it knows more, and before
    the first item: a base would then hold whatever the interactions name."""
    size = log_bytes(store)
    if not size or (base and size < 2 * base_formats.log_bytes_of(store, base)):
        return 0
    return size if item_log.end(store) else 0


def _has_grown(store: ObjectStore, watermark: int) -> bool:
    """Whether the tail has grown enough. Every write of an item leads here, so one listing has to do for
    most."""
    after = store.list(ITEM_LOG, after=item_log.segment_key(watermark))
    listed = list(islice(after, TAIL_SEGMENTS + 1))
    if listed and listed[0].key == item_log.segment_key(watermark + 1):  # else a checkpoint stands for a part
        size = sum(entry.size for entry in listed)
        if len(listed) > TAIL_SEGMENTS or size > TAIL_BYTES:
            return True
        if size < TAIL_CHANGES * SMALLEST_CHANGE:
            return False
    changes = 0
    tail = item_log.read(store, after=watermark)
    for segments, segment in enumerate(tail, 1):
        changes += len(segment.changes)
        if changes > TAIL_CHANGES or segments > TAIL_SEGMENTS:
            return True
    return False


def _release_rebuilt(
    store: ObjectStore,
    manifest: Manifest,
    target: engines.Target,
    weights: WeightsByType,
    size: int,
) -> str | None:
    """Releases the rebuilt base; with interactions of this size counted again, unless it is 0. If the
    manifest's base has another format, older code may still answer from it: the new release names that base
    for it, and never writes over it."""
    other = manifest.index is not None and not base_formats.is_readable(store, manifest.index)
    with tempfile.TemporaryDirectory() as scratch:
        watermark = rebuild_base(store, manifest, Path(scratch), target, weights, count_again=size > 0)
        version = f"{manifest.model_version}-{watermark}" + (f"-log{size}" if size else "")
        version += f"-format{engines.FORMAT}" if other else ""
        if version not in versions(store):  # else a killed run had written it all: its base is complete
            before = manifest.version if other else manifest.before
            rebuilt = replace(manifest, version=version, watermark=watermark, before=before)
            _store_rebuilt(store, rebuilt, Path(scratch))
    try:
        go_live(store, version, instead_of=manifest.version)
    except ConflictError as conflict:
        logger.info("another release came first", reason=str(conflict))
        return None
    logger.info("new base index", version=version, watermark=watermark)
    return version


def _store_rebuilt(store: ObjectStore, rebuilt: Manifest, folder: Path) -> None:
    """Stores a base, then the manifest that names it in place of the one before."""
    index = f"{RELEASES}{rebuilt.version}/index/"
    base_formats.upload(store, folder, index)
    kept = {
        key: digest
        for key, digest in rebuilt.digests.items()
        if rebuilt.index is None or not key.startswith(rebuilt.index)
    }
    save(store, replace(rebuilt, index=index, digests=kept | header_digests(store, index)))
