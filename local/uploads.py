"""The upload bucket on one machine: files dropped under DIR/uploads go through the preprocess function."""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import Any

from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError

import lambdas.pictures.handler as pictures
from lambdas.preprocess.handler import work_off
from local.troubles import explained
from object2vec.core.keys import IMAGE_UPLOADS, UPLOADS
from object2vec.core.progress import stretch
from object2vec.ingest.mapping import MAPPING_KEY
from object2vec.ingest.ownership.versions import CONFIRM
from object2vec.ingest.pictures.attach import attach
from object2vec.ingest.preprocess import OWNERS
from object2vec.ingest.report import Report, load_report
from object2vec.storage import Entry, FolderStore

CONTEXT: Any = SimpleNamespace(function_name="local", get_remaining_time_in_millis=lambda: 900_000)
FILE_S, TABLE_S_PER_MB, PICTURE_S, PICTURES_PER_MB = 0.02, 0.17, 0.06, 10
RETRY_S = 30.0
"""Seconds until an upload that the function failed on is tried again; at once if the file changes."""
NAMED = 3
"""Files of which `unread` says what is wrong with them; it counts the others."""

_HIDDEN = "Hidden files are ignored; give it a name without the dot to have it read."
_LEADS_NOWHERE = (
    "It is a link to what is not there. What was read from it stays; mount its disk, or delete it."
)
_UNREADABLE = "The folder cannot be listed. What was read from it stays"

MAPPED = tuple(f"{UPLOADS}{kind}/" for kind in ("catalog", "interactions", "queries"))
"""Where files lie that a mapping may tell about: they are read anew when it changes."""
FileStamp = tuple[int, float]
"""Size in bytes and time of change."""


@dataclass
class Uploads:
    """DIR, laid out as the upload bucket, and the store it is uploaded to. Whether a file has changed is told
    by its size and its time: the bytes are read when it has."""

    folder: Path
    store: FolderStore
    clock: Callable[[], float] = time.monotonic
    _done: dict[str, FileStamp | None] | None = field(default=None, init=False)
    """Each file as it was when it was last processed, by key; None if it is stored but not processed."""
    _failed: dict[str, "_Failed"] = field(default_factory=dict, init=False)
    """What happened to the keys whose last attempt failed."""
    _odd: dict[str, str] = field(default_factory=dict, init=False)
    """Files that are no uploads, with the reason."""
    _to_attach: bool = field(default=True, init=False)
    """Whether new pictures or items may belong to each other."""

    def sync(self) -> Iterator[Report]:
        """Processes every file that is new, changed or gone; yields the new reports. A fault of one file
        becomes its report, and the others are processed."""
        if not (self.folder / UPLOADS).is_dir():
            return  # a disk that is not there: nobody deleted anything
        if self._done is None:
            self._done = {entry.key: self._taken(entry) for entry in self.store.list(UPLOADS)}
        found, odd = self._files()
        yield from (_not_read(key, "ignored", why) for key, why in odd.items() if key not in self._odd)
        self._odd = odd
        if MAPPING_KEY in self._done and MAPPING_KEY not in found:
            yield from self._attempt(MAPPING_KEY, None)
            if MAPPING_KEY not in self._done:  # else it could not be removed yet, and is tried again
                self._read_again()
        work = {
            key: _seconds(key, path) for key, path in found.items() if self._done.get(key) != _state(path)
        }
        all_work, done = sum(work.values()), 0.0
        for key, path in found.items():  # the mapping first: it lies above the folders of files
            before, done = done, done + work.get(key, 0.0)
            with stretch(before / all_work, done / all_work) if key in work else nullcontext():
                for report in self._attempt(key, path):
                    if key == MAPPING_KEY:
                        self._read_again()
                    yield report
        for key in (self._done.keys() | self._failed.keys()) - found.keys():
            if not odd.keys() & {key, *map(str, PurePosixPath(key).parents)}:  # else nobody deleted it
                yield from self._attempt(key, None)

    def attach_pictures(self) -> None:
        """Gives items the pictures that came, once for all of them: it is a look at the whole catalogue."""
        if self._to_attach:
            attach(self.store)
            self._to_attach = False

    @property
    def unread(self) -> str:
        """What is wrong with files that are not read, `""` if all are. Hidden files, which file managers
        make, do not count."""
        wrong = {key: why for key, why in self._odd.items() if why != _HIDDEN}
        wrong |= {key: failed.why for key, failed in self._failed.items()}
        said = [f"{key}: {why}" for key, why in sorted(wrong.items())]
        more = [f"and {len(said) - NAMED} more"] if len(said) > NAMED else []
        return " ".join(said[:NAMED] + more)

    def _read_again(self) -> None:
        """After a change of the mapping."""
        assert self._done is not None
        self._done |= {key: None for key in self._done if key.startswith(MAPPED)}

    def _files(self) -> tuple[dict[str, Path], dict[str, str]]:
        """The uploads by key, and the reasons why the other files are none. A folder may be a link to one on
        another disk; each is read once."""
        found: dict[str, Path] = {}
        odd: dict[str, str] = {}
        uploads = self.folder / UPLOADS
        seen = {uploads.resolve()}

        def note(error: OSError) -> None:
            if not isinstance(error, FileNotFoundError):  # gone since it was listed
                odd[self._shown(Path(error.filename))] = f"{_UNREADABLE}: {explained(error)}"

        for folder, folders, names in os.walk(uploads, followlinks=True, onerror=note):
            folders[:] = [name for name in sorted(folders) if _is_new(Path(folder) / name, uploads, seen)]
            for name in sorted(names):
                path = Path(folder) / name
                key = path.relative_to(self.folder).as_posix()
                if why := _why_odd(key) or (_LEADS_NOWHERE if _is_broken(path) else ""):
                    odd[self._shown(path)] = why
                else:
                    found[key] = path
        return found, odd

    def _shown(self, path: Path) -> str:
        """The key of a file or folder, as text of any name."""
        return os.fsencode(path.relative_to(self.folder).as_posix()).decode(errors="backslashreplace")

    def _attempt(self, key: str, path: Path | None) -> Iterator[Report]:
        """Processes one file; `path` is None for a file that is gone."""
        assert self._done is not None
        state = _state(path)
        if path is not None and (state is None or self._done.get(key) == state):
            return
        failed = self._failed.get(key)
        if failed and failed.state == state and self.clock() < failed.next_at:
            return
        try:
            report = self._take(key, path, state)
        except Exception as error:  # said, and tried again: the other uploads and the server go on
            why = f"{explained(_cause(error))}. It is tried again."
            self._failed[key] = _Failed(state, self.clock() + RETRY_S, why)
            if failed is None or failed.state != state:
                yield _not_read(key, "failed", why)
            return
        self._failed.pop(key, None)
        if report is not None:
            yield report

    def _take(self, key: str, path: Path | None, state: FileStamp | None) -> Report | None:
        """Stores and processes a file; returns its report if that is a new one."""
        assert self._done is not None
        named = key.removesuffix(CONFIRM)
        before = load_report(self.store, named)
        if path is None:
            self.store.delete(key)
        elif _copied(self.store.head(key)) != state:
            self.store.adopt(path, key)
        self._to_attach = True
        self._preprocess(key)
        if path is None:
            self._done.pop(key, None)
        elif _state(path) == state:  # else it is still being written: the next look takes it again
            self._done[key] = state
        report = load_report(self.store, named)
        return None if report == before else report

    def _preprocess(self, key: str) -> None:
        event = {"detail": {"object": {"key": key}}}
        record = {"messageId": key, "body": json.dumps(event), "eventSource": "aws:sqs"}
        owners = pictures.owners() if key.startswith(IMAGE_UPLOADS) else OWNERS
        work_off(self.store, {"Records": [record]}, CONTEXT, owners)

    def _taken(self, entry: Entry) -> FileStamp | None:
        """Whether a stored file was processed: its report names these very bytes."""
        report = load_report(self.store, entry.key)
        if entry.key.endswith(CONFIRM) or (report is not None and report.etag == entry.etag):
            return _copied(entry)
        return None


@dataclass(frozen=True, slots=True)
class _Failed:
    """The last attempt at a file, as it was then."""

    state: FileStamp | None
    next_at: float
    why: str


def _cause(error: Exception) -> BaseException:
    """What a function's batch of one message failed on."""
    if isinstance(error, BatchProcessingError) and error.child_exceptions:
        return error.child_exceptions[0][1] or error
    return error


def _seconds(key: str, path: Path) -> float:
    """About how long a file takes, in relation to others: a picture as long as a third of a megabyte of a
    table, one of an archive too."""
    with suppress(OSError):  # gone since it was listed
        megabytes = path.stat().st_size / 1e6
        if key.startswith(IMAGE_UPLOADS):
            return max(PICTURE_S, megabytes * PICTURES_PER_MB * PICTURE_S)
        return FILE_S + megabytes * TABLE_S_PER_MB
    return FILE_S


def _why_odd(key: str) -> str:
    """The reason why a file is no upload; `""` if it is one."""
    if any(part.startswith(".") for part in key.split("/")):
        return _HIDDEN
    try:
        key.encode()
    except UnicodeEncodeError:
        return "Its name is not UTF-8, as one from an old zip archive may be; rename it."
    return ""


def _is_new(folder: Path, uploads: Path, seen: set[Path]) -> bool:
    """Whether to look into a folder, which is then `seen`. A link may lead to another disk, but not into what
    is read anyway."""
    place = folder.resolve()
    known = place in seen or (folder.is_symlink() and place.is_relative_to(uploads.resolve()))
    seen.add(place)
    return not known


def _is_broken(path: Path) -> bool:
    """Whether it is a link that leads nowhere, as to a disk that is not mounted."""
    return path.is_symlink() and not path.exists()


def _state(path: Path | None) -> FileStamp | None:
    try:
        stat = path.stat() if path else None
    except OSError:  # gone since it was listed
        return None
    return (stat.st_size, stat.st_mtime) if stat else None


def _copied(entry: Entry | None) -> FileStamp | None:
    return (entry.size, entry.modified) if entry else None


def _not_read(key: str, code: str, message: str) -> Report:
    return Report(key, problem={"code": code, "message": message})
