"""A stamp inside a Parquet file: bytes before its footer, which readers pass over, since they follow offsets.

https://parquet.apache.org/docs/file-format/: offsets count from the start, the footer is found from the end.
"""

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


def _footer(size: int, path: Path) -> int:
    """Where the footer begins."""
    with open(path, "rb") as file:
        file.seek(size - _TAIL)
        return size - _TAIL - int.from_bytes(file.read(4), "little")
