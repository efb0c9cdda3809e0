"""Scenarios of uploads, from the file to the index, through all functions on the way."""

from base64 import b64encode
from typing import Any

import pytest

from object2vec.core.catalog import CatalogItem
from object2vec.release import Manifest, live
from object2vec.search.base_formats import lacks_base
from object2vec.search.engines import HEADER
from object2vec.storage import item_log, log_checkpoint
from object2vec.users.folded_months import note_key
from tests.helpers.moto_account import CONTEXT, MotoAccount, created
from tests.helpers.pictures import picture, zipped
from tests.helpers.recorded_calls import Call, recorded

COLUMNS = "USER_ID,ITEM_ID,TIMESTAMP\n"


def preprocess(aws: MotoAccount) -> set[Call]:
    """Good and bad rows of every kind of upload, each sent twice, the second time replacing the first."""
    from lambdas.preprocess import handler as module

    module._store.cache_clear()
    uploads = {
        "uploads/catalog/items.csv": ["label,text\n1,a\n,missing\n", "label,text\n2,b\n"],
        "uploads/interactions/e.csv": [f"{COLUMNS}u,1,1700000000\nu,,1\n", f"{COLUMNS}u,2,1700000000\n"],
    }
    with recorded() as calls:
        for key, versions in uploads.items():
            for text in versions:
                aws.store.put(key, text.encode())
                assert module.handler(created(key), CONTEXT) == {"batchItemFailures": []}
    module._store.cache_clear()
    return calls


def pictures(aws: MotoAccount) -> set[Call]:
    """A picture before its item, an archive with one that is refused, replaced and deleted."""
    from lambdas.pictures import handler as module

    module._store.cache_clear()
    red, none = (
        picture((1.0, 0.0, 0.0)),
        zipped(**{"x.png": b"no picture", "2.png": picture((0.0, 1.0, 0.0))}),
    )
    item_log.append(aws.store, [CatalogItem("1", "a red shirt"), CatalogItem("2", "a green shirt")])
    with recorded() as calls:
        for key, data in (("1.png", red), ("all.zip", none), ("1.png", none), ("1.png", red)):
            aws.store.put(f"uploads/images/{key}", data)
            assert module.handler(created(f"uploads/images/{key}"), CONTEXT) == {"batchItemFailures": []}
        aws.store.delete("uploads/images/1.png")
        module.handler(created("uploads/images/1.png"), CONTEXT)
    module._store.cache_clear()
    return calls


def picture_reader(aws: MotoAccount) -> set[Call]:
    """A picture that is asked about, and one that is kept: as the shop's first, and after a change of
    encoder."""
    from lambdas.pictures import handler as module

    module._store.cache_clear()
    module._reader.cache_clear()
    content = b64encode(picture((0.0, 0.0, 1.0))).decode()
    with recorded() as calls:
        for what in ("vector", "keep"):
            assert what in module.look({"do": what, "content": content}, CONTEXT)
        aws.store.put("pictures/encoder", b"before")
        assert "keep" in module.look({"do": "keep", "content": content}, CONTEXT)
    module._store.cache_clear()
    module._reader.cache_clear()
    return calls


def snapshot(aws: MotoAccount) -> set[Call]:
    """A first run, whose live model is the seed, and the same execution asking again. A month of events is
    being folded."""
    from lambdas.snapshot.handler import handler

    aws.store.put(note_key("2026-10"), b'{"since": 0.0, "days": {}}')
    item_log.append(aws.store, [CatalogItem("1", "a red shirt")])
    with recorded() as calls:
        handler({"execution_id": "e1"}, CONTEXT)
        handler({"execution_id": "e1"}, CONTEXT)
    return calls


def indexer(aws: MotoAccount) -> set[Call]:
    """A tail that has grown; then a base of another format, and both at once."""
    from lambdas.indexer import handler as module

    aws.publish_seed()
    with recorded() as calls:
        assert grown(aws, module)
    of_another_format(aws)
    with recorded() as adding:
        assert module.handler({}, CONTEXT) == {"released": None}
    assert not lacks_base(aws.store, _live(aws))
    with recorded() as both:
        assert grown(aws, module)
    return calls | adding | both | _compacted(aws, module)


def _compacted(aws: MotoAccount, module: Any) -> set[Call]:
    """A checkpoint, and a second one after which nothing needs what lies before it."""
    with recorded() as calls, pytest.MonkeyPatch.context() as patch:
        patch.setattr(log_checkpoint, "MAX_SEGMENTS", 0)
        patch.setattr(log_checkpoint, "KEEP_S", -10)
        for _ in range(2):
            assert grown(aws, module)
    assert next(item_log.read(aws.store)).number > 1
    return calls


def grown(aws: MotoAccount, module: Any) -> str | None:
    """Release by the indexer after the tail has grown."""
    item_log.append(aws.store, [CatalogItem(str(number), "a shirt") for number in range(3)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "TAIL_CHANGES", 1)
        released: str | None = module.handler({}, CONTEXT)["released"]
    return released


def _live(aws: MotoAccount) -> Manifest:
    manifest = live(aws.store)
    assert manifest
    return manifest


def of_another_format(aws: MotoAccount) -> None:
    """A live base in the format of an earlier version of the code."""
    aws.store.put(f"{_live(aws).index}{HEADER}", b'{"format": 0}')
