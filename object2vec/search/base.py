"""The base index on disk: written once by a job, loaded whole by every reader.

index.json        format, model version, rows, dim, watermark
ids.json          item ids by row          documents.*   the items          columns.*   metadata
vectors.faiss     unit vectors by row      lexical/      tantivy
popularity.npy    by row                   popularity.json   of ids that are no items (yet)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import orjson
from numpy.typing import NDArray

from object2vec.catalog import CatalogItem
from object2vec.encoder import Encoder
from object2vec.search.columns import Columns
from object2vec.search.documents import Documents
from object2vec.search.embedded import EmbeddedIndex, EmbeddedSnapshot
from object2vec.search.errors import CorruptIndexError
from object2vec.search.lexical import LexicalIndex
from object2vec.search.rows import RowNumbers
from object2vec.search.vectors import Vectors

FORMAT = 1
_ENCODE_BATCH = 4_096


@dataclass(frozen=True, slots=True)
class Statistics:
    """What shoppers did, summed up by item."""

    popularity: Mapping[str, float] = field(default_factory=dict)


def build_index(
    encoder: Encoder,
    items: Sequence[CatalogItem],
    statistics: Statistics,
    directory: Path,
    watermark: int = 0,
) -> None:
    """Writes the base index of these items, distinct by id, into an empty or new directory.

    `watermark` is the last item-log segment the items come from.
    """
    directory.mkdir(parents=True, exist_ok=True)
    ordered = sorted(items, key=lambda item: item.id)
    popularity = np.array([statistics.popularity.get(item.id, 0.0) for item in ordered], np.float32)
    rest = dict(statistics.popularity)
    for item in ordered:
        rest.pop(item.id, None)
    Documents.build(ordered).save(directory)
    Columns().extended(ordered).save(directory)
    Vectors.build(_encoded(encoder, ordered)).save(directory / "vectors.faiss")
    lexical = LexicalIndex.create(directory / "lexical")
    lexical.update((), 0, ordered)
    lexical.finish()
    np.save(directory / "popularity.npy", popularity)
    (directory / "popularity.json").write_bytes(orjson.dumps(rest))
    (directory / "ids.json").write_bytes(orjson.dumps([item.id for item in ordered]))
    header = {"format": FORMAT, "model_version": encoder.version, "rows": len(ordered), "dim": encoder.dim}
    (directory / "index.json").write_bytes(orjson.dumps({**header, "watermark": watermark}))


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
    build_index(encoder, [], Statistics(), directory)
    return load_index(directory, encoder, version)


def _load(directory: Path, encoder: Encoder, version: str) -> EmbeddedIndex:
    header = orjson.loads((directory / "index.json").read_bytes())
    _check(header, encoder)
    ids = orjson.loads((directory / "ids.json").read_bytes())
    lexical = LexicalIndex.open(directory / "lexical")
    snapshot = EmbeddedSnapshot(
        version=version,
        watermark=header["watermark"],
        numbers=RowNumbers({item_id: row for row, item_id in enumerate(ids)}),
        documents=Documents.load(directory),
        columns=Columns.load(directory),
        vectors=Vectors.load(directory / "vectors.faiss"),
        lexical=lexical.reader,
        alive=np.ones(header["rows"], np.bool_),
        popularity=np.load(directory / "popularity.npy"),
    )
    sizes = {
        len(ids), len(snapshot.documents), snapshot.columns.rows, len(snapshot.vectors),
        len(snapshot.popularity), snapshot.lexical.size, header["rows"],
    }  # fmt: skip
    if len(sizes) > 1:
        raise CorruptIndexError(f"the files of the base index differ in rows: {sorted(sizes)}")
    popularity = orjson.loads((directory / "popularity.json").read_bytes())
    return EmbeddedIndex(snapshot=snapshot, lexical=lexical, encoder=encoder, popularity=popularity)


def _check(header: Mapping[str, object], encoder: Encoder) -> None:
    if header["format"] != FORMAT:
        raise CorruptIndexError(f"the base index has format {header['format']}, this code reads {FORMAT}")
    if (header["model_version"], header["dim"]) != (encoder.version, encoder.dim):
        raise CorruptIndexError(
            f"the base index belongs to model {header['model_version']}, the encoder to {encoder.version}"
        )


def _encoded(encoder: Encoder, items: Sequence[CatalogItem]) -> NDArray[np.float32]:
    batches = (items[start : start + _ENCODE_BATCH] for start in range(0, len(items), _ENCODE_BATCH))
    return np.concatenate([np.zeros((0, encoder.dim), np.float32), *map(encoder.encode_items, batches)])
