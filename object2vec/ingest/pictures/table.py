"""Which picture lies at which path, and who brought it: the pictures' counterpart of the item log's files.

`pictures/table/<00…ff>.json`: 256 parts by the stem of the file's name, so that what one item may name is a
few parts, and a whole catalogue at most 256. A picture that may be a view of an item by its name (names.py)
is in that item's part, too.

    {"summer/a.jpg": [["<hash>", "uploads/images/summer.zip", 1790000000.0, "<sequencer>"], …], …}

Where two uploads bring the same path, the newer one is shown; when that is deleted, the older one is again.
"""

import hashlib
import random
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from object2vec.core.errors import InputError
from object2vec.core.keys import PICTURE_TABLE
from object2vec.ingest.pictures.names import (
    FOLDER_MAX,
    IsItem,
    Paths,
    folded,
    folder,
    numbered,
    stem,
    stems_of_path,
)
from object2vec.storage import ConflictError, NotFoundError, ObjectStore
from object2vec.storage.sealed import sealed, unsealed

API = "api"
"""Owner of pictures that came through `PUT /items/{id}/image`."""
_ITEM = "item:"
_ATTEMPTS = 50
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.02, 2.0
"""How long a writer of a part waits at most for those that were first: twice as long each time, so that a
hundred writers of one part (pictures of one name in as many folders) come through one after another."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A picture at a path, by one owner."""

    name: str
    """Hash of its content."""
    owner: str
    modified: float
    sequencer: str = ""

    @property
    def order(self) -> tuple[float, str, str]:
        """Sort key: of two owners of a path the greater one wins."""
        return self.modified, self.sequencer, self.owner


Part = dict[str, list[Claim]]


class PictureTable:
    """Some parts of the table, as they were when they were read."""

    def __init__(self, claims: Mapping[str, Sequence[Claim]], keys: Collection[str] = ()) -> None:
        self._claims, self._keys = claims, frozenset(keys)
        self._winners = {
            path: max(some, key=lambda claim: claim.order) for path, some in claims.items() if some
        }
        self._paths = Paths(path for path in self._winners if not path.startswith(_ITEM))

    @classmethod
    def read(cls, store: ObjectStore, stems: Iterable[str] | None = None) -> "PictureTable":
        """The parts with pictures of these stems; all of them where none is given."""
        if stems is None:
            keys = [entry.key for entry in store.list(PICTURE_TABLE)]
        else:
            keys = sorted({_key(stem) for stem in stems})
        return cls({}).with_parts(store, keys)

    def also(self, store: ObjectStore, stems: Iterable[str]) -> "PictureTable":
        """With the parts of these stems; itself where it has them."""
        return self.with_parts(store, sorted({_key(stem) for stem in stems}))

    def with_parts(self, store: ObjectStore, keys: Iterable[str]) -> "PictureTable":
        """With the parts under these keys; itself where it has them."""
        more = [key for key in keys if key not in self._keys]
        if not more:
            return self
        claims = dict(self._claims)
        for key in more:
            claims |= _load(store, key)[0]
        return PictureTable(claims, self._keys.union(more))

    @property
    def stems(self) -> set[str]:
        """All names by which items look for pictures, and ids of items that the API gave one."""
        return {name for path in self._winners for name in _stems(path)}

    def brought_by(self, owner: str) -> list[str]:
        """Paths at which an upload brings a picture, also where a newer one stands."""
        return [path for path, some in self._claims.items() if any(claim.owner == owner for claim in some)]

    @property
    def all_names(self) -> set[str]:
        """Hashes of all pictures that anybody brings, also where a newer one stands at the same path."""
        return {claim.name for claims in self._claims.values() for claim in claims}

    def pictures(self) -> Iterator[tuple[str, Claim]]:
        """Paths of pictures, and who brought what is there."""
        return ((path, claim) for path, claim in self._winners.items() if not path.startswith(_ITEM))

    def of(self, item_id: str, metadata: Mapping[str, object], is_item: IsItem) -> list[str]:
        """Hashes of an item's pictures, each once. What the API gave stands instead of older files."""
        claims = [self._winners[path] for path in self._paths.of(item_id, metadata, is_item)]
        given = self._winners.get(item_path(item_id))
        if given and all(given.modified >= claim.modified for claim in claims):
            claims = [given]
        return list(dict.fromkeys(claim.name for claim in claims))

    def paths_of(self, item_id: str, metadata: Mapping[str, object], is_item: IsItem) -> Mapping[str, str]:
        """Paths of an item's pictures, each with the reason why it is one (names.py)."""
        return self._paths.of(item_id, metadata, is_item)


def change(
    store: ObjectStore, owner: Claim, added: Mapping[str, str], withdrawn: Collection[str] = ()
) -> None:
    """Makes `added` (path → hash) what the owner brought, and withdraws what it brought at other paths;
    `owner` says who and when. What a newer version of it brought stays. Doing it again changes nothing."""

    def edit(key: str, part: Part, paths: Iterable[str]) -> None:
        in_folders = Counter(map(folder, part))
        for path in paths:
            if path not in part and not _belongs(key, path, in_folders):
                continue
            in_folders[folder(path)] += path not in part
            others = [claim for claim in part.get(path, []) if claim.owner != owner.owner]
            own = [
                claim
                for claim in part.get(path, [])
                if claim.owner == owner.owner and claim.order > owner.order
            ]
            if not own and path in added:
                own = [Claim(added[path], owner.owner, owner.modified, owner.sequencer)]
            part[path] = others + own

    by_key: dict[str, list[str]] = {}
    for path in dict.fromkeys([*added, *withdrawn]):
        for key in {_key(name) for name in _stems(path)}:
            by_key.setdefault(key, []).append(path)
    for key, paths in by_key.items():
        _edit(store, key, lambda part, key=key, paths=paths: edit(key, part, paths))  # type: ignore[misc]


def item_path(item_id: str) -> str:
    """Path of the picture that the API gave an item."""
    return _ITEM + item_id


def _edit(store: ObjectStore, key: str, edit: Callable[[Part], None]) -> None:
    for attempt in range(1, _ATTEMPTS + 1):
        part, etag = _load(store, key)
        before = _bytes(part)
        edit(part)
        data = _bytes(part)
        try:
            if data == before:
                return
            if not etag:
                store.create(key, data)
            else:
                store.replace(key, data, etag)
        except ConflictError:
            if attempt == _ATTEMPTS:
                raise
            time.sleep(random.uniform(0, min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2**attempt)))
        else:
            return


def _load(store: ObjectStore, key: str) -> tuple[Part, str]:
    try:
        data, etag = store.get_versioned(key)
    except NotFoundError:
        return {}, ""
    try:
        return {path: [Claim(*row) for row in rows] for path, rows in unsealed(data).items()}, etag
    except (ValueError, TypeError, AttributeError) as error:
        raise InputError(
            f"{key} is damaged: restore it from a copy, or delete it and upload the pictures again"
        ) from error


def _bytes(part: Part) -> bytes:
    rows = {
        path: [[claim.name, claim.owner, claim.modified, claim.sequencer] for claim in some]
        for path, some in sorted(part.items())
        if some
    }
    return sealed(rows)


def _stems(path: str) -> set[str]:
    return {folded(path.removeprefix(_ITEM))} if path.startswith(_ITEM) else stems_of_path(path)


def _belongs(key: str, path: str, in_folders: Mapping[str, int]) -> bool:
    """Whether a part has a new picture: of a folder that is certainly no item's, only under its own name. Or
    the part of such a folder would be written with each of its pictures."""
    if path.startswith(_ITEM) or in_folders[folder(path)] < FOLDER_MAX:
        return True
    return key in {_key(stem(path)), _key(folded(numbered(path)))}


def _key(stem: str) -> str:
    return f"{PICTURE_TABLE}{hashlib.sha256(stem.encode('utf-8', 'surrogatepass')).digest()[0]:02x}.json"
