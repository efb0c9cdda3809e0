"""An object store in a folder, with S3's atomic and conditional writes."""

import errno
import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from object2vec.core.time import DAY_S
from object2vec.storage.base import ConflictError, Entry, NotFoundError

_INTERNAL = ".store"  # lock and half-written files live beside the objects, outside every listing
_LOCK = "lock"
_LEFTOVER_S = DAY_S


class FolderStore:
    """`ObjectStore` over a folder: a key is a relative path, an etag the MD5 of the content, as in S3.

    Writes go to a temporary file and are renamed, under a lock file that all processes share. What `create`
    and `replace` have written survives a power failure: events, changes of items, pointers. They wait for the
    disk outside the lock, so that the file system commits the writes of many callers together (group commit).
    What `put` and `upload` write can be made again; when it reaches the disk is left to the system.
    An object's time is that at which its writer began, as in S3: of two writers that wait, for the disk or
    for each other, the one that began later may be seen first.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()
        self._scratch = self._root / _INTERNAL
        self._scratch.mkdir(parents=True, exist_ok=True)
        self._drop_leftovers()
        self._real_root = os.path.realpath(self._root)
        self._etags: dict[Path, tuple[tuple[int, int], str]] = {}

    @property
    def url(self) -> str:
        return self._root.as_uri()

    def get(self, key: str) -> bytes:
        try:
            return self._path(key).read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            raise NotFoundError(key) from error

    def get_versioned(self, key: str) -> tuple[bytes, str]:
        data = self.get(key)
        return data, _etag(data)

    def head(self, key: str) -> Entry | None:
        try:
            return self._entry(key) if self._path(key).is_file() else None
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:
                return None
            raise

    def put(self, key: str, data: bytes) -> str:
        with self._written(data) as scratch, self._locked():
            self._publish(scratch, self._path(key))
        return _etag(data)

    def create(self, key: str, data: bytes) -> str:
        path = self._path(key)
        with self._written(data, durably=True) as scratch:
            with self._locked():
                if path.exists():
                    raise ConflictError(f"{key} exists")
                made = self._publish(scratch, path)
            _sync(made)
        return _etag(data)

    def replace(self, key: str, data: bytes, etag: str) -> str:
        with self._written(data, durably=True) as scratch:
            with self._locked():
                made = self._publish(scratch, self._require(key, etag))
            _sync(made)
        return _etag(data)

    def list(self, prefix: str, after: str = "") -> Iterator[Entry]:
        folder = prefix.rpartition("/")[0]
        if folder and not _is_key(folder):
            return
        paths = (
            path
            for path in (self._root / folder).rglob("*")
            if path.is_file() and not (path.is_symlink() and self._leads_out(path))
        )
        for key in sorted(path.relative_to(self._root).as_posix() for path in paths):
            if key.startswith(prefix) and key > after and _is_key(key) and (entry := self._entry(key)):
                yield entry

    def delete(self, key: str) -> None:
        path = self._path(key)
        with self._locked():  # or it takes away what a conditional write has just looked at
            if path.is_file():
                path.unlink(missing_ok=True)

    def delete_version(self, key: str, etag: str) -> None:
        with self._locked():
            self._require(key, etag).unlink()

    def download(self, key: str, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:  # no look beforehand: it may be deleted after that
            shutil.copyfile(self._path(key), path)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            raise NotFoundError(key) from error

    def lend(self, key: str, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        try:
            os.link(self._path(key), path)
        except FileNotFoundError as error:
            raise NotFoundError(key) from error
        except OSError:  # another file system, or one without such links
            self.download(key, path)

    def adopt(self, path: Path, key: str) -> None:
        """`upload` without a copy, where the file lies on the store's file system: a later write into the
        file changes the object and its etag."""
        handle, scratch = self._scratch_file()
        os.close(handle)
        scratch.unlink()
        try:
            os.link(os.path.realpath(path), scratch)
        except OSError:  # another file system, or one without such links
            self.upload(path, key)
            return
        try:
            with self._locked():
                self._publish(scratch, self._path(key))
        finally:
            scratch.unlink(missing_ok=True)

    def copy(self, key: str, to: str) -> None:
        path = self._path(key)
        if not path.is_file():
            raise NotFoundError(key)
        self.upload(path, to)

    def upload(self, path: Path, key: str) -> None:
        with self._copied(path) as scratch, self._locked():
            self._publish(scratch, self._path(key))

    def upload_over(self, path: Path, key: str, etag: str) -> str:
        with self._copied(path) as scratch:
            new = _file_etag(scratch)
            with self._locked():
                self._publish(scratch, self._require(key, etag))
        return new

    def _entry(self, key: str) -> Entry | None:
        """The object's entry; None if it was deleted since its name was read."""
        path = self._root / key
        try:
            stat = path.stat()
            return Entry(key, stat.st_size, self._etag_of(path, stat), stat.st_mtime)
        except FileNotFoundError:
            return None

    def _require(self, key: str, etag: str) -> Path:
        """The object's path. Raises ConflictError unless it has this etag, or with `""` does not exist."""
        path = self._path(key)
        if (_file_etag(path) if path.is_file() else "") != etag:
            raise ConflictError(f"{key} changed since it was read")
        return path

    def _etag_of(self, path: Path, stat: os.stat_result) -> str:
        """The file's etag, hashed once a change: listings are frequent, the log's segments immutable."""
        state = (stat.st_ctime_ns, stat.st_size)  # the time of its last renaming, which nobody can set
        known = self._etags.get(path)
        if known is None or known[0] != state:
            known = self._etags[path] = (state, _file_etag(path))
        return known[1]

    def _leads_out(self, link: Path) -> bool:
        """Whether what it leads to is no object of this store."""
        return not os.path.realpath(link).startswith(f"{self._real_root}/")

    def _path(self, key: str) -> Path:
        path = os.path.realpath(f"{self._real_root}/{key}")
        if not _is_key(key) or not path.startswith(f"{self._real_root}/"):
            raise ValueError(f"{key!r} is not a key of this store")
        return Path(path)

    @contextmanager
    def _written(self, data: bytes, *, durably: bool = False) -> Iterator[Path]:
        """Writes the data into a file of the scratch folder; returns its path."""
        handle, scratch = self._scratch_file()
        try:
            with open(handle, "wb") as file:
                file.write(data)
                if durably:
                    file.flush()
                    os.fsync(file.fileno())
            yield scratch
        finally:
            scratch.unlink(missing_ok=True)

    def _publish(self, scratch: Path, target: Path) -> Sequence[Path]:
        """Renames a file to an object's path; returns the folders that a durable write has to sync."""
        changed = [target.parent]
        while not changed[-1].exists():
            changed.append(changed[-1].parent)
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch.replace(target)
        return changed

    def _drop_leftovers(self) -> None:
        """Removes half-written files of processes that were killed."""
        for path in self._scratch.iterdir():
            with suppress(FileNotFoundError):  # its process has just finished it
                if path.name != _LOCK and path.stat().st_ctime < time.time() - _LEFTOVER_S:
                    path.unlink()

    def _scratch_file(self) -> tuple[int, Path]:
        """A new file, opened for writing."""
        handle, name = tempfile.mkstemp(dir=self._scratch)
        return handle, Path(name)

    @contextmanager
    def _copied(self, path: Path) -> Iterator[Path]:
        """Copies the file into the scratch folder, with its time of change; returns the path."""
        handle, scratch = self._scratch_file()
        os.close(handle)
        try:
            shutil.copyfile(path, scratch)
            stat = path.stat()
            os.utime(scratch, ns=(stat.st_atime_ns, stat.st_mtime_ns))
            yield scratch
        finally:
            scratch.unlink(missing_ok=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with open(self._scratch / _LOCK, "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _sync(folders: Iterable[Path]) -> None:
    """Makes the names in these folders survive a power failure."""
    for folder in folders:
        with suppress(FileNotFoundError):  # removed since
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def _is_key(key: str) -> bool:
    """Whether the file system takes the name as literally as S3 does; S3's names are UTF-8."""
    names = key.split("/")
    if not key.isascii() and any("\ud800" <= char <= "\udfff" for char in key):
        return False
    return names[0] != _INTERNAL and not {"", ".", ".."}.intersection(names)


def _etag(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def _file_etag(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
