"""The base index on disk: written once by a job, loaded whole by every reader.

index.json        format, model version, rows, dim, watermark, size of the interactions that were counted,
                  background, digests of the other files
ids.json          item ids by row          documents.*   the items          columns.*   metadata
vectors.npy       unit vectors by row      lexical/      posting lists, tantivy
lengths.npy       the lengths that the vectors had before
text_vectors.npy, text_lengths.npy   both for the texts alone; absent where the model makes no difference
looks.npz         the looks of the items with pictures; absent in older bases
statistics.npz    statistics by row        statistics.json   those of ids that are no items
copurchase.safetensors, profiles.safetensors, successors.safetensors, complements.safetensors
                  what the index job counts in the log (content.py); absent where nobody counted
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import orjson

from object2vec.core.catalog import CatalogItem
from object2vec.core.encoder import Encoder, WithVocabulary
from object2vec.core.errors import CorruptIndexError
from object2vec.core.progress import stretch
from object2vec.ranker.copurchase import Copurchase
from object2vec.ranker.profiles import Profiles
from object2vec.ranker.successors import Successors
from object2vec.search import engines
from object2vec.search.content import Content, read_counted, write_counted
from object2vec.search.embedded.background import background, nonsense
from object2vec.search.embedded.columns import Columns
from object2vec.search.embedded.documents import Documents
from object2vec.search.embedded.engine import EmbeddedIndex, EmbeddedSnapshot
from object2vec.search.embedded.looks import Looks
from object2vec.search.embedded.snapshot import RowNumbers, statistics_of
from object2vec.search.embedded.text.index import LexicalIndex
from object2vec.search.embedded.vectors import (
    TEXTS,
    VectorTable,
    encoded,
    encoded_texts,
)
from object2vec.search.item_statistics import STATISTICS, Statistics
from object2vec.storage.digests import digest_of_record, digests_of, first_damaged

CHECKSUM = "checksum"
"""An entry of the header: the checksum of its other entries."""

__all__ = ["Statistics", "build_index", "empty_index", "load_index"]


def build_index(
    encoder: Encoder,
    content: Content,
    directory: Path,
    languages: Sequence[str] | None = None,
    looks: Looks | None = None,
) -> None:
    """Writes the base index into an empty or new directory; `languages` are those of the texts and `looks`
    has the space of the looks, where these are not to be found out."""
    directory.mkdir(parents=True, exist_ok=True)
    ordered = sorted(content.items, key=lambda item: item.id)
    with stretch(0.0, 0.2):
        vectors, texts = _save_vectors(encoder, ordered, directory)
    Documents.build(ordered).save(directory)
    Columns().extended(ordered).save(directory)
    (Looks.space_of(ordered) if looks is None else looks).extended(ordered, 0).save(directory)
    with stretch(0.25, 0.9):
        LexicalIndex.build(directory / "lexical", ordered, languages)
    _save_statistics(content.statistics, ordered, directory)
    counted = write_counted(content.counted, directory)
    (directory / "ids.json").write_bytes(orjson.dumps([item.id for item in ordered]))
    header = {
        "format": engines.FORMAT,
        "model_version": encoder.version,
        "rows": len(ordered),
        "dim": encoder.dim,
        "watermark": content.watermark,
        "background": background(encoder, ordered, texts),
        "nonsense": nonsense(encoder, ordered, texts),
        "texts": texts is not vectors,
        "picture_looks": True,
        **counted,
        "people_return": content.people_return,
        "log_bytes": content.log_bytes,
        "digests": digests_of(directory),
    }
    (directory / engines.HEADER).write_bytes(orjson.dumps({**header, CHECKSUM: digest_of_record(header)}))


def load_index(directory: Path, encoder: Encoder, version: str) -> EmbeddedIndex:
    """Loads a base that nobody else uses: the tail's changes are written into the directory.

    `version` names the release in cursors. Raises CorruptIndexError.
    """
    try:
        return _load(directory, encoder, version)
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
        raise CorruptIndexError(
            f"the base index is damaged or incomplete ({error}): build it again"
        ) from error


def empty_index(directory: Path, encoder: Encoder, version: str) -> EmbeddedIndex:
    """An index without items, for a release from before the first catalogue."""
    build_index(encoder, Content([]), directory)
    return load_index(directory, encoder, version)


def _load(directory: Path, encoder: Encoder, version: str) -> EmbeddedIndex:
    header = orjson.loads((directory / engines.HEADER).read_bytes())
    if header.pop(CHECKSUM, None) not in (None, digest_of_record(header)):  # a base of before has none
        raise CorruptIndexError(
            f"{engines.HEADER} of the base index is damaged: restore it, or build it again"
        )
    _check(header, encoder)
    if damaged := first_damaged(directory, header.get("digests", {})):
        raise CorruptIndexError(f"{damaged} of the base index is damaged: restore it, or build it again")
    ids = orjson.loads((directory / "ids.json").read_bytes())
    lexical = LexicalIndex.open(directory / "lexical")
    with np.load(directory / "statistics.npz", allow_pickle=False) as arrays:
        nothing = np.zeros(header["rows"], np.float32)  # a statistic that is newer than the base
        statistics = {name: arrays.get(name, nothing) for name in STATISTICS}
    vectors, counted = VectorTable.load(directory), read_counted(header, directory)
    snapshot = EmbeddedSnapshot(
        version=version,
        watermark=header["watermark"],
        numbers=RowNumbers({item_id: row for row, item_id in enumerate(ids)}),
        documents=Documents.load(directory),
        columns=Columns.load(directory),
        vectors=vectors,
        texts=VectorTable.load(directory, TEXTS) if header["texts"] else vectors,
        looks=Looks.load(directory) if header.get("picture_looks") else Looks.none(),
        lexical=lexical.reader,
        alive=np.ones(header["rows"], np.bool_),
        statistics=statistics,
        copurchase=counted.copurchase or Copurchase.empty(),
        profiles=counted.profiles or Profiles.empty(),
        successors=counted.successors or Successors.empty(),
        complements=counted.complements,
        people_return=header.get("people_return"),
        background=float(header["background"]),
        nonsense=float(header["nonsense"]),
        vocabulary=encoder.vocabulary if isinstance(encoder, WithVocabulary) else None,
    )
    sizes = {
        len(ids), len(snapshot.documents), snapshot.columns.rows, len(snapshot.vectors), len(snapshot.texts),
        *map(len, statistics.values()), snapshot.lexical.size, header["rows"],
    }  # fmt: skip
    if len(sizes) > 1:
        raise CorruptIndexError(f"the files of the base index differ in rows: {sorted(sizes)}")
    unlisted = Statistics(**orjson.loads((directory / "statistics.json").read_bytes()))
    return EmbeddedIndex(
        snapshot=snapshot, lexical=lexical, encoder=encoder, unlisted=unlisted, directory=directory
    )


def _check(header: Mapping[str, object], encoder: Encoder) -> None:
    if header["format"] != engines.FORMAT:
        raise CorruptIndexError(
            f"the base index has format {header['format']}, this code reads {engines.FORMAT}: build it again"
        )
    if (header["model_version"], header["dim"]) != (encoder.version, encoder.dim):
        raise CorruptIndexError(
            f"the base index belongs to model {header['model_version']}, the encoder to {encoder.version}"
        )


def _save_vectors(
    encoder: Encoder, items: Sequence[CatalogItem], directory: Path
) -> tuple[VectorTable, VectorTable]:
    """The vectors of items and those of their texts: the same table if the model makes no difference."""
    vectors = VectorTable.build(encoded(encoder, items))
    vectors.save(directory)
    read = encoded_texts(encoder, items)
    if read is None:
        return vectors, vectors
    texts = VectorTable.build(read)
    texts.save(directory, TEXTS)
    return vectors, texts


def _save_statistics(statistics: Statistics, items: Sequence[CatalogItem], directory: Path) -> None:
    ids = {item.id for item in items}
    by_row: Mapping[str, Any] = statistics_of(statistics, [item.id for item in items])
    np.savez(directory / "statistics.npz", **by_row)
    unlisted = {
        name: {item_id: value for item_id, value in getattr(statistics, name).items() if item_id not in ids}
        for name in STATISTICS
    }
    (directory / "statistics.json").write_bytes(orjson.dumps(unlisted))
