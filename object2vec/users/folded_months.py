"""The notes on folded months: which files of days are already in the file of their month.

`curated/folded/<month>.json` is written when the month's file has them (month_fold.py), and deleted when the
files of the days are gone."""

from collections.abc import Mapping
from dataclasses import dataclass

from object2vec.core.keys import FOLDED
from object2vec.storage import NotFoundError, ObjectStore
from object2vec.storage.sealed import unsealed


@dataclass(frozen=True, slots=True)
class FoldedMonth:
    """The note on a month."""

    since: float
    """Time when these versions were folded, seconds since 1970."""
    days: Mapping[str, str]
    """The ETags of the days' files whose events are in the month's file, by key."""


def note_key(month: str) -> str:
    """The key of the note on a month, `2026-01` say."""
    return f"{FOLDED}{month}.json"


def load_folded(store: ObjectStore, note: str) -> FoldedMonth | None:
    """The note; None if there is none, or a damaged one: then the month is folded once more."""
    try:
        return FoldedMonth(**unsealed(store.get(note)))
    except (NotFoundError, ValueError, TypeError):
        return None


def folded_days(store: ObjectStore) -> dict[str, str]:
    """The ETags of all days' files whose events are in a month's file, by key. A listing that is made
    afterwards may leave these files out."""
    months = [load_folded(store, entry.key) for entry in store.list(FOLDED)]
    return {key: etag for month in months if month for key, etag in month.days.items()}
