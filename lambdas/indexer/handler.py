"""Builds a new base index for the live model when the item log's tail has grown, or when this code reads
another format than the live base has.

Triggered by new log segments and by deployments, one run at a time. A release that goes live meanwhile wins:
it brings its own base, and this one is dropped. Env: STORE_URL, and VECTOR_BUCKET where the items are in S3
Vectors.
"""

import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger

from object2vec.data import item_log
from object2vec.release import Manifest, go_live, live, save
from object2vec.release.manifest import PREFIX
from object2vec.search.embedded import base
from object2vec.search.rebuild import is_outdated, rebuild_base
from object2vec.store import ConflictError, ObjectStore, open_store

logger = Logger(service="indexer")
TAIL_CHANGES = 2_000
TAIL_SEGMENTS = 100
"""A tail up to this long is cheaper to apply at load than a base is to build; a segment is one read."""


def handler(_event: dict[str, Any], _context: object) -> dict[str, str | None]:
    """Whatever woke it, it looks at the log itself; `{"released": version or None}`."""
    store = open_store(os.environ["STORE_URL"])
    manifest = live(store)
    if manifest is None or not (_has_grown(store, manifest.watermark) or is_outdated(store, manifest)):
        return {"released": None}
    return {"released": _release_rebuilt(store, manifest)}


def _has_grown(store: ObjectStore, watermark: int) -> bool:
    changes = 0
    for segments, segment in enumerate(item_log.read(store, after=watermark), 1):
        changes += len(segment.changes)
        if changes > TAIL_CHANGES or segments > TAIL_SEGMENTS:
            return True
    return False


def _release_rebuilt(store: ObjectStore, manifest: Manifest) -> str | None:
    with tempfile.TemporaryDirectory() as scratch:
        watermark = rebuild_base(store, manifest, Path(scratch), os.environ.get("VECTOR_BUCKET", ""))
        version = f"{manifest.model_version}-{watermark}"
        if version == manifest.version:  # of another format: what is live is never written over
            version += f"-format{base.FORMAT}"
        index = f"{PREFIX}{version}/index/"
        for path in sorted(Path(scratch).rglob("*")):
            if path.is_file():
                store.upload(path, index + path.relative_to(scratch).as_posix())
    rebuilt = replace(manifest, version=version, index=index, watermark=watermark)
    save(store, rebuilt)
    try:
        go_live(store, version, instead_of=manifest.version)
    except ConflictError as conflict:
        logger.info("another release came first", reason=str(conflict))
        return None
    logger.info("new base index", version=version, watermark=watermark)
    return version
