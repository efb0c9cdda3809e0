"""Text retrieval without a search log: queries made from the catalogue's texts by a fixed rule.

Training takes random subsets of words as they stand; here it is every second distinct word, in the singular
as shoppers tend to type, so that the model was not trained on the very query.
"""

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from object2vec.core.arrays import Rows
from object2vec.training.dataset import Catalogue
from object2vec.training.features import distinct_codes

_WORD = re.compile(r"[^\W\d_]+")
_FEWEST_WORDS = 3
VALIDATION, TEST = 0, 1


@dataclass(frozen=True, slots=True)
class QuerySet:
    """q queries over t distinct texts; each query was made from one of them."""

    documents: Rows  # (t,) the first item of each distinct text
    queries: Sequence[str]
    relevant: Sequence[Rows]  # position of the one right document, for each query


def held_out_queries(catalogue: Catalogue, limit: int, part: int) -> QuerySet:
    """`limit` queries of one half of the texts; `part` is VALIDATION or TEST. The choice depends on the texts
    alone."""
    documents, _ = distinct_documents(catalogue)
    texts = [catalogue.texts[item] for item in documents.tolist()]
    digests = [zlib.crc32(text.encode()) for text in texts]
    order = sorted((digest, at) for at, digest in enumerate(digests) if digest % 2 == part)
    made = ((at, pseudo_query(texts[at])) for _, at in order)
    chosen = [(at, query) for at, query in made if query][:limit]
    return QuerySet(
        documents,
        [query for _, query in chosen],
        [np.array([at], np.int64) for at, _ in chosen],
    )


def distinct_documents(catalogue: Catalogue) -> tuple[Rows, Rows]:
    """(t,) the first item of each distinct text, and (items,) the position of each item's text among them, -1
    for an item without one."""
    text_of, texts = distinct_codes(catalogue.texts)
    _, first = np.unique(text_of, return_index=True)
    worded = np.array([bool(text.strip()) for text in texts], np.bool_)
    place = np.where(worded, np.cumsum(worded) - 1, -1)
    return first[worded], place[text_of]


def pseudo_query(text: str) -> str:
    """Every second distinct word of a text, in the singular; '' for a text of fewer than three words."""
    words = list(dict.fromkeys(_WORD.findall(text.lower())))
    if len(words) < _FEWEST_WORDS:
        return ""
    return " ".join(_singular(word) for word in words[::2])


def _singular(word: str) -> str:
    plural = len(word) > 3 and word.endswith("s") and not word.endswith("ss")
    return word[:-1] if plural else word
