"""The promises about events, uploads, releases and the server; chaos_merchandising.py has further ones."""

import atexit
import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

import orjson

from local.containers import CODE
from local.releases import usable
from object2vec.core.keys import LIVE, RELEASES
from object2vec.ingest.preprocess import preprocess_upload
from object2vec.ingest.report import load_report
from object2vec.release import go_live, live, save
from object2vec.release.manifest import CorruptReleaseError
from object2vec.release.seed import publish_seed
from object2vec.search import base_formats
from object2vec.search.live import LiveIndex
from object2vec.search.rebuild import rebuild_base
from object2vec.storage import FolderStore, item_log
from object2vec.storage.item_log import replay
from object2vec.users.curation import curate
from object2vec.users.erasure import pending
from object2vec.users.erasure_worker import carry_out
from object2vec.users.history_build import build_histories
from object2vec.users.sqlite import SqliteSessionStore
from object2vec.users.uploaded import UploadedHistories
from tools import chaos_merchandising, chaos_server
from tools.chaos_faults import DAY
from tools.chaos_shop import NOW, PEOPLE, FaultedShop, Promise


def _curate(_shop: FaultedShop, store: Any) -> None:
    curate(store)
    build_histories(store)


def _erase(shop: FaultedShop, store: Any) -> None:
    for key in pending(store):
        sessions = SqliteSessionStore(shop.folder / "sessions.db")
        carry_out(store, sessions, key, NOW + shop.jumped, trained_model=None)
    _curate(shop, store)


def _ask_erasure(shop: FaultedShop) -> None:
    _curate(shop, shop.store)
    shop.record(NOW)
    shop.service().erase("ann")


def _catalogue(texts: dict[str, str]) -> bytes:
    rows = [{"label": label, "text": text} for label, text in texts.items()]
    return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)


UPLOAD = "uploads/catalog/a.jsonl"


def _first_version(shop: FaultedShop) -> None:
    shop.store.put(UPLOAD, _catalogue({"1": "old", "2": "old"}))
    preprocess_upload(shop.store, UPLOAD)
    shop.store.put(UPLOAD, _catalogue({"1": "new", "3": "new"}))


def _new_version_is_there(shop: FaultedShop) -> bool:
    items = {label: item.text for label, item in replay(item_log.read(shop.store))[0].items()}
    report, entry = load_report(shop.store, UPLOAD), shop.store.head(UPLOAD)
    assert report is not None
    assert entry is not None
    return items == {"1": "new", "3": "new"} and report.etag == entry.etag


LATER = "uploads/catalog/b.jsonl"


def _two_files(shop: FaultedShop) -> None:
    for key, text in ((UPLOAD, "monday"), (LATER, "tuesday")):
        path = shop.folder / "dropped.jsonl"
        path.write_bytes(_catalogue({"1": text}))
        moment = NOW + (key == LATER)
        os.utime(path, (moment, moment))
        shop.store.upload(path, key)


def _read_in_reverse(_shop: FaultedShop, store: Any) -> None:
    for key in (LATER, UPLOAD):
        preprocess_upload(store, key)


def _tuesday_stands(shop: FaultedShop) -> bool:
    return replay(item_log.read(shop.store))[0]["1"].text == "tuesday"


def _sent_twice(shop: FaultedShop, store: Any) -> None:
    shop.send(9, NOW, store)
    shop.send(9, NOW + 60, store)


def _nine_once(shop: FaultedShop) -> bool:
    curate(shop.store)
    return shop.counted() == dict.fromkeys(PEOPLE, shop.sent + 1)


def _after_midnight(shop: FaultedShop, store: Any) -> None:
    shop.send(9, NOW, store)
    curate(store)
    shop.send(9, NOW + DAY, store)


def _nine_in_history_once(shop: FaultedShop) -> bool:
    return len(SqliteSessionStore(shop.folder / "sessions.db").recent("ann")) == shop.sent + 1


def _released(shop: FaultedShop) -> None:
    """A second name of every file of a store with two releases, which is made once."""
    root, inner = shop.folder / "store", shutil.ignore_patterns(".store")
    shutil.copytree(_two_releases(), root, ignore=inner, copy_function=os.link, dirs_exist_ok=True)


@cache
def _two_releases() -> Path:
    folder = Path(mkdtemp(prefix="chaos-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    store = FolderStore(folder)
    store.put(UPLOAD, _catalogue({str(n): f"item number {n}" for n in range(50)}))
    preprocess_upload(store, UPLOAD)
    publish_seed(store, CODE)
    for _ in range(2):
        before = live(store)
        assert before is not None
        version = f"{before.model_version}-{len(before.version)}"
        with TemporaryDirectory() as base:
            watermark = rebuild_base(store, before, Path(base))
            base_formats.upload(store, Path(base), f"{RELEASES}{version}/index/")
        save(
            store, replace(before, version=version, index=f"{RELEASES}{version}/index/", watermark=watermark)
        )
        go_live(store, version, instead_of=before.version)
    return folder


def _read_by_answers(shop: FaultedShop) -> Sequence[Path]:
    """Files of the live release, and the pointer to it."""
    found = live(shop.store)
    assert found is not None
    root = shop.folder / "store"
    below = [*(root / RELEASES / found.version).rglob("*"), *(root / found.encoder).rglob("*"), root / LIVE]
    return sorted(path for path in below if path.is_file() and path.suffix != ".lock")


def _start(shop: FaultedShop, _store: Any) -> None:
    def answers() -> None:
        index = LiveIndex(shop.store)
        index.get()
        if index.trouble:
            raise CorruptReleaseError(index.trouble)

    shop.told = usable(shop.store, CODE, answers) or shop.told


def _told_and_answered(shop: FaultedShop) -> bool:
    return bool(shop.told) and LiveIndex(shop.store).get().index.snapshot.get("7") is not None


PROMISES = (
    Promise(
        "events are curated exactly once",
        _curate,
        lambda shop: shop.counted() == dict.fromkeys(PEOPLE, shop.sent),
    ),
    Promise(
        "who is erased stays erased, and nobody else goes",
        _erase,
        lambda shop: (
            shop.counted() == {"bob": shop.sent, "cat": shop.sent}
            and not UploadedHistories(shop.store).recent("ann")
            and not pending(shop.store)
        ),
        _ask_erasure,
    ),
    Promise(
        "a replaced catalogue is read, as its report says",
        lambda _, store: void(preprocess_upload(store, UPLOAD)),
        _new_version_is_there,
        _first_version,
    ),
    Promise(
        "the later upload stands, whatever the order of reading",
        _read_in_reverse,
        _tuesday_stands,
        _two_files,
    ),
    Promise(
        "a damaged release is said, and another one answers",
        _start,
        _told_and_answered,
        _released,
        _read_by_answers,
    ),
    Promise("an event that is sent again counts once", _sent_twice, _nine_once),
    Promise("an event that is sent again after midnight counts once", _after_midnight, _nine_once),
    Promise(
        "an event sent again after midnight is in the session once", _after_midnight, _nine_in_history_once
    ),
    Promise(
        "a server answers, says what is wrong, and recovers",
        lambda *_: None,
        lambda _: True,
        played=chaos_server.holds,
    ),
    *chaos_merchandising.PROMISES,
)


def void(_: object) -> None:
    """The function without its answer."""
