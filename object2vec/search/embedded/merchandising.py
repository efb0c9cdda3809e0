"""Merchandising rules at work on one request."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from object2vec.core.arrays import Mask
from object2vec.core.errors import BadRequestError
from object2vec.search.embedded.candidates import Candidates
from object2vec.search.embedded.masks import mask_of
from object2vec.search.embedded.snapshot import CatalogState
from object2vec.search.rules import Rule

_SIGNS = {"boost": 1.0, "bury": -1.0}


class Merchandising:
    """The rules with the rows they are about, each looked up once.

    A stored rule that the catalogue does not fit (any more) is left out and noted; one of the request raises
    BadRequestError.
    """

    def __init__(self, snapshot: CatalogState, rules: Sequence[Rule]) -> None:
        self._snapshot = snapshot
        self._masks: list[tuple[Rule, Mask]] = []
        self.notes: list[str] = []
        for rule in rules:
            try:
                self._masks.append((rule, self._mask(rule)))
            except BadRequestError as error:
                if not rule.stored:
                    raise BadRequestError(f"rule {rule.id!r}: {error}") from error
                self.notes.append(f"the stored rule {rule.id!r} was left out: {error}")

    def without_excluded(self, allowed: Mask) -> Mask:
        """The allowed rows without those that a rule excludes."""
        for rule, mask in self._masks:
            if rule.action == "exclude":
                allowed = allowed & ~mask
        return allowed

    def pins(self, allowed: Mask) -> list[int]:
        """The pinned rows that are allowed, in order."""
        pins = (
            row
            for rule, _ in self._masks
            if rule.action == "pin"
            for row in self._snapshot.rows_of(rule.items)
        )
        return list(dict.fromkeys(row for row in pins if allowed[row]))

    def pinned_by(self, item_id: str) -> dict[str, float]:
        """The rules that pin an item, as parts of its score: they place it and add nothing."""
        return {rule.part: 0.0 for rule, _ in self._masks if rule.action == "pin" and item_id in rule.items}

    def applied(self, candidates: Candidates, pins: Sequence[int]) -> Candidates:
        """With the pinned rows among the candidates, and what boosts and buries add to the scores."""
        if pins:
            candidates = candidates.joined(np.array(pins, np.int64))
        scores, parts = candidates.scores, dict(candidates.parts)
        for rule, mask in self._masks:
            if rule.action in _SIGNS:
                parts[rule.part] = scores * mask[candidates.rows] * (_SIGNS[rule.action] * rule.weight)
        return replace(candidates, parts=parts)

    def _mask(self, rule: Rule) -> Mask:
        mask = np.zeros(self._snapshot.columns.rows, np.bool_)
        if rule.condition is not None:
            mask |= mask_of(rule.condition, self._snapshot.columns)
        mask[self._snapshot.rows_of(rule.items)] = True
        return mask
