"""Folds the days of a past month into one file, so that readers of the whole log fetch 12 files a year, not
365.

`curated/interactions/events/2026-01.parquet` gets the events of that month's days. The files of the days stay
for `DAYS_STAY_S`, since a training under way may have been told to read them; a reader of both counts each
event once, by its id. A note says which versions of the days are in the month (folded_months.py). A day's
file is deleted only in that version: one that changed since, by late events or an erasure, is folded again
first. The next run does again what a killed one had begun.
"""

import calendar
import re
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from object2vec.core.errors import InputError
from object2vec.core.keys import CURATED_EVENTS
from object2vec.core.sql import MEMORY
from object2vec.core.time import DAY_S
from object2vec.storage import ConflictError, Entry, NotFoundError, ObjectStore
from object2vec.storage.sealed import sealed
from object2vec.users.curation import (
    ATTEMPTS,
    EACH_EVENT_ONCE,
    curated_file,
    erase_users,
    period_of,
    unfinished_note,
)
from object2vec.users.erasure import erased_ids_since
from object2vec.users.folded_months import FoldedMonth, load_folded, note_key

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
CLOSED_AFTER = timedelta(days=14)
"""Time after the last day of a month: by then events that were sent late or again have come."""
DAYS_STAY_S = 8 * DAY_S
"""Time that the days' files stay after they were folded, longer than any training takes. One that began
before may have been told to read them; one that begins later reads the month alone."""
MOST_BYTES = 256_000_000
"""Days' files of more bytes together are not folded: it would take more memory than the function has."""


def fold_months(store: ObjectStore, now: float) -> list[str]:
    """Folds what is due and deletes days that were folded long enough ago; returns the months it wrote.

    Raises InputError where a file is damaged, after the other months; ConflictError if others keep writing
    one.
    """
    written, damaged = [], []
    files = [entry for entry in store.list(CURATED_EVENTS) if _is_day(entry.key)]
    for month, entries in groupby(files, lambda entry: period_of(entry.key)[:7]):
        days = list(entries)
        if not _closed(month, now) or sum(day.size for day in days) > MOST_BYTES:
            continue
        try:
            written += [month] if _fold_or_clean(store, month, days, now) else []
        except InputError as error:
            damaged.append(error)
    if damaged:
        raise damaged[0]
    return written


def _is_day(key: str) -> bool:
    """Whether the key is that of a day: not of a month, not another file, and a day of the calendar."""
    if not _DAY.fullmatch(period_of(key)):
        return False
    try:
        date.fromisoformat(period_of(key))
    except ValueError:
        return False
    return True


def _closed(month: str, now: float) -> bool:
    first = date.fromisoformat(f"{month}-01")
    last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
    return last + CLOSED_AFTER < datetime.fromtimestamp(now, UTC).date()


def _fold_or_clean(store: ObjectStore, month: str, days: Sequence[Entry], now: float) -> bool:
    note = note_key(month)
    folded = load_folded(store, note)
    if folded is None or any(folded.days.get(day.key) != day.etag for day in days):
        _fold(store, month, days)
        versions = {day.key: day.etag for day in days}
        store.put(note, sealed(asdict(FoldedMonth(now, versions))))
        return True
    if now - folded.since > DAYS_STAY_S:
        for day in days:
            try:
                store.delete_version(day.key, day.etag)
            except ConflictError:  # written meanwhile: it is folded again
                return False
        store.delete(note)
    return False


def _fold(store: ObjectStore, month: str, days: Sequence[Entry]) -> None:
    """Writes the month. People who were erased while the days were read are removed afterwards: by this run
    or, if it is killed, by the next curation, which finds its note."""
    unfinished = unfinished_note(month)
    store.put(unfinished, b"{}")
    begun = store.head(unfinished)
    for _ in range(ATTEMPTS):
        try:
            _write_month(store, month, days)
            break
        except ConflictError:  # an erasure wrote the month
            continue
    else:
        raise ConflictError(f"{curated_file(month)} is being written again and again")
    if gone := erased_ids_since(store, begun.modified if begun else 0.0):
        erase_users(store, curated_file(month), gone)
    store.delete(unfinished)


def _write_month(store: ObjectStore, month: str, days: Sequence[Entry]) -> None:
    with TemporaryDirectory() as folder, duckdb.connect(config=_within(folder)) as db:
        paths = [Path(folder) / f"{number}.parquet" for number in range(len(days) + 1)]
        for day, path in zip(days, paths, strict=False):
            store.download(day.key, path)
        try:
            data, etag = store.get_versioned(curated_file(month))
            paths[-1].write_bytes(data)
        except NotFoundError:
            etag = ""
            paths.pop()
        readable = [str(path) for path in paths if path.stat().st_size]  # an emptied file has no rows
        if not readable:
            return
        merged = Path(folder) / "merged.parquet"
        try:
            db.read_parquet(readable, union_by_name=True).create_view("event")
            db.sql(EACH_EVENT_ONCE).write_parquet(str(merged), compression="zstd")
        except duckdb.Error as error:
            files = ", ".join((*(day.key for day in days), curated_file(month)))
            raise InputError(
                f"a month cannot be folded, one of its files is damaged ({files}): restore it from a copy, or"
                f" delete it to go on without its events; {error}"
            ) from error
        store.upload_over(merged, curated_file(month), etag)


def _within(folder: str) -> dict[str, str | bool | int | float | list[str]]:
    return {"temp_directory": str(Path(folder) / "spill"), "memory_limit": MEMORY}
