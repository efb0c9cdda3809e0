"""Unpacks an artefact: a job gets it as files in a folder, or as the model.tar.gz that SageMaker makes of
them."""

import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from object2vec.core.step_cost import FILE as STEP_COST
from object2vec.model.pairs.vocabulary import FILES as VOCABULARIES
from object2vec.model.retrieval.artefact import FILES, MANIFEST, ArtefactError

ARCHIVE = "model.tar.gz"
RANKER_FILE, RANKER_VERDICT = "ranker.safetensors", "ranker.json"
"""Files that a training leaves beside the model: the ranker, if it is good enough, and in any case why."""
_KNOWN = frozenset({MANIFEST, *FILES, *VOCABULARIES, RANKER_FILE, RANKER_VERDICT, STEP_COST})


@contextmanager
def unpacked(folder: Path) -> Iterator[Path | None]:
    """The artefact's directory: `folder` itself, or a temporary one with its model.tar.gz unpacked.

    None if there is neither (a first run has no live model). Raises ArtefactError for a foreign archive."""
    if (folder / MANIFEST).is_file():
        yield folder
    elif (folder / ARCHIVE).is_file():
        with tempfile.TemporaryDirectory() as scratch:
            unpack(folder / ARCHIVE, Path(scratch))
            yield Path(scratch)
    else:
        yield None


def unpack(archive: Path, out: Path) -> None:
    """Takes the artefact's files out of an archive. Raises ArtefactError for a name that leads elsewhere."""
    out.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(archive, "r:*") as tar:
            for member in tar:
                _extract(tar, member, archive, out)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ArtefactError(f"{archive} cannot be unpacked ({error}): copy it again") from error


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, archive: Path, out: Path) -> None:
    path = Path(member.name)
    if path.is_absolute() or ".." in path.parts or not (member.isfile() or member.isdir()):
        raise ArtefactError(f"{archive} holds {member.name!r}, which is no file of an artefact: refused")
    source = tar.extractfile(member)
    if source is None or path.as_posix() not in _KNOWN:
        return  # SageMaker's toolkits leave other things in the model folder, code/ for one
    with source, open(out / path, "wb") as target:
        shutil.copyfileobj(source, target)
