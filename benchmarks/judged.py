"""Three judged text collections, read from the folder that OBJECT2VEC_DATA names; none of them is committed.

Cranfield (1,400 abstracts on aerodynamics, 225 queries): queries are numbered by their order in the file;
a judgement of -1 is undefined and dropped; grades run from 1, a complete answer, to 4: the gain is 5 - grade.
Vaswani (11,429 abstracts on physics, 93 queries): relevant or not.
CISI (1,460 abstracts on libraries, 76 judged queries of up to 334 words): relevant or not.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from object2vec.core.environment import ProgramSettings


class JudgedData(ProgramSettings):
    """Folders of the data for evaluation."""

    object2vec_data: Path = Path(__file__).parents[2] / "shared" / "data"


@dataclass(frozen=True, slots=True)
class Collection:
    """Documents and queries by position; `gains` of a query: document → gain."""

    name: str
    documents: Sequence[str]
    queries: Sequence[str]
    gains: Sequence[Mapping[int, float]]


def load_collections(names: Sequence[str] = ("cranfield", "vaswani")) -> list[Collection]:
    """The collections. Raises FileNotFoundError if the folder lacks them."""
    folder = JudgedData.read().object2vec_data
    readers = {"cranfield": _cranfield, "vaswani": _vaswani, "cisi": _cisi}
    return [readers[name](folder / name) for name in names]


def ndcg(ranked: Sequence[int], gains: Mapping[int, float], depth: int = 10) -> float:
    """nDCG with graded gains (Järvelin & Kekäläinen 2002): Σ gain / log2(rank + 1) over its best value."""
    discounts = 1 / np.log2(np.arange(2, depth + 2))
    found = np.array([gains.get(document, 0.0) for document in ranked[:depth]])
    best = np.sort(list(gains.values()))[::-1][:depth]
    return float(found @ discounts[: len(found)] / (best @ discounts[: len(best)]))


def top(scores: NDArray[np.float32], depth: int = 10) -> list[int]:
    """The documents with the highest scores; equal scores keep the order of the file."""
    order: list[int] = np.argsort(-scores, kind="stable")[:depth].tolist()
    return order


def _cranfield(folder: Path) -> Collection:
    numbers, documents = [], []
    for block in _blocks(folder / "cran.all.1400"):
        numbers.append(int(block.split("\n", 1)[0]))
        title = re.search(r"^\.T\n(.*?)^\.A", block, flags=re.M | re.S)
        body = re.search(r"^\.W\n(.*)", block, flags=re.M | re.S)
        documents.append(_joined(*(part[1] for part in (title, body) if part)))
    queries = [_joined(block.split(".W\n")[1]) for block in _blocks(folder / "cran.qry")]
    place = {number: at for at, number in enumerate(numbers)}
    gains: list[dict[int, float]] = [{} for _ in queries]
    for line in (folder / "cran.rel").read_text().splitlines():
        if len(fields := line.split()) == 3 and int(fields[2]) != -1:
            gains[int(fields[0]) - 1][place[int(fields[1])]] = 5.0 - int(fields[2])
    return _judged("cranfield", documents, queries, gains)


def _vaswani(folder: Path) -> Collection:
    text = (folder / "doc-text.trec").read_text()
    found = re.findall(r"<DOC>\s*<DOCNO>(.*?)</DOCNO>(.*?)</DOC>", text, flags=re.S)
    place = {number.strip(): at for at, (number, _) in enumerate(found)}
    titles = re.findall(r"<title>(.*?)</title>", (folder / "query-text.trec").read_text(), flags=re.S)
    gains: list[dict[int, float]] = [{} for _ in titles]
    for line in (folder / "qrels").read_text().splitlines():
        if len(fields := line.split()) == 4 and int(fields[3]) > 0:
            gains[int(fields[0]) - 1][place[fields[2]]] = float(fields[3])
    documents = [_joined(body) for _, body in found]
    return _judged("vaswani", documents, [_joined(title).lower() for title in titles], gains)


def _cisi(folder: Path) -> Collection:
    documents = [_cisi_text(block) for block in _blocks(folder / "CISI.ALL")]
    queries = [_cisi_text(block) for block in _blocks(folder / "CISI.QRY")]
    gains: list[dict[int, float]] = [{} for _ in queries]
    for line in (folder / "CISI.REL").read_text().splitlines():
        if len(fields := line.split()) >= 2:
            gains[int(fields[0]) - 1][int(fields[1]) - 1] = 1.0
    return _judged("cisi", documents, queries, gains)


def _cisi_text(block: str) -> str:
    """Title and text of a document or a query."""
    parts = re.split(r"^\.([A-Z])\s*\n", block, flags=re.M)
    return _joined(*(text for name, text in zip(parts[1::2], parts[2::2], strict=True) if name in "TW"))


def _judged(name: str, documents: list[str], queries: list[str], gains: list[dict[int, float]]) -> Collection:
    kept = [at for at, gain in enumerate(gains) if gain]
    return Collection(name, documents, [queries[at] for at in kept], [gains[at] for at in kept])


def _blocks(path: Path) -> list[str]:
    return re.split(r"^\.I ", path.read_text(), flags=re.M)[1:]


def _joined(*parts: str) -> str:
    return " ".join(" ".join(parts).split())
