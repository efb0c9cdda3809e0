"""The protocol of a tokenizer: it turns text into numbers of a fixed vocabulary."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from object2vec.core.arrays import Mask, Rows, TokenIds


class Tokenizer(Protocol):
    """Cuts texts into the tokens of a vocabulary. Words that the vocabulary lacks are dropped, without an
    error.

    The kinds that an artefact may hold are registered in `object2vec/model/retrieval/artefact.py`."""

    @property
    def kind(self) -> str:
        """The name under which an artefact's manifest keeps it."""

    @property
    def size(self) -> int:
        """Number of tokens in the vocabulary; every id is below it."""

    def encode(self, texts: Sequence[str]) -> tuple[TokenIds, Rows]:
        """The ids of all texts in one row (total,), and how many belong to each text (n,)."""

    def knows(self, word: str) -> bool:
        """Whether this is a whole word of the vocabulary, ignoring case."""

    def tokens(self) -> Sequence[str]:
        """The text of every token, by id."""

    def continues(self) -> Mask:
        """(size,) which tokens continue the word that the token before them began."""

    def save(self, path: Path) -> None:
        """Writes the file that the kind's own `load` reads."""
