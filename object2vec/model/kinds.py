"""Tells a pair model's artefact from a retrieval model's, without torch."""

import json
from pathlib import Path
from typing import Any

from object2vec.model.retrieval.artefact import MANIFEST, ArtefactError

KIND = "pairs"


def kind_of(folder: Path) -> str:
    """The kind of model in an artefact's directory. Raises ArtefactError."""
    return str(read_content(folder).get("kind"))


def read_content(folder: Path) -> dict[str, Any]:
    """manifest.json as it is. Raises ArtefactError."""
    path = folder / MANIFEST
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ArtefactError(f"{folder} holds no {MANIFEST}: it is not a model artefact") from error
    except ValueError as error:
        raise ArtefactError(f"{path} is damaged ({error}): copy the artefact again") from error
    if not isinstance(content, dict):
        raise ArtefactError(f"{path} is damaged: copy the artefact again")
    return content
