"""The ranker on disk: one file with its own checksum."""

import shutil
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import orjson

from object2vec.core.errors import InputError
from object2vec.model.archive import RANKER_FILE
from object2vec.ranker.features import FEATURES
from object2vec.ranker.forest import MAX_LEAVES, Forest
from object2vec.storage.checked_file import CheckedFileError, read_checked, write_checked

FORMAT = "1"
_RENAMED = {"newcomers": "first_time_buyers", "returns": "repeat_rate"}
"""Earlier names of features, whose values are the same."""
_ARRAYS = tuple(f.name for f in fields(Forest) if f.name not in ("features", "prior", "half_trusted"))


class RankerError(InputError):
    """The file is missing, damaged or of another format; the message says what to do."""


def write_ranker(forest: Forest, path: Path) -> None:
    """Writes one file."""
    arrays = {name: getattr(forest, name) for name in _ARRAYS}
    about = {
        "features": orjson.dumps(list(forest.features)).decode(),
        "prior": forest.prior,
        "half_trusted": str(forest.half_trusted),
    }
    write_checked(path, arrays, FORMAT, about)


def read_ranker(path: Path) -> Forest:
    """Reads and checks a ranker; one that is older than a feature does without it. Raises RankerError."""
    try:
        arrays, about = read_checked(path, _ARRAYS, FORMAT)
    except CheckedFileError as error:
        raise RankerError(f"{error}: train again, or roll back") from error
    features = [_RENAMED.get(name, name) for name in orjson.loads(about["features"])]
    prior = about.get("prior", "")
    if unknown := [name for name in (*features, *[prior] * bool(prior)) if name not in FEATURES]:
        raise RankerError(
            f"{path.name} was trained on features that this code does not compute"
            f" ({', '.join(unknown)}): train again"
        )
    half_trusted = float(about.get("half_trusted", "0"))
    forest = _checked(Forest(features, **arrays, prior=prior, half_trusted=half_trusted), path)
    place = np.array([FEATURES.index(name) for name in features], np.int32)
    return replace(forest, features=FEATURES, node_feature=place[forest.node_feature])


def export_ranker(model: Path, out: Path) -> None:
    """Copies the ranker of a model's folder, checked, if there is one. Raises RankerError."""
    if (model / RANKER_FILE).is_file():
        read_ranker(model / RANKER_FILE)
        out.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(model / RANKER_FILE, out / RANKER_FILE)


def _checked(forest: Forest, path: Path) -> Forest:
    """The forest, if every index in it points into its tables: a file may come from anyone."""
    nodes = len(forest.node_tree)
    same = all(getattr(forest, name).shape == (nodes,) for name in _ARRAYS if name != "leaves")
    inside = forest.leaves.ndim == 2 and forest.leaves.shape[1] == MAX_LEAVES and bool(forest.node_mask.all())
    if same and inside and nodes:
        inside = forest.node_tree.min() >= 0 and forest.node_tree.max() < len(forest.leaves)
        inside &= forest.node_feature.min() >= 0 and forest.node_feature.max() < len(forest.features)
    if not (same and inside):
        raise RankerError(f"{path.name} is damaged: train again, or roll back")
    return forest
