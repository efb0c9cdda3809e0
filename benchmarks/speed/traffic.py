"""Requests as shoppers make them: words of the shop's own texts, a price filter, facets, a history."""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from time import perf_counter
from typing import Any

import numpy as np

from local.gateway_event import gateway_event
from object2vec.core.catalog import CatalogItem
from object2vec.storage import item_log, open_store

ApiEvent = dict[str, Any]


def catalogue(store_url: str) -> list[CatalogItem]:
    """All items of the store, by id."""
    items, _ = item_log.replay(item_log.read(open_store(store_url)))
    return sorted(items.values(), key=lambda item: item.id)


def queries(items: Sequence[CatalogItem], count: int, seed: int = 0) -> list[str]:
    """One to three words of an item's text, as short as people's queries."""
    rng = random.Random(seed)
    found: list[str] = []
    while len(found) < count:
        words = [word.strip(",-()") for word in rng.choice(items).text.lower().split()]
        start = rng.randrange(max(len(words) - 2, 1))
        text = " ".join(word for word in words[start : start + rng.randint(1, 3)] if word)
        if text:
            found.append(text)
    return found


def hybrid_bodies(items: Sequence[CatalogItem], count: int) -> list[dict[str, Any]]:
    """Filtered, faceted, personalised searches."""
    rng = random.Random(1)
    return [
        {
            "query": text,
            "filters": {"price": {"lt": 10}},
            "facets": ["category", "brand"],
            "history": [item.id for item in rng.sample(items, 5)],
            "limit": 20,
        }
        for text in queries(items, count)
    ]


def post(path: str, body: dict[str, Any]) -> ApiEvent:
    """The event that API Gateway makes from a POST."""
    return gateway_event("POST", path, body=json.dumps(body).encode())


def percentiles(seconds: Sequence[float]) -> dict[str, float]:
    """`p50_ms` and `p99_ms`."""
    p50, p99 = np.percentile(np.array(seconds) * 1000, [50, 99])
    return {"p50_ms": float(p50), "p99_ms": float(p99)}


def timed(call: Callable[[Any], object], arguments: Sequence[Any], rounds: int) -> list[float]:
    """Seconds of each call, after one unmeasured round over the first hundred."""
    return timed_in_turn({"": (call, arguments)}, rounds)[""]


def timed_in_turn(
    systems: Mapping[str, tuple[Callable[[Any], object], Sequence[Any]]], rounds: int
) -> dict[str, list[float]]:
    """Seconds by system, one round of each in turn, so that a machine that is slow for a while is slow for
    all."""
    for call, arguments in systems.values():
        for argument in arguments[:100]:
            call(argument)
    seconds: dict[str, list[float]] = {name: [] for name in systems}
    for _ in range(rounds):
        for name, (call, arguments) in systems.items():
            for argument in arguments:
                start = perf_counter()
                call(argument)
                seconds[name].append(perf_counter() - start)
    return seconds
