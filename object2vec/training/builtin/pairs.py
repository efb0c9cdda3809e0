"""The pairs that AWS's Object2Vec learns from: what people looked for or had (in0), and what they took (in1).

The training pairs are all positive (label 1): the algorithm draws the negatives (label 0) itself
(`negative_sampling_rate`). For validation it draws none, so negatives are written there.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from object2vec.core.arrays import Rows
from object2vec.core.errors import InputError
from object2vec.core.tokenizer import Tokenizer
from object2vec.model.builtin.tokens import NOTHING, SESSION_ITEMS, Tokens, session_tokens, text_tokens
from object2vec.training.dataset import Dataset, Interactions

Pair = tuple[Tokens, Tokens]

MOST_SESSIONS = 500_000
QUERIES_OF_A_TEXT = 4
VALIDATION_SHARE = 0.1
NEGATIVES = 4
"""Negatives for each pair of the validation channel; the stack's default trains with as many."""


class NoPairsError(InputError):
    """There is nothing to learn from; the message says what to upload."""


class PairMaker:
    """Pairs of one dataset. `items` are the tokens of each text of the catalogue, by position."""

    def __init__(self, dataset: Dataset, tokenizer: Tokenizer) -> None:
        self._dataset, self._tokenizer = dataset, tokenizer
        self._rng = np.random.default_rng(0)
        self.items = text_tokens(tokenizer, dataset.catalogue.texts)

    def split(self) -> tuple[list[Pair], list[Pair]]:
        """Training and validation; where nothing happened in the validation period, a tenth of all.
        Raises NoPairsError."""
        dataset = self._dataset
        past = dataset.train.merged(dataset.validation)
        later = (
            np.arange(len(past))
            if not len(dataset.train)
            else np.flatnonzero(past.times > dataset.train.times.max())
        )
        train = self._sessions(dataset.train, np.arange(len(dataset.train)))
        train += [*self._logged("train"), *self._texts()]
        validation = [*self._sessions(past, later), *self._logged("validation")]
        if len(train) < 2:
            raise NoPairsError(
                "no pairs to train on: upload items with texts of two known words or more to uploads/catalog/"
            )
        if not validation:
            order = self._rng.permutation(len(train)).tolist()
            held_out = max(1, int(len(train) * VALIDATION_SHARE))
            validation, train = [train[i] for i in order[:held_out]], [train[i] for i in order[held_out:]]
        return train, validation

    def session(self, history: Rows) -> Tokens:
        """A history of positions, oldest first."""
        return session_tokens([self.items[item] for item in history.tolist()])

    def _sessions(self, events: Interactions, targets: Rows) -> list[Pair]:
        """Pairs of a user's items up to an event, and the event's item."""
        first = events.user_starts()
        known = np.array([self.items[item] != NOTHING for item in events.items.tolist()], np.bool_)
        targets = targets[known[targets] & (targets > first[targets])] if len(targets) else targets
        if len(targets) > MOST_SESSIONS:
            targets = np.sort(self._rng.choice(targets, MOST_SESSIONS, replace=False))
        pairs = []
        for at in targets.tolist():
            history = self.session(events.items[max(int(first[at]), at - SESSION_ITEMS) : at])
            if history != NOTHING:
                pairs.append((history, self.items[events.items[at]]))
        return pairs

    def _logged(self, split: str) -> list[Pair]:
        """Queries of the search log and the items they led to."""
        log = self._dataset.queries.get(split)
        if log is None or not len(log):
            return []
        relevant = log.relevant()
        queries = text_tokens(self._tokenizer, relevant.queries.tolist())
        found = (
            (query, self.items[item]) for query, item in zip(queries, relevant.items.tolist(), strict=True)
        )
        return [pair for pair in found if NOTHING not in pair]

    def _texts(self) -> list[Pair]:
        """Pairs of some words of a text, and the text."""
        distinct = [tokens for tokens in dict.fromkeys(self.items) if len(tokens) > 1]
        return [(self._some(tokens), tokens) for tokens in distinct for _ in range(QUERIES_OF_A_TEXT)]

    def _some(self, tokens: Tokens) -> Tokens:
        kept: NDArray[np.bool_] = self._rng.random(len(tokens)) < self._rng.uniform(0.15, 0.9)
        kept[self._rng.integers(len(tokens))] = True
        return tuple(np.array(tokens)[kept].tolist())


def negative_pairs(pairs: Sequence[Pair], items: Sequence[Tokens]) -> list[Pair]:
    """`NEGATIVES` pairs for each: the same in0 with the text of a random other item."""
    rng = np.random.default_rng(0)
    known, texts = set(pairs), list(dict.fromkeys(tokens for tokens in items if tokens != NOTHING))
    drawn = rng.integers(len(texts), size=(len(pairs), NEGATIVES)).tolist()
    made = ((in0, texts[at]) for (in0, _), row in zip(pairs, drawn, strict=True) for at in row)
    return [pair for pair in made if pair not in known]


def records(pairs: Sequence[Pair], **more: object) -> list[dict[str, object]]:
    """The records of AWS's JSON Lines."""
    return [{**more, "in0": list(in0), "in1": list(in1)} for in0, in1 in pairs]
