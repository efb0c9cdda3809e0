"""Requests to erase a person, and the reports on them; erasure_worker.py carries them out.

A request is the object `erasures/<id>.json`. It is removed when everything is done, so that the next run
completes one that was killed. The id is a hash of the user id, which no report holds.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from typing import Any

import orjson

from object2vec.core.erasure_ids import erasure_id
from object2vec.core.errors import InputError
from object2vec.core.keys import CURATED, ERASURE_REPORTS, ERASURES
from object2vec.storage import ConflictError, NotFoundError, ObjectStore, put_over
from object2vec.storage.sealed import sealed, unsealed

_REQUEST = re.compile(rf"{ERASURES}[0-9a-f]+\.json")


@dataclass(slots=True)
class Erasure:
    """The report: what was removed, and where the person may still be found."""

    id: str
    requested_at: int
    finished_at: int | None = None
    session_events: int = 0
    logged_events: int = 0
    curated_rows: dict[str, int] = field(default_factory=dict)
    """Rows removed, by file of `curated/`."""
    leaving: dict[str, dict[str, int]] = field(default_factory=dict)
    """Rows that a run is about to remove from a file, by run and file, written down before they go: if it is
    killed then, the next run finds them gone and counts them."""
    history_files: list[str] = field(default_factory=list)
    """Files of `histories/` from which the person was removed."""
    uploads: list[str] = field(default_factory=list)
    """Uploads that hold the person: they are yours, and loading one again brings the rows back."""
    verbatim: list[str] = field(default_factory=list)
    """Quarantine files and reports that show the id: in a rejected row, an example or a search."""
    datasets: list[str] = field(default_factory=list)
    """Data sets of previous trainings that may hold the person, until they expire or are deleted."""
    model: str | None = None
    """The live model, if it was trained on data that held the person; the next training is without it."""

    @property
    def report(self) -> str:
        """The report's key."""
        return f"{ERASURE_REPORTS}{self.id}.json"

    def left_histories(self, files: Iterable[str]) -> None:
        """Names files of `histories/` from which the person was removed, each once."""
        self.history_files = list(dict.fromkeys([*self.history_files, *files]))

    def note(self, run: str, file: str, rows: int) -> None:
        """Writes down how many rows of a file a run is about to remove; 0 withdraws its note on that file."""
        of_run = self.leaving.setdefault(run, {})
        of_run.pop(file, None)
        if rows:
            of_run[file] = rows
        if not of_run:
            del self.leaving[run]

    def count(self, run: str, removed: Collection[str]) -> int:
        """Counts the rows that a run has removed from these files, and returns how many. A run that was
        killed before it could count left its notes: they are counted for files in which this run found
        nothing."""
        counted = 0
        for other, files in list(self.leaving.items()):
            for file, rows in list(files.items()):
                if other == run or file not in removed:
                    self._add(file, rows)
                    counted += rows
                self.note(other, file, 0)
        return counted

    def _add(self, file: str, rows: int) -> None:
        if file.startswith(CURATED):
            self.curated_rows[file] = self.curated_rows.get(file, 0) + rows
        else:
            self.logged_events += rows


def request_erasure(
    store: ObjectStore, user_id: str, now: int, session_events: int, history_files: Collection[str] = ()
) -> Erasure:
    """Stores a request that survives a power failure; `session_events` were removed from the session store,
    and the person from `history_files`. A request that still waits is part of the new one."""
    key = f"{ERASURES}{erasure_id(user_id)}.json"
    waiting = _still_asked(store, key)
    request = {
        "user_id": user_id,
        "requested_at": now,
        "session_events": session_events + waiting.get("session_events", 0),
        "history_files": list(dict.fromkeys([*waiting.get("history_files", ()), *history_files])),
    }
    _write_durably(store, key, sealed(request))
    return first_report(request)


def _write_durably(store: ObjectStore, key: str, data: bytes) -> None:
    """Writes over what is there, by conditional writes: they alone survive a power failure in every store."""
    while True:
        try:
            entry = store.head(key)
            put_over(store, key, data, entry.etag if entry else None)
            return
        except ConflictError:  # somebody else asks for the same, or it is just done
            continue


def load_request(store: ObjectStore, key: str) -> dict[str, Any]:
    """A pending request. Raises NotFoundError if it is done, InputError if it cannot be read."""
    try:
        request = unsealed(store.get(key))
        if {"user_id", "requested_at", "session_events"} <= request.keys():
            return request
    except (ValueError, AttributeError):
        pass
    raise InputError(f"{key} is damaged, nobody knows whom it names: ask for the erasure again, or delete it")


def _still_asked(store: ObjectStore, key: str) -> Mapping[str, Any]:
    """The pending request of the same person, empty if there is none."""
    try:
        return load_request(store, key)
    except (NotFoundError, InputError):
        return {}


def pending(store: ObjectStore) -> list[str]:
    """The keys of the pending requests. Files of other names are nobody's: a file manager's, say."""
    return [entry.key for entry in store.list(ERASURES) if _REQUEST.fullmatch(entry.key)]


class SharedErasure:
    """The report in the store. Two runs may write it at the same time: neither overwrites the other's
    part."""

    def __init__(self, store: ObjectStore, first: Erasure) -> None:
        """`first` is the report if the store has none, or a damaged one."""
        self._store, self._first = store, first
        self.erasure, self._etag = self._read()

    def change(self, how: Callable[[Erasure], None]) -> None:
        """Changes the report by `how` and writes it; if another run was first, changes the newer one."""
        while True:
            how(self.erasure)
            data = orjson.dumps(asdict(self.erasure), option=orjson.OPT_INDENT_2)
            try:
                self._etag = put_over(self._store, self.erasure.report, data, self._etag)
                return
            except ConflictError:
                self.erasure, self._etag = self._read()

    def _read(self) -> tuple[Erasure, str]:
        try:
            data, etag = self._store.get_versioned(self._first.report)
        except NotFoundError:
            return deepcopy(self._first), ""
        return _decoded(data) or deepcopy(self._first), etag


def load_erasure(store: ObjectStore, user_id: str) -> Erasure | None:
    """The last report on a person, open if a request waits that it does not know of. None if there is none,
    or if it is damaged: the next erasure writes it."""
    name = f"{erasure_id(user_id)}.json"
    try:
        report = _decoded(store.get(f"{ERASURE_REPORTS}{name}"))
    except NotFoundError:
        report = None
    try:
        request = load_request(store, f"{ERASURES}{name}")
    except (NotFoundError, InputError):
        return report
    report = report or first_report(request)
    if report.requested_at != request["requested_at"]:
        report.requested_at, report.finished_at = request["requested_at"], None
    return report


def first_report(request: Mapping[str, Any]) -> Erasure:
    """The report on a request before anything else is done."""
    return Erasure(
        erasure_id(request["user_id"]),
        request["requested_at"],
        session_events=request["session_events"],
        history_files=list(request.get("history_files", ())),  # requests of earlier programs name none
    )


def _decoded(data: bytes) -> Erasure | None:
    """The report; None if it is damaged."""
    try:
        erasure = Erasure(**orjson.loads(data))
        if any(
            isinstance(rows, int) for rows in erasure.leaving.values()
        ):  # of one run, before there were two
            erasure.leaving = {"": erasure.leaving}  # type: ignore[dict-item]
        return erasure
    except (ValueError, TypeError, AttributeError):
        return None


def erased_since(store: ObjectStore, user_id: str, moment: float) -> bool:
    """Whether a person's erasure is asked for, or was carried out since `moment` (seconds since 1970)."""
    name = f"{erasure_id(user_id)}.json"
    if store.head(f"{ERASURES}{name}"):
        return True
    report = store.head(f"{ERASURE_REPORTS}{name}")
    return report is not None and report.modified >= int(moment)


def erased_ids_since(store: ObjectStore, moment: float) -> set[str]:
    """The erasure ids of all people whose erasure is asked for, or was carried out since `moment`, a time of
    the same store."""
    asked = {entry.key.removeprefix(ERASURES) for entry in store.list(ERASURES)}
    done = {
        entry.key.removeprefix(ERASURE_REPORTS)
        for entry in store.list(ERASURE_REPORTS)
        if entry.modified >= moment
    }
    return {name.removesuffix(".json") for name in asked | done}
