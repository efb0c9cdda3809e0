"""A release as this process holds it: encoder, index and ranker, loaded from copied files."""

import logging
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from object2vec.core.encoder import Encoder
from object2vec.core.errors import CorruptIndexError
from object2vec.model.archive import RANKER_FILE
from object2vec.ranker.artefact import read_ranker
from object2vec.ranker.forest import Forest
from object2vec.release import Manifest
from object2vec.search.base_formats import Base
from object2vec.search.copying import Copied, ranker_trouble
from object2vec.search.embedded.base import empty_index
from object2vec.search.engine_code import load_index
from object2vec.search.index import SearchIndex

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Live:
    """Model and index of one release, read together so that they cannot disagree."""

    manifest: Manifest
    encoder: Encoder
    index: SearchIndex
    ranker: Forest | None
    ranker_trouble: str | None
    """Which part of the release is missing, and why."""
    files: "tempfile.TemporaryDirectory[str]"
    """Our private copy; removed when nobody refers to this object any more."""


def load_live(copied: Copied, load_encoder: Callable[[Path], Encoder]) -> Live:
    """Raises what a damaged file raises; of a ranker alone it says so in `ranker_trouble`."""
    folder, trouble = Path(copied.files.name), copied.ranker_trouble
    encoder = copied.encoder or load_encoder(folder / "encoder")
    ranker = None
    if copied.manifest.ranker is not None and trouble is None:
        try:
            ranker = read_ranker(folder / "ranker" / RANKER_FILE)
        except Exception as error:  # whatever is wrong with it, answers do without its part of the score
            _log.exception("the ranker cannot be used")
            trouble = ranker_trouble(error)
    index = _load_index(folder / "index", encoder, copied.manifest, copied.base)
    return Live(copied.manifest, encoder, index, ranker, trouble, copied.files)


def _load_index(folder: Path, encoder: Encoder, manifest: Manifest, base: Base | None) -> SearchIndex:
    if base is None:
        return empty_index(folder, encoder, manifest.version)
    index = load_index(folder, encoder, base.version)
    if index.snapshot.watermark != base.watermark:
        raise CorruptIndexError(
            f"release {base.version} names watermark {base.watermark}, "
            f"its index {index.snapshot.watermark}: build it again"
        )
    return index
