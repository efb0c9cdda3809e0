"""The teacher's targets: its vectors of the catalogue's texts and of spans of them, within a time budget."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from object2vec.core.arrays import Rows, Vectors
from object2vec.model.retrieval.forward import Bags, mean_bags, ragged_range
from object2vec.training.tasks.teacher import Teacher
from object2vec.training.tasks.teacher_cache import CachedTeacher

MOST_SPANS = 20_000
SPANS_A_TEXT = 6
SPANS_SHARE = 0.4  # share of the budget for spans, at most
FEWEST_READ = 100  # texts that are needed: with fewer the words learn noise
_SHORTEST, _LONGEST = 3, 20  # tokens of a span


@dataclass(frozen=True, slots=True)
class TeacherTargets:
    """The distinct texts of the catalogue, then random spans of them, as the teacher sees them."""

    texts: Bags  # of t documents and s spans
    documents: int  # t
    vectors: Vectors  # (t + s, teacher's d) unit vectors, zeros where the teacher has not been
    read: NDArray[np.bool_]  # (t + s,) which of them the teacher has read


def prepare_targets(
    teacher: Teacher, documents: Bags, cache: Path | None, budget: float
) -> tuple[TeacherTargets | None, str]:
    """Lets the teacher read for `budget` seconds, spans first: they teach every text's words. Returns the
    targets, None if too little was read, and a line about what was read."""
    spans = random_spans(documents, MOST_SPANS, SPANS_A_TEXT)
    cached = CachedTeacher(teacher, cache)
    span_vectors, spans_read = cached.encode(spans.rows, spans.lengths, budget * SPANS_SHARE)
    order = np.argsort(fingerprints(documents), kind="stable")
    shuffled = documents.take(order)
    left = budget - cached.seconds
    vectors, read = cached.encode(shuffled.rows, shuffled.lengths, left)
    cached.save()
    place = np.argsort(order)
    targets = TeacherTargets(
        texts=_joined(documents, spans),
        documents=len(order),
        vectors=np.concatenate([vectors[place], span_vectors]),
        read=np.concatenate([read[place] & (documents.lengths > 0), spans_read]),
    )
    summary = (
        f"{int(read.sum())} of {len(order)} texts and {int(spans_read.sum())} spans read by {teacher.version}"
        f" in {cached.seconds:.0f} s, {cached.encoded} of them now"
    )
    return (targets if targets.read.sum() >= FEWEST_READ else None), summary


def random_spans(words: Bags, most: int, of_each: int) -> Bags:
    """Up to `of_each` runs of tokens of every text, short as queries are, `most` in all.

    The choice follows from each text alone: a catalogue that changes a little asks for few new spans."""
    texts = np.flatnonzero(words.lengths)
    count = min(of_each, -(-most // max(len(texts), 1)))
    nth = np.arange(1, count + 1).astype(np.uint64)
    number = _mixed(np.add.outer(fingerprints(words)[texts], nth).ravel())
    chosen = np.sort(np.argsort(number, kind="stable")[:most])
    text, number = np.repeat(texts, count)[chosen], number[chosen]
    available = words.lengths[text]
    wanted = _SHORTEST + (number >> np.uint64(8)) % np.uint64(_LONGEST - _SHORTEST + 1)
    lengths: Rows = np.minimum(wanted.astype(np.int64), available)
    offset = ((number >> np.uint64(24)) % (available - lengths + 1).astype(np.uint64)).astype(np.int64)
    return mean_bags(words.rows[ragged_range(words.starts[text] + offset, lengths)], lengths)


def fingerprints(words: Bags) -> NDArray[np.uint64]:
    """(t,) a hash of each text's tokens in their order."""
    place = np.arange(len(words.rows)) - np.repeat(words.starts, words.lengths)
    sums = np.zeros(len(words.lengths), np.uint64)
    owner = np.repeat(np.arange(len(words.lengths)), words.lengths)
    np.add.at(sums, owner, _mixed(words.rows.astype(np.uint64) + (place.astype(np.uint64) << np.uint64(32))))
    return sums


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """SplitMix64's finaliser (Steele et al. 2014): equal numbers stay equal, all others look random."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _joined(first: Bags, second: Bags) -> Bags:
    rows = np.concatenate([first.rows, second.rows])
    return mean_bags(rows, np.concatenate([first.lengths, second.lengths]))
