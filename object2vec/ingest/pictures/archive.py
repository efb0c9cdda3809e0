"""The pictures of an upload: one file, or the members of a zip or tar archive."""

import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from object2vec.core.keys import IMAGE_UPLOADS
from object2vec.core.pictures import PictureError
from object2vec.core.progress import each, tell
from object2vec.ingest.pictures.decode import MAX_BYTES
from object2vec.ingest.readers.encoding import code_page_of, is_utf8
from object2vec.ingest.rules import FileError

FORMATS = {
    **dict.fromkeys((".jpg", ".jpeg", ".png", ".webp"), "picture"),
    ".zip": "zip",
    **dict.fromkeys((".tar", ".tgz", ".tar.gz"), "tar"),
}
MAX_PICTURES = 5_000
"""Most pictures of one archive: about what a function encodes in its quarter of an hour."""
MAX_UNPACKED = 4 << 30
_SAMPLE_BYTES = 1 << 16
_PASSWORD, _UTF_8 = 0x1, 0x800
"""Bits of a zip member's flags."""
_TOO_MANY = FileError("too_many_pictures", f"The archive holds more than {MAX_PICTURES:,} files; split it.")
_BOMB = FileError("too_large", f"The archive unpacks to more than {MAX_UNPACKED >> 30} GB; split it.")


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive."""

    path: str
    """Path below `uploads/images/`."""
    content: bytes
    """Empty where it must not be unpacked."""
    error: PictureError | None = None
    """Why it must not be looked at."""


def members(key: str, file: Path, kind: str, passed_over: list[str]) -> Iterator[Member]:
    """Members of an upload; hidden files that Mac and Windows put into archives are named in `passed_over`.
    Raises FileError, after the members before the place where the archive breaks off."""
    if kind == "picture":
        yield Member(
            key.removeprefix(IMAGE_UPLOADS),
            file.read_bytes() if file.stat().st_size <= MAX_BYTES else b"",
            _oversized(file.stat().st_size),
        )
        return
    folder = PurePosixPath(key.removeprefix(IMAGE_UPLOADS)).parent
    read, unpacked = 0, 0
    try:
        for name, size, content in _zip(file) if kind == "zip" else _tar(file):
            path = name.replace("\\", "/").removeprefix("./")
            if _is_hidden(path):
                passed_over.append(path)
                continue
            read, unpacked = read + 1, unpacked + len(content)
            if read > MAX_PICTURES:
                raise _TOO_MANY
            if unpacked > MAX_UNPACKED:
                raise _BOMB
            error = _unsafe(path) or _oversized(max(size, len(content)))
            yield Member((folder / path).as_posix(), b"" if error else content, error)
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        zlib.error,
        EOFError,
        OSError,
        RuntimeError,  # a compression that this Python does not know is one
        ValueError,
        struct.error,
    ) as error:
        raise FileError(
            "damaged_archive", f"The archive is damaged ({error}); pack and upload it again."
        ) from error


def _zip(file: Path) -> Iterator[tuple[str, int, bytes]]:
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        for member, name in each(list(zip(members, _names(members), strict=True))):
            if member.is_dir():
                continue
            if member.flag_bits & _PASSWORD:
                raise FileError("encrypted_archive", "The archive has a password; pack it without one.")
            if member.file_size > MAX_BYTES:
                yield name, member.file_size, b""
                continue
            with archive.open(member) as opened:  # never more, whatever the header promises
                yield name, member.file_size, opened.read(MAX_BYTES + 1)


def _names(members: Sequence[zipfile.ZipInfo]) -> Iterator[str]:
    """The members' names. Without the mark for UTF-8 they are in code page 437, says the format. macOS writes
    UTF-8 all the same, which hardly any other text happens to be, and Windows its own code page (GBK,
    Shift-JIS), which all names together tell."""
    bare = [_unmarked(member) for member in members]
    others = b"\n".join(name for name in bare if not is_utf8(name))
    codec = code_page_of(others[:_SAMPLE_BYTES]) if others else "cp437"
    for member, name in zip(members, bare, strict=True):
        if not name:
            yield member.filename
        elif is_utf8(name):
            yield name.decode()
        else:
            yield _decoded(name, codec) or member.filename


def _unmarked(member: zipfile.ZipInfo) -> bytes:
    """The name as it is written; nothing where the archive says how to read it."""
    try:
        return b"" if member.flag_bits & _UTF_8 else member.filename.encode("cp437")
    except UnicodeError:  # a further field has it in UTF-8
        return b""


def _decoded(name: bytes, codec: str) -> str:
    try:
        return name.decode(codec)
    except UnicodeError:
        return ""


def _tar(file: Path) -> Iterator[tuple[str, int, bytes]]:
    size = max(file.stat().st_size, 1)
    with file.open("rb") as raw, tarfile.open(fileobj=raw, mode="r:*") as archive:
        for member in archive:
            tell(raw.tell() / size)  # a tar has no list of its members
            if member.isdir():
                continue
            opened = archive.extractfile(member) if member.isfile() and member.size <= MAX_BYTES else None
            yield member.name, member.size, opened.read(MAX_BYTES + 1) if opened else b""


def _is_hidden(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return (
        any(part.startswith(".") and part != ".." for part in parts)
        or "__MACOSX" in parts
        or (bool(parts) and parts[-1].lower() in ("thumbs.db", "desktop.ini"))
    )


def _unsafe(path: str) -> PictureError | None:
    parts = PurePosixPath(path).parts
    if not parts or ".." in parts or path.startswith("/") or ":" in parts[0] or not path.isprintable():
        return PictureError(
            "bad_picture_path", "The name leads out of the archive, or cannot be printed; rename it"
        )
    return None


def _oversized(size: int) -> PictureError | None:
    if size <= MAX_BYTES:
        return None
    return PictureError(
        "picture_too_large",
        f"The picture has {size:,} bytes; at most {MAX_BYTES:,} are read: make it smaller",
    )
