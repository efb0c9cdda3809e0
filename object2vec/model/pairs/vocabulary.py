"""Words to ids of a pair model, for callers that send a text or item ids where it takes integers.

It is the vocabulary file of the training's auxiliary channel: a JSON object from token to id. A text is split
as those tokens are: at spaces, and where a piece is no token itself, first without the punctuation around it,
then into words and punctuation; in lower case where no token has an upper one. What it does not know is the
unknown token, if it has one, else nothing.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import orjson

FILES = ("vocabulary0.json", "vocabulary1.json")
"""Names in an artefact's directory, of in0 and in1."""
UNKNOWN = ("<unk>", "[UNK]", "<UNK>", "UNK")
_INNER = re.compile(r"\w+(?:[^\w\s]+\w+)*|[^\w\s]")
_PARTS = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True)
class PairVocabulary:
    """The ids of one side's tokens."""

    ids: Mapping[str, int]
    _lower: bool = field(init=False)
    _unknown: int | None = field(init=False)

    def __post_init__(self) -> None:
        lower = all(token == token.lower() for token in self.ids if token not in UNKNOWN)
        object.__setattr__(self, "_lower", lower)
        object.__setattr__(self, "_unknown", next((self.ids[u] for u in UNKNOWN if u in self.ids), None))

    def of_text(self, text: str) -> list[int]:
        """The ids of a text's tokens."""
        if self._lower:
            text = text.lower()
        return self.of_tokens(token for piece in text.split() for token in self._split(piece, _INNER, _PARTS))

    def of_tokens(self, tokens: Iterable[str]) -> list[int]:
        """The ids of tokens, item ids say."""
        found = (self.ids.get(token, self._unknown) for token in tokens)
        return [token for token in found if token is not None]

    def _split(self, piece: str, *finer: re.Pattern[str]) -> Iterator[str]:
        if piece in self.ids or not finer:
            yield piece
        else:
            for part in finer[0].findall(piece):
                yield from self._split(part, *finer[1:])

    def encoded(self) -> bytes:
        """The vocabulary as the artefact keeps it."""
        return orjson.dumps(self.ids, option=orjson.OPT_SORT_KEYS)


def read_vocabulary(data: bytes, size: int) -> PairVocabulary:
    """Reads a vocabulary file for a model of `size` ids. Raises ValueError, which says what the file must
    be."""
    ids = orjson.loads(data)
    if not isinstance(ids, dict) or not all(
        type(token) is int and 0 <= token < size for token in ids.values()
    ):
        raise ValueError(f"must be a JSON object from token to an id from 0 to {size - 1}")
    return PairVocabulary(ids)
