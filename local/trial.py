"""A file read in scratch space as an upload of one kind would be; and of a file that lies in no folder of
uploads, which kind has a use for it."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from object2vec.core.arrays import Vectors
from object2vec.core.keys import IMAGE_UPLOADS
from object2vec.core.pictures import Pixels
from object2vec.ingest.exports.headings import is_list
from object2vec.ingest.logs.schema import LOGS
from object2vec.ingest.mapping import MAPPING_KEY
from object2vec.ingest.owner import MakeOwner
from object2vec.ingest.pictures.decode import is_picture
from object2vec.ingest.pictures.owner import PictureOwner
from object2vec.ingest.preprocess import OWNERS, preprocess_upload
from object2vec.ingest.report import Report
from object2vec.storage import FolderStore

KINDS = ("queries", "interactions", "catalog", "pairs", "images")
"""Folders of uploads. What only few files have comes first: search logs may have shoppers and times as
interactions have, and these the names of items as a catalogue has."""


class Unseeing:
    """Stands for the encoder of pictures: these are read, and not looked at."""

    version, length = "none", 1

    def encode(self, pictures: Iterable[Pixels]) -> Vectors:
        """(n, 1) zeros."""
        return np.zeros((sum(1 for _ in pictures), 1), np.float32)

    def words(self, picture: Pixels) -> Sequence[str]:  # noqa: ARG002
        """None."""
        return ()


_OWNERS: Mapping[str, MakeOwner] = {**OWNERS, IMAGE_UPLOADS: partial(PictureOwner, encoder=Unseeing())}


@dataclass(frozen=True, slots=True)
class UploadTrial:
    """What an upload of the file became, in a store of its own."""

    kind: str
    store: FolderStore
    report: Report

    @property
    def fits(self) -> bool:
        """Whether rows would be loaded, or it is a log that lacks times at most, whatever is wrong with its
        rows."""
        return self.report.accepted > 0 or (self._is_log and self._required - self._found <= {"TIMESTAMP"})

    @property
    def resembles(self) -> bool:
        """Whether it is called as a picture is, or a log of which something is there that no catalogue has:
        shoppers, times, queries."""
        if self.kind == "images":
            return is_picture(self.report.key)
        return bool((self._required - {"ITEM_ID"}) & self._found)

    @property
    def _required(self) -> Set[str]:
        return LOGS[self.kind].required if self._is_log else frozenset()

    @property
    def _is_log(self) -> bool:
        return self.kind in LOGS

    @property
    def _found(self) -> Set[str]:
        return {field.name for field in self.report.fields}

    @property
    def is_doubtful(self) -> bool:
        """Whether the queries may be something else: a catalogue's keywords, or what the few events of a log
        that were searches searched for."""
        queries = [name for field in self.report.fields if field.name == "QUERY" for name in field.columns]
        few = 2 * self.report.accepted < self.report.rows_read
        return bool(queries) and (few or any(map(is_list, queries)))


def as_upload(path: Path, kind: str, mapping: Path | None, folder: Path) -> UploadTrial:
    """The file as an upload of this kind; its mapping has no faults."""
    store, key = FolderStore(folder / kind), f"uploads/{kind}/{path.name}"
    if mapping is not None:
        store.upload(mapping, MAPPING_KEY)
    store.upload(path, key)
    return UploadTrial(kind, store, preprocess_upload(store, key, owners=_OWNERS))


def told_apart(path: Path, mapping: Path | None, folder: Path) -> list[UploadTrial]:
    """The file as the kind that has a use for it; where none has, as each of them."""
    others: list[UploadTrial] = []
    doubtful: list[UploadTrial] = []
    for kind in KINDS:
        trial = as_upload(path, kind, mapping, folder)
        if trial.fits and not trial.is_doubtful:
            return [trial]
        (doubtful if trial.fits else others).append(trial)
    return doubtful or others
