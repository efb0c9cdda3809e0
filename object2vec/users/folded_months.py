"""Which days' files are in the file of their month: `curated/folded/<month>.json`, written once the month has
them (month_fold.py) and deleted once they are gone."""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from object2vec.storage import NotFoundError, ObjectStore

FOLDED = "curated/folded/"


@dataclass(frozen=True, slots=True)
class FoldedMonth:
    """What the note of a month says."""

    since: float
    """When these versions were folded, seconds since 1970."""
    days: Mapping[str, str]
    """The versions (ETags) of the days' files that are in it, by key."""


def note_key(month: str) -> str:
    """Where the note of a month lies, of `2026-01` say."""
    return f"{FOLDED}{month}.json"


def load_folded(store: ObjectStore, note: str) -> FoldedMonth | None:
    """None where there is no note, or a damaged one: then the month is folded once more."""
    try:
        return FoldedMonth(**orjson.loads(store.get(note)))
    except (NotFoundError, ValueError, TypeError):
        return None


def folded_days(store: ObjectStore) -> dict[str, str]:
    """The versions (ETags) of the days' files that are in a month's file, by key. Whoever lists the files
    after that may leave these out."""
    months = [load_folded(store, entry.key) for entry in store.list(FOLDED)]
    return {key: etag for month in months if month for key, etag in month.days.items()}
