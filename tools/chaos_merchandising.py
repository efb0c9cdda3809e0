"""The promises about pictures, rules, synonyms, what was searched, and the shop's own pages."""

import io
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import orjson
from PIL import Image

from lambdas.events.app import EventsRoutes
from local.gateway_event import gateway_event
from object2vec.core.arrays import Vectors
from object2vec.core.catalog import VECTOR
from object2vec.core.keys import (
    IMAGE_UPLOADS,
    LATEST_SEARCHES,
    PENDING_PICTURES,
    RULES,
    SEARCH_REPORTS,
    SYNONYMS,
)
from object2vec.core.pictures import Pixels
from object2vec.ingest.owner import MakeOwner
from object2vec.ingest.pictures.attach import attach
from object2vec.ingest.pictures.owner import PictureOwner
from object2vec.ingest.preprocess import OWNERS, preprocess_upload
from object2vec.ingest.report import load_report
from object2vec.search.queries.log import QueryLogWriter, read_line
from object2vec.search.queries.report import write_report
from object2vec.search.stored import StoredRules, StoredSynonyms
from object2vec.storage import item_log
from object2vec.storage.item_log import replay
from object2vec.users.curation import curate
from tools.chaos_faults import DAY
from tools.chaos_shop import NOW, PEOPLE, FaultedShop, Promise

CATALOG, PICTURE = "uploads/catalog/a.jsonl", f"{IMAGE_UPLOADS}1.png"
RED, BLUE = (255, 0, 0), (0, 0, 255)
SHOP, SESSION = "https://shop.example", "session-0b5a8f0e-6f0b-4b61-9a39-0f6f4f0c7a11"


class MeanColour:
    """A picture's three means, in place of a network."""

    version, length = "mean-1", 3

    def encode(self, pictures: Iterable[Pixels]) -> Vectors:
        """(n, 3) vectors."""
        return np.array([pixels.reshape(-1, 3).mean(axis=0) / 255 for pixels in pictures], np.float32)

    def words(self, picture: Pixels) -> Sequence[str]:  # noqa: ARG002
        """None."""
        return []


def _drawn(colour: tuple[int, int, int]) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(file, "PNG")
    return file.getvalue()


def _red_and_then_blue(shop: FaultedShop) -> None:
    shop.store.put(CATALOG, orjson.dumps({"label": "1", "text": "a shirt"}))
    shop.store.put(PICTURE, _drawn(RED))
    _take_pictures(shop, shop.store)
    shop.store.put(PICTURE, _drawn(BLUE))


def _take_pictures(_shop: FaultedShop, store: Any) -> None:
    owners: Mapping[str, MakeOwner] = {**OWNERS, IMAGE_UPLOADS: partial(PictureOwner, encoder=MeanColour())}
    for key in (PICTURE, CATALOG):
        preprocess_upload(store, key, owners=owners)
    attach(store)


def _shows_blue(shop: FaultedShop) -> bool:
    (item,) = replay(item_log.read(shop.store))[0].values()
    report, entry = load_report(shop.store, PICTURE), shop.store.head(PICTURE)
    assert report is not None
    assert entry is not None
    waits = any(shop.store.list(PENDING_PICTURES))
    return item.metadata.get(VECTOR) == [0, 0, 1] and report.etag == entry.etag and not waits


def _decide(shop: FaultedShop, store: Any) -> None:
    """Somebody adds a rule and a synonym to what is there, others of their own each time."""
    shop.asked += 1
    name = f"{shop.asked}"
    rules, synonyms = StoredRules(store), StoredSynonyms(store)
    known = rules.get()
    rule = {"id": name, "action": "pin", "items": [name]}
    rules.put([*known.records, rule], expected=known.version)
    shop.acknowledged.append((RULES, name))
    same = synonyms.get()
    synonyms.put([*same.records, {"id": name, "words": [name, "other"]}], expected=same.version)
    shop.acknowledged.append((SYNONYMS, name))


def _none_lost(shop: FaultedShop) -> bool:
    there = {RULES: StoredRules(shop.store).get().records, SYNONYMS: StoredSynonyms(shop.store).get().records}
    ids = [(key, record["id"]) for key, records in there.items() for record in records]
    return len(ids) == len(set(ids)) and set(shop.acknowledged) <= set(ids)


def _searched() -> Sequence[str]:
    lines: list[str] = []
    log = QueryLogWriter(lines.append, "key", lambda: float(NOW - 2 * DAY))
    for person in PEOPLE:
        log.searched(
            "red shirt",
            ["1"],
            user_id=person,
            address="",
            hits=1,
            by_words=True,
            filtered=False,
            further=False,
        )
    return lines


def _report_searches(shop: FaultedShop, store: Any) -> None:
    lines = [(entry.at, line) for line in _searched() if (entry := read_line(line))]
    write_report(
        store,
        lambda since, until: (line for at, line in lines if since <= at < until),
        float(NOW + shop.jumped),
    )


def _searches_are_told(shop: FaultedShop) -> bool:
    latest = orjson.loads(shop.store.get(LATEST_SEARCHES))
    day = f"{SEARCH_REPORTS}{latest['until'][:10]}"
    return (
        latest["searches"] == len(PEOPLE)
        and [row["query"] for row in latest["popular"]] == ["red shirt"]
        and orjson.loads(shop.store.get(f"{day}.json")) == latest
        and b"red shirt" in shop.store.get(f"{day}.md")
    )


def _told_by_a_page(shop: FaultedShop, store: Any, user: str = SESSION) -> int:
    """The status of the answer to an event below /storefront."""
    event = {"event_id": "1", "user_id": user, "item_id": "x"}
    headers = [("content-type", "application/json"), ("Origin", SHOP)]
    body = orjson.dumps({"events": [event]})
    routes = EventsRoutes(lambda: shop.service(NOW, store), (SHOP,), auth="none")
    request = gateway_event("POST", "/storefront/events", headers=headers, body=body)
    return int(routes.answer(request, None)["statusCode"])


def _tell_until_it_is_taken(shop: FaultedShop, store: Any) -> None:
    if _told_by_a_page(shop, store) != 200:
        raise ConnectionError("the page sends it again")


def _session_once_and_nobody_else(shop: FaultedShop) -> bool:
    refused = _told_by_a_page(shop, shop.store, PEOPLE[0]) == 403
    curate(shop.store)
    return refused and shop.counted() == {**dict.fromkeys(PEOPLE, shop.sent), SESSION: 1}


PROMISES = (
    Promise(
        "an item shows its newest picture, as its report says",
        _take_pictures,
        _shows_blue,
        _red_and_then_blue,
    ),
    Promise("of two who change rules and synonyms, neither loses a change", _decide, _none_lost),
    Promise("the query report counts each search once", _report_searches, _searches_are_told),
    Promise(
        "an event of a page of the shop counts once, for its own session",
        _tell_until_it_is_taken,
        _session_once_and_nobody_else,
    ),
)
