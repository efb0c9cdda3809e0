"""The content that a base index is built of, whichever engine writes it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from object2vec.core.catalog import CatalogItem
from object2vec.ranker import complements, copurchase, profiles, successors
from object2vec.ranker.complements import Complements
from object2vec.ranker.copurchase import Copurchase
from object2vec.ranker.profiles import Profiles
from object2vec.ranker.successors import Successors
from object2vec.search.item_statistics import Statistics


@dataclass(frozen=True, slots=True)
class Counted:
    """The counts of the index job; None where nobody counted. An engine that answers nothing from one of
    them leaves it out."""

    copurchase: Copurchase | None = None
    """The ranker's knowledge of buying together."""
    profiles: Profiles | None = None
    """Its knowledge of similar shoppers."""
    successors: Successors | None = None
    """Its knowledge of what follows an item."""
    complements: Complements | None = None
    """The counts of what goes into the same basket."""


NOTHING_COUNTED = Counted()


class CountedFile(NamedTuple):
    """The file of a base that holds one of the counts."""

    file: str
    read: Callable[[Path], Any]
    """Raises CheckedFileError."""
    write: Callable[[Any, Path], None]


COUNTED_FILES: Mapping[str, CountedFile] = {
    "copurchase": CountedFile(copurchase.FILE, copurchase.read_copurchase, copurchase.write_copurchase),
    "profiles": CountedFile(profiles.FILE, profiles.read_profiles, profiles.write_profiles),
    "successors": CountedFile(successors.FILE, successors.read_successors, successors.write_successors),
    "complements": CountedFile(complements.FILE, complements.read_complements, complements.write_complements),
}
"""By the name of the field of `Counted`."""


def write_counted(counted: Counted, directory: Path) -> dict[str, bool]:
    """Writes what was counted; returns by name whether it was, for the header of a base."""
    there = {name: getattr(counted, name) is not None for name in COUNTED_FILES}
    for name, (file, _, write) in COUNTED_FILES.items():
        if there[name]:
            write(getattr(counted, name), directory / file)
    return there


def read_counted(header: Mapping[str, Any], directory: Path) -> Counted:
    """The counts that a base's header says it has; one from before there was such a file says nothing of it.
    Raises CheckedFileError."""
    files = COUNTED_FILES.items()
    return Counted(**{name: read(directory / file) for name, (file, read, _) in files if header.get(name)})


@dataclass(frozen=True, slots=True)
class Content:
    """Items and what is known about them."""

    items: Sequence[CatalogItem]
    """Distinct by id."""
    statistics: Statistics = field(default_factory=Statistics)
    watermark: int = 0
    """The last item-log segment the items come from."""
    counted: Counted = NOTHING_COUNTED
    people_return: bool | None = None
    """Whether users come back to what they took; None without a log."""
    log_bytes: int = 0
    """The size of the interactions that all this is known from."""
