"""Stamps that make curated files of two versions of an upload differ where their rows are the same: a file is
replaced only over the version that was seen, so no two versions may look alike.

In Parquet: bytes before the footer, which readers pass over, since they follow offsets
(https://parquet.apache.org/docs/file-format/). In JSON Lines: spaces and tabs at the end of the last line.
"""

import hashlib
from pathlib import Path

_MARK = b"O2VSTAMP"
_TAIL = 8  # the footer's length and `PAR1`


def stamp(path: Path, content: bytes) -> None:
    """Writes the stamp into a file that has none."""
    with open(path, "r+b") as file:
        end = _footer(file.seek(0, 2), path)
        file.seek(end)
        footer = file.read()
        file.seek(end)
        file.write(content + len(content).to_bytes(4, "little") + _MARK + footer)


def read_stamp(path: Path) -> bytes:
    """Empty for a file without one."""
    with open(path, "rb") as file:
        end = _footer(file.seek(0, 2), path)
        mark = len(_MARK) + 4
        file.seek(max(end - mark, 0))
        length, found = file.read(4), file.read(len(_MARK))
        if found != _MARK:
            return b""
        file.seek(end - mark - int.from_bytes(length, "little"))
        return file.read(int.from_bytes(length, "little"))


def stamp_lines(path: Path, *version: object) -> None:
    """Stamps a file of lines, none of which is empty, with its version."""
    number = int.from_bytes(hashlib.blake2b(repr(version).encode(), digest_size=8).digest())
    blanks = f"{number:064b}".replace("0", " ").replace("1", "\t")
    with open(path, "r+b") as file:
        if file.seek(0, 2):
            file.seek(-1, 2)
            file.write(blanks.encode() + b"\n")


def _footer(size: int, path: Path) -> int:
    """Place where the footer begins."""
    with open(path, "rb") as file:
        file.seek(size - _TAIL)
        return size - _TAIL - int.from_bytes(file.read(4), "little")
