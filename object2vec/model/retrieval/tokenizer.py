"""Text → token ids: WordPiece from a `tokenizer.json`, the same in training, in search and at an endpoint."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

MAX_CHARACTERS = 20_000  # of one text; beyond it even an upload of 1 MB adds nothing to a bag of words
MAX_TOKENS = 512
_UNKNOWN = "[UNK]"


class TextTokenizer:
    """Words and word pieces of a fixed vocabulary; what the vocabulary lacks is dropped, never an error."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._unknown = tokenizer.token_to_id(_UNKNOWN)

    @classmethod
    def load(cls, path: Path) -> "TextTokenizer":
        """Reads the `tokenizers` library's JSON."""
        return cls(Tokenizer.from_file(str(path)))

    def save(self, path: Path) -> None:
        """Writes the JSON that `load` reads."""
        self._tokenizer.save(str(path), pretty=False)

    @property
    def size(self) -> int:
        """Number of ids; every id is below it."""
        return self._tokenizer.get_vocab_size()

    def knows(self, word: str) -> bool:
        """Whether this is a whole word of the vocabulary, ignoring case."""
        return self._tokenizer.token_to_id(word.lower()) is not None

    def tokens(self) -> list[str]:
        """Every token, by id."""
        vocabulary = self._tokenizer.get_vocab()
        return sorted(vocabulary, key=vocabulary.__getitem__)

    def encode(self, texts: Sequence[str]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """The ids of all texts in one row (total,), and how many belong to each text (n,)."""
        encodings = self._tokenizer.encode_batch_fast(
            [text[:MAX_CHARACTERS] for text in texts], add_special_tokens=False
        )
        ids = [[i for i in encoding.ids if i != self._unknown] for encoding in encodings]
        lengths = np.fromiter((len(row) for row in ids), np.int64, len(ids))
        flat = np.fromiter((i for row in ids for i in row), np.int32, int(lengths.sum()))
        return flat, lengths
