"""WordPiece from a `tokenizer.json`: the same in training, in search and at an endpoint.

Schuster & Nakajima 2012, "Japanese and Korean voice search"; Devlin et al. 2019 (BERT's vocabulary and its
`##` before pieces that continue a word).
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from object2vec.core.arrays import Mask, Rows, TokenIds

MAX_CHARACTERS = 20_000  # of one text; beyond it even an upload of 1 MB adds nothing to a bag of words
MAX_TOKENS = 512
_UNKNOWN = "[UNK]"
_CONTINUES = "##"


class WordPieceTokenizer:
    """Words and word pieces in lower case."""

    kind = "wordpiece"

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._unknown = tokenizer.token_to_id(_UNKNOWN)

    @classmethod
    def load(cls, path: Path) -> "WordPieceTokenizer":
        """Reads the `tokenizers` library's JSON."""
        return cls(Tokenizer.from_file(str(path)))

    def save(self, path: Path) -> None:
        self._tokenizer.save(str(path), pretty=False)

    @property
    def size(self) -> int:
        return self._tokenizer.get_vocab_size()

    def knows(self, word: str) -> bool:
        return self._tokenizer.token_to_id(word.lower()) is not None

    def tokens(self) -> list[str]:
        vocabulary = self._tokenizer.get_vocab()
        return sorted(vocabulary, key=vocabulary.__getitem__)

    def continues(self) -> Mask:
        return np.array([token.startswith(_CONTINUES) for token in self.tokens()], np.bool_)

    def encode(self, texts: Sequence[str]) -> tuple[TokenIds, Rows]:
        encodings = self._tokenizer.encode_batch_fast(
            [text[:MAX_CHARACTERS] for text in texts], add_special_tokens=False
        )
        ids = [[i for i in encoding.ids if i != self._unknown] for encoding in encodings]
        lengths = np.fromiter((len(row) for row in ids), np.int64, len(ids))
        flat = np.fromiter((i for row in ids for i in row), np.int32, int(lengths.sum()))
        return flat, lengths
