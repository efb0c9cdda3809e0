"""What one upload below `uploads/images/` owns: the pictures that it brought, by path.

`pictures/owned/<digest of the key>.json` says which, and which it has to let go; so a worker that is killed
half way leaves nothing that nobody withdraws.
"""

import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Self

from object2vec.core.keys import OWNED_PICTURES, PICTURE_TABLE
from object2vec.core.pictures import PictureEncoder, PictureError
from object2vec.ingest.formats import ending_of
from object2vec.ingest.mapping import FileMapping
from object2vec.ingest.owner import Upload, count
from object2vec.ingest.ownership.held_rows import RowCounts
from object2vec.ingest.ownership.publishing import OvertakenError
from object2vec.ingest.ownership.versions import Version
from object2vec.ingest.pictures.archive import FORMATS, Member, members
from object2vec.ingest.pictures.attach import mark
from object2vec.ingest.pictures.encode import adopt, keep
from object2vec.ingest.pictures.names import stems_of_path
from object2vec.ingest.pictures.table import Claim, PictureTable, change
from object2vec.ingest.rules import FileError
from object2vec.storage import NotFoundError, ObjectStore
from object2vec.storage.sealed import sealed, unsealed

MAX_QUARANTINE = 500_000_000
"""Bytes of refused files that are kept: more are in the upload itself."""
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class _Owned:
    """Pictures of an upload, path → hash, and the paths that it brought before."""

    pictures: Mapping[str, str] = field(default_factory=dict)
    leaving: Sequence[str] = ()


class PictureOwner:
    """Pictures, through the table of pictures."""

    def __init__(self, upload: Upload, encoder: PictureEncoder) -> None:
        self._upload, self._encoder = upload, encoder
        self._pictures: dict[str, str] = {}
        self._quarantine: Quarantine | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._quarantine is not None:
            self._quarantine.close()

    def kind_of(self, key: str) -> str:
        """A picture, or an archive of them. Raises FileError."""
        kind = FORMATS.get(ending_of(key))
        if kind is None:
            raise FileError("unknown_format", f"The name must end in {', '.join(FORMATS)}; convert the file.")
        return kind

    def read(self, kind: str, _mapping: FileMapping) -> None:
        upload, report = self._upload, self._upload.report
        adopt(upload.store, self._encoder)
        self._quarantine = Quarantine(upload.folder / f"quarantine{ending_of(upload.path.name)}", kind)
        passed_over: list[str] = []
        for member in members(upload.version.key, upload.path, kind, passed_over):
            report.rows_read += 1
            try:
                if member.error is not None:
                    raise member.error
                name = keep(upload.store, self._encoder, member.content)
            except PictureError as error:
                self._refuse(member, error)
            else:
                report.duplicate_ids += member.path in self._pictures
                self._pictures[member.path] = name
        report.recognised = "pictures"
        if passed_over:
            report.notes.append(
                f"{len(passed_over):,} hidden files of the archive are no pictures: "
                f"{', '.join(passed_over[:_SHOWN])}"
            )
        if not report.rows_read:
            raise FileError("no_pictures", "The archive holds no file; add some.")

    def publish(self) -> None:
        upload, report, version = self._upload, self._upload.report, self._upload.version
        owned_key = f"{version.folder(OWNED_PICTURES).rstrip('/')}.json"
        before = _load(upload.store, owned_key, version.key)
        upload.guard(len(before.pictures), len(before.pictures.keys() & self._pictures.keys()))
        if not upload.is_current():
            raise OvertakenError(version.key)
        report.accepted = report.rows_read - report.rejected - report.duplicate_ids
        count(report, _compared(before.pictures, self._pictures))
        leaving = sorted({*before.pictures, *before.leaving} - self._pictures.keys())
        if not self._pictures and not leaving:
            return
        upload.store.put(owned_key, _bytes(_Owned(self._pictures, leaving)))
        owner, stems = (
            _claim(version),
            {name for path in (*self._pictures, *leaving) for name in stems_of_path(path)},
        )
        mark(upload.store, stems)  # for whoever goes on where this ends half way
        change(upload.store, owner, self._pictures, leaving)
        if overtaken := not upload.is_current():  # the newer version may not have seen these
            change(upload.store, owner, {}, self._pictures)
        mark(upload.store, stems)  # another may have worked off the first marker before the table had changed
        if overtaken:
            raise OvertakenError(version.key)
        if self._pictures:
            upload.store.put(owned_key, _bytes(_Owned(self._pictures)))
            report.outputs = [PICTURE_TABLE]
        else:
            upload.store.delete(owned_key)

    def _refuse(self, member: Member, error: PictureError) -> None:
        report = self._upload.report
        message = f"{member.path}: {error}"
        report.reject(error.code, report.rows_read, message.encode("utf-8", "backslashreplace"))
        assert self._quarantine is not None
        self._quarantine.add(member)


class Quarantine:
    """The refused files of an upload, packed as the upload was, so that they can be mended and uploaded
    again. What must not be unpacked, and what goes beyond `MAX_QUARANTINE`, is in the upload alone."""

    def __init__(self, path: Path, kind: str) -> None:
        self._path, self._kind, self._left = path, kind, MAX_QUARANTINE
        self._archive: zipfile.ZipFile | tarfile.TarFile | None = None

    def add(self, member: Member) -> None:
        """Keeps one."""
        if self._kind == "picture":
            self._path.write_bytes(member.content)
            return
        archive = self._archive = self._archive or self._open()
        self._left -= len(member.content)
        if self._left < 0 or not member.content:
            return
        if isinstance(archive, zipfile.ZipFile):
            archive.writestr(zipfile.ZipInfo(member.path), member.content, zipfile.ZIP_DEFLATED)
        else:
            entry = tarfile.TarInfo(member.path)
            entry.size = len(member.content)
            archive.addfile(entry, BytesIO(member.content))

    def close(self) -> None:
        """Ends the archive."""
        if self._archive is not None:
            self._archive.close()

    def _open(self) -> zipfile.ZipFile | tarfile.TarFile:
        if self._kind == "zip":
            return zipfile.ZipFile(self._path, "w")
        return tarfile.open(self._path, "w" if self._path.suffix == ".tar" else "w:gz")


def _claim(version: Version) -> Claim:
    """The claim of a version, with its time; that of an upload that is gone comes after all it ever
    brought."""
    modified = version.modified if not version.is_gone else float("inf")
    return Claim("", version.key, modified, version.sequencer)


def _compared(before: Mapping[str, str], after: Mapping[str, str]) -> RowCounts:
    both = before.keys() & after.keys()
    unchanged = sum(before[path] == after[path] for path in both)
    return RowCounts(
        added=len(after) - len(both),
        changed=len(both) - unchanged,
        removed=len(before) - len(both),
        unchanged=unchanged,
    )


def _load(store: ObjectStore, key: str, upload: str) -> _Owned:
    """What the upload owns; where the note on it is damaged, what the table says."""
    try:
        return _Owned(**unsealed(store.get(key)))
    except NotFoundError:
        return _Owned()
    except (ValueError, TypeError):
        return _Owned(leaving=PictureTable.read(store).brought_by(upload))


def _bytes(owned: _Owned) -> bytes:
    return sealed({"pictures": dict(owned.pictures), "leaving": list(owned.leaving)})
