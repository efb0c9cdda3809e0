"""Which pictures belong to which item: those that its fields name, else those named as its id; and further
views of it, by a number behind its id (`id-1.png`, `id_02.jpg`, `id (3).jpg`) or in a folder named as it
(`id/front.png`). A picture that has the whole id of another item is that item's.

A field names a picture by a path below `uploads/images/`, with or without folders before it, by a bare file
name, or by an address whose last part is the file's name; the ending may be another, since pictures are
converted. Upper and lower case are the same, since half of the machines that pictures come from take them for
the same.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import takewhile
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

FIELDS = ("image", "images")
NAMED, OWN, NUMBER, FOLDER = "named", "own", "number", "folder"
"""Why a picture is an item's: a field names it; it has the item's id as its name, with a number behind, or as
the name of its folder."""
FOLDER_MAX = 50
"""Pictures in a folder from which on it is no item's: shops put all they have into one."""
IsItem = Callable[[str], bool]
"""Whether the catalogue has an item with this id."""
_LAST_NUMBER = re.compile(r"(.*?)[-_ (]*(\d{0,9})\)?", re.DOTALL)
_NUMBERED = re.compile(r"(.*[^-_ ])(?:[-_ ]+\d{1,2}| ?\(\d{1,2}\))")
_SEPARATOR = re.compile(r"\s*[,;|]\s*")
_ENDING = re.compile(r"\.(jpe?g|png|webp|gif|avif)([?#].*)?$", re.IGNORECASE)


def folded(text: str) -> str:
    """A name as names are compared."""
    return unicodedata.normalize("NFC", text).casefold()


def stem(path: str) -> str:
    """The file's name without its ending, as names are compared."""
    return folded(PurePosixPath(path).stem)


def numbered(path: str) -> str:
    """The file's name without the number behind it; empty where it has none."""
    match = _NUMBERED.fullmatch(PurePosixPath(path).stem)
    return match[1] if match else ""


def stems_of_path(path: str) -> set[str]:
    """The stems under which items look for a picture: its own, and those of the item of which it may be a
    view."""
    return {name for name in (stem(path), folded(numbered(path)), folder(path)) if name}


def folder(path: str) -> str:
    """Name of the folder that a picture is in, as names are compared."""
    return folded(PurePosixPath(path).parent.name)


def named(metadata: Mapping[str, object]) -> Iterator[str]:
    """Pictures that an item's fields name."""
    for field in FIELDS:
        value = metadata.get(field)
        for name in value if isinstance(value, list) else [value]:
            if isinstance(name, str) and name.strip():
                yield from _each(name.strip())


def _each(text: str) -> Sequence[str]:
    """The names in a text. Tables have no lists, so some write several with separators; these are in names
    and addresses too."""
    names = _SEPARATOR.split(text)
    return names if len(names) > 1 and all(map(_ENDING.search, names)) else [text]


def stems_of(item_id: str, metadata: Mapping[str, object]) -> set[str]:
    """The stems among which all of an item's pictures are."""
    return {folded(item_id)} | {stem(path) for name in named(metadata) for path in _paths(name)}


class Paths:
    """Paths of pictures, found by what items say."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._by_path: dict[str, str] = {}
        self._by_name: dict[str, list[str]] = {}
        self._by_stem: dict[str, list[str]] = {}
        self._by_number: dict[str, list[str]] = {}
        self._by_folder: dict[str, list[str]] = {}
        for path in sorted(paths):
            self._by_path.setdefault(folded(path), path)
            self._by_name.setdefault(folded(PurePosixPath(path).name), []).append(path)
            self._by_stem.setdefault(stem(path), []).append(path)
            if base := numbered(path):
                self._by_number.setdefault(folded(base), []).append(path)
            if parent := folder(path):
                self._by_folder.setdefault(parent, []).append(path)

    def of(self, item_id: str, metadata: Mapping[str, object], is_item: IsItem) -> Mapping[str, str]:
        """The item's pictures, the first one first, each with the reason."""
        names = list(named(metadata))
        own = dict.fromkeys(self._by_stem.get(folded(item_id), []), OWN)
        views = self._views(item_id, is_item)
        if (own or views) and not any(self._named(name, other_endings=False) for name in names):
            return own | views  # an address that ends in `1.jpg` does not mean the picture `1.png` of item 1
        found = [path for name in names for path in self._named(name, other_endings=True)]
        all_are_named = bool(metadata.get("images"))
        return dict.fromkeys(found, NAMED) | {
            path: rule for path, rule in views.items() if not all_are_named and path not in found
        }

    def _views(self, item_id: str, is_item: IsItem) -> dict[str, str]:
        """Further views of the item by their names, in the order of their numbers."""
        name = folded(item_id)
        by_number = [path for path in self._by_number.get(name, []) if not is_item(PurePosixPath(path).stem)]
        in_folder = self._by_folder.get(name, [])
        if len(in_folder) >= FOLDER_MAX:
            in_folder = []
        others = [
            path
            for path in in_folder
            if stem(path) != name and not is_item(PurePosixPath(path).stem) and not is_item(numbered(path))
        ]
        return dict.fromkeys(sorted(others, key=_in_order), FOLDER) | dict.fromkeys(
            sorted(by_number, key=_in_order), NUMBER
        )

    def _named(self, name: str, *, other_endings: bool) -> Sequence[str]:
        """One picture; none where several files have the name, and nothing tells which of them is meant."""
        paths = [PurePosixPath(path) for path in _paths(name)]
        for parts in (path.parts for path in paths):
            for start in range(len(parts)):  # `uploads/images/a/b.jpg` is a/b.jpg below the folder
                below = folded("/".join(parts[start:]))
                if below in self._by_path:
                    return [self._by_path[below]]
        for path in paths:
            alike = self._by_name.get(folded(path.name), [])
            if other_endings:
                alike = alike or self._by_stem.get(stem(path.name), [])
            if alike:
                meant = _in_its_folders(path, alike)
                return meant if len(meant) == 1 else []
        return []


def _in_order(path: str) -> tuple[bool, str, int, str]:
    """Sort key: the front first, and 2 before 10."""
    name, digits = _LAST_NUMBER.fullmatch(stem(path)).groups()  # type: ignore[union-attr]  # it always matches
    return name not in ("front", "main"), name, int(digits or 0), path


def _in_its_folders(named: PurePosixPath, paths: Sequence[str]) -> Sequence[str]:
    """Those of the paths that share the most folders with the name, counted from the file up: an archive may
    have put folders before all of them."""

    def shared(path: str) -> int:
        pairs = zip(reversed(PurePosixPath(path).parent.parts), reversed(named.parent.parts), strict=False)
        return sum(1 for _ in takewhile(lambda pair: folded(pair[0]) == folded(pair[1]), pairs))

    most = max(map(shared, paths))
    return [path for path in paths if shared(path) == most]


def _paths(name: str) -> Sequence[str]:
    """What a name may mean as a path in the form of those of uploads, the likeliest first: an address, whose
    signs may be written as %20, in a file's name too; or the path that it is."""
    written = name.replace("\\", "/")
    try:
        address = urlsplit(written).path
    except ValueError:  # no address after all
        address = ""
    if "://" not in name and not name.startswith("//"):
        return _distinct([written, address, unquote(address)])
    return _distinct([unquote(address), address])


def _distinct(paths: Iterable[str]) -> Sequence[str]:
    return [path for path in dict.fromkeys(path.lstrip("/") for path in paths) if path]
