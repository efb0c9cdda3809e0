"""Complements: what is bought with an item more often than chance, from counts alone.

    share(j | i) = (c_ij + λ p_j) / (c_i + λ)      c_ij  how often j was bought near i
    lift(j | i)  = share(j | i) / p_j              c_i   all that was bought near i
                                                   p_j   j's share of all purchases
λ shrinks what is known of an item towards popularity (Jelinek & Mercer 1980), so that two rare items that met
once do not win. An item's complements are those with a lift above 1 that were seen together often enough,
in the order of the share: lift alone puts the rarest first.

object2vec/training/complements.py counts them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import orjson

from object2vec.core.arrays import Matrix, TokenIds
from object2vec.storage.checked_file import CheckedFileError, read_checked, write_checked

FILE = "complements.safetensors"
FORMAT = "1"
MOST = 50
"""Complements that are kept of each item."""


class Complement(NamedTuple):
    """One item that goes with what was asked about."""

    item_id: str
    share: float
    lift: float


@dataclass(frozen=True, eq=False)
class Complements:
    """Of m items, up to k complements each."""

    item_ids: Sequence[str]
    """(m,)"""
    others: TokenIds
    """(m, k) numbers of items, best first; -1 where an item has fewer."""
    shares: Matrix
    """(m, k)"""
    lifts: Matrix
    """(m, k)"""

    @classmethod
    def empty(cls) -> "Complements":
        """Where nothing was bought together."""
        nothing = np.zeros((0, 0), np.float32)
        return cls((), np.zeros((0, 0), np.int32), nothing, nothing)

    def of(self, basket: Sequence[str], limit: int) -> list[Complement]:
        """What goes with the items of a basket (one item is a basket too), best first: the mean of the
        shares, the greatest lift. Items that nobody knows are ignored; those in the basket are left out."""
        number = {item_id: row for row, item_id in enumerate(self.item_ids)}
        rows = [number[item_id] for item_id in dict.fromkeys(basket) if item_id in number]
        shares: dict[int, float] = {}
        lifts: dict[int, float] = {}
        for row in rows:
            columns = (table[row].tolist() for table in (self.others, self.shares, self.lifts))
            for other, share, lift in zip(*columns, strict=True):
                if other >= 0 and other not in rows:
                    shares[other] = shares.get(other, 0.0) + share / len(rows)
                    lifts[other] = max(lift, lifts.get(other, 0.0))
        best = sorted(shares, key=lambda other: (-shares[other], other))[:limit]
        return [Complement(self.item_ids[other], shares[other], lifts[other]) for other in best]


def write_complements(table: Complements, path: Path) -> None:
    """Writes one file."""
    ids = np.frombuffer(orjson.dumps(list(table.item_ids)), np.uint8)
    tables = {"others": table.others, "shares": table.shares, "lifts": table.lifts}
    write_checked(path, {"ids": ids, **tables}, FORMAT)


def read_complements(path: Path) -> Complements:
    """Reads and checks. Raises CheckedFileError."""
    arrays, _ = read_checked(path, ("ids", "others", "shares", "lifts"), FORMAT)
    ids = orjson.loads(arrays["ids"].tobytes())
    others, shares, lifts = (arrays[name] for name in ("others", "shares", "lifts"))
    if not (others.ndim == 2 and others.shape == shares.shape == lifts.shape and len(others) == len(ids)):
        raise CheckedFileError(f"{path.name} is damaged")
    return Complements(ids, others, shares, lifts)
