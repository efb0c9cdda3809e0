"""The content that a base index is built of, whichever engine writes it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from object2vec.core.catalog import CatalogItem
from object2vec.ranker.complements import Complements
from object2vec.ranker.copurchase import Copurchase
from object2vec.ranker.profiles import Profiles
from object2vec.ranker.successors import Successors
from object2vec.search.item_statistics import Statistics


@dataclass(frozen=True, slots=True)
class Counted:
    """The counts of the index job; None where nobody counted. An engine that answers nothing from one of
    them leaves it out."""

    copurchase: Copurchase | None = None
    """The ranker's knowledge of buying together."""
    profiles: Profiles | None = None
    """Its knowledge of shoppers alike."""
    successors: Successors | None = None
    """Its knowledge of what follows an item."""
    complements: Complements | None = None
    """The counts of what goes into the same basket."""


NOTHING_COUNTED = Counted()


@dataclass(frozen=True, slots=True)
class Content:
    """Items and what is known about them."""

    items: Sequence[CatalogItem]
    """Distinct by id."""
    statistics: Statistics = field(default_factory=Statistics)
    watermark: int = 0
    """The last item-log segment the items come from."""
    counted: Counted = NOTHING_COUNTED
    people_return: bool | None = None
    """Whether users come back to what they took; None without a log."""
