"""Queries made from the catalogue's texts by a fixed rule, to measure text retrieval without a search log.

A long text is asked for by a sentence of its own, which is then taken out of it (Lee et al. 2019, "Latent
retrieval for weakly supervised open domain question answering": the inverse cloze task), and only about half
of the sentence's words are kept, rare ones more often. With the sentence left in, words alone find every
text, whatever the model is worth. A short text, a product's name say, is asked for by every second word, in
the singular, as shoppers tend to type. Training takes other random words, so that no model was trained on the
very query.

Checked on two judged collections (docs/lab/evaluation.md): how much words gain by the model is about the same
with these queries as with the real ones.
"""

import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from object2vec.core.arrays import Rows, Vectors
from object2vec.core.tokenizer import Tokenizer
from object2vec.model.retrieval.forward import Weights, mean_bags, pool, unit
from object2vec.model.retrieval.items import query_targets
from object2vec.training.dataset import Catalogue
from object2vec.training.features import ItemFeatures, distinct_codes

_WORD = re.compile(r"[^\W\d_]+")
_SENTENCE = re.compile("(?<=[.!?])\\s+|(?<=[\u3002\uff01\uff1f])|\n+")
_FEWEST_WORDS = 3
_LONG = 30  # words from which on a text is asked for by a part of it
_WINDOW = 12  # words of a part, where a text has no sentences
_WORD_KEPT = 0.5, 0.75  # chance of a word that every text has, and of one that a single text has
VALIDATION, TEST = 0, 1


@dataclass(frozen=True, slots=True)
class QuerySet:
    """q queries over t distinct texts; each query was made from one of them."""

    documents: Rows  # (t,) the first item of each distinct text
    queries: Sequence[str]
    relevant: Sequence[Rows]  # positions of the right documents, for each query
    shortened: Mapping[int, str] = field(default_factory=dict)
    """The texts from which the sentence that became a query was taken out, by position."""

    def texts(self, catalogue: Catalogue) -> list[str]:
        """(t,) the texts that are searched."""
        whole = [catalogue.texts[item] for item in self.documents.tolist()]
        return [self.shortened.get(at, text) for at, text in enumerate(whole)]


def held_out_queries(catalogue: Catalogue, limit: int, part: int) -> QuerySet:
    """`limit` queries of one half of the texts; `part` is VALIDATION or TEST. The choice depends on the texts
    alone."""
    documents, _ = distinct_documents(catalogue)
    texts = [catalogue.texts[item] for item in documents.tolist()]
    digests = [zlib.crc32(text.encode()) for text in texts]
    order = sorted((digest, at) for at, digest in enumerate(digests) if digest % 2 == part)
    common = _Frequencies.of(texts)
    queries, relevant, shortened = [], [], {}
    for digest, at in order:
        query, rest = _query_from(texts[at], common, digest)
        if query:
            queries.append(query)
            relevant.append(np.array([at], np.int64))
            if rest is not None:
                shortened[at] = rest
        if len(queries) == limit:
            break
    return QuerySet(documents, queries, relevant, shortened)


def searched_vectors(
    weights: Weights, features: ItemFeatures, tokenizer: Tokenizer, queries: QuerySet
) -> Vectors:
    """(t, d) unit vectors of the documents; a shortened one is encoded like a new text, since the item's own
    row knows the sentence that was taken out."""
    vectors = query_targets(weights, features)[queries.documents]
    if queries.shortened:
        bags = mean_bags(*tokenizer.encode(list(queries.shortened.values())))
        vectors[np.array(list(queries.shortened), np.int64)] = unit(pool(weights.words, bags))
    return vectors


def distinct_documents(catalogue: Catalogue) -> tuple[Rows, Rows]:
    """(t,) the first item of each distinct text, and (items,) the position of each item's text among them, -1
    for an item without one."""
    text_of, texts = distinct_codes(catalogue.texts)
    _, first = np.unique(text_of, return_index=True)
    worded = np.array([bool(text.strip()) for text in texts], np.bool_)
    place = np.where(worded, np.cumsum(worded) - 1, -1)
    return first[worded], place[text_of]


def pseudo_query(text: str) -> str:
    """Every second distinct word of a short text, in the singular; '' for fewer than three words."""
    words = list(dict.fromkeys(_WORD.findall(text.lower())))
    if len(words) < _FEWEST_WORDS:
        return ""
    return " ".join(_singular(word) for word in words[::2])


@dataclass(frozen=True, slots=True)
class _Frequencies:
    """The number of texts, of `count`, that each word occurs in."""

    texts: Mapping[str, int]
    count: int

    @classmethod
    def of(cls, texts: Sequence[str]) -> "_Frequencies":
        found: dict[str, int] = {}
        for text in texts:
            for word in set(_WORD.findall(text.lower())):
                found[word] = found.get(word, 0) + 1
        return cls(found, len(texts))

    def kept(self, words: Sequence[str]) -> Vectors:
        """(n,) the chance of each word to be in a query: from one that every text has to one of a single
        text."""
        counts = np.array([self.texts.get(word, 1) for word in words], np.float64)
        rarity = np.log(self.count / counts) / max(np.log(self.count), 1e-9)
        return np.asarray(_WORD_KEPT[0] + (_WORD_KEPT[1] - _WORD_KEPT[0]) * rarity, np.float32)


def _query_from(text: str, common: _Frequencies, seed: int) -> tuple[str, str | None]:
    """A query, '' where none can be made, and the text without what it was made from; None where it stays
    whole."""
    if len(_WORD.findall(text)) < _LONG:
        return pseudo_query(text), None
    rng = np.random.default_rng(seed)
    parts = [part for part in _SENTENCE.split(text) if part.strip()]
    if len(parts) < 3:
        words = text.split()
        parts = [" ".join(words[at : at + _WINDOW]) for at in range(0, len(words), _WINDOW)]
    if len(parts) < 3:  # a script that writes no spaces, or one long word
        return pseudo_query(text), None
    chosen = int(rng.integers(len(parts)))
    words = list(dict.fromkeys(_WORD.findall(parts[chosen].lower())))
    if len(words) < _FEWEST_WORDS:
        return "", None
    drawn = rng.random(len(words)) / common.kept(words)
    least = max(1.0, float(np.sort(drawn)[_FEWEST_WORDS - 1]))  # three words at least
    query = " ".join(_singular(word) for word, draw in zip(words, drawn, strict=True) if draw <= least)
    return query, " ".join(part for at, part in enumerate(parts) if at != chosen)


def _singular(word: str) -> str:
    plural = len(word) > 3 and word.endswith("s") and not word.endswith("ss")
    return word[:-1] if plural else word
