"""The interface of a search engine: what can be asked, what comes back, and what an engine may lack.

A request carries signals: words (`text` or `description`), their meaning (`vector`), a picture (`look`), a
shopper (`session_vector`, `preference`) and a basket (`complements`). Search,
similar items and recommendations are the same request with other signals set, and a request without any
lists the items by popularity or trend.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, Literal, Protocol

from object2vec.core.arrays import Vector
from object2vec.core.catalog import CatalogItem
from object2vec.core.errors import UnsupportedError
from object2vec.search import paging
from object2vec.search.analysis import Analysis
from object2vec.search.engines import Capabilities, able
from object2vec.search.filters import ALL, Condition
from object2vec.search.highlight import Marks
from object2vec.search.preference import Preference
from object2vec.search.rules import Rule
from object2vec.search.served_complements import ServedComplements
from object2vec.search.session import Session
from object2vec.search.synonyms import NO_SYNONYMS, Synonyms
from object2vec.storage.item_log import Change

MAX_LIMIT = 100
DEFAULT_LIMIT = 10


@dataclass(frozen=True, slots=True)
class Sort:
    """Order by a metadata field: numbers, dates, texts or booleans; items without it come last."""

    field: str
    descending: bool = False


OPTION: Mapping[str, bool] = MappingProxyType({"option": True})
"""Marks a field of a request that not every engine knows what to do with. An engine that does not list it
among its capabilities refuses a request that has another value than the default."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Request:
    """One question to the index."""

    text: str = ""
    """Lexical signal: matched by stemmed terms."""
    prefix: bool = field(default=False, metadata=OPTION)
    """Whether the text's last word may be unfinished: search as you type."""
    description: str = ""
    """Lexical signal instead of a text: an item's own text, to find similar items. A match has any of its
    words; codes, phrases and rules for queries do not apply to it."""
    vector: Vector | None = None
    """Semantic signal, shape (dim,), unit length; zeros have no effect."""
    near_item: bool = False
    """Whether `vector` is an item's: items near to it are meant, where a query's is compared with texts."""
    look: Vector | None = field(default=None, metadata=OPTION)
    """The look of a picture, shape (dim,), unit length: items whose pictures are near to it."""
    session_vector: Vector | None = None
    """The session's vector, shape (dim,), unit length; zeros have no effect. A score's part of it is
    called `profile`."""
    preference: Preference | None = None
    """Ranks by what the shopper is likely to take, instead of by the session's vector alone; needs one."""
    filters: Condition = ALL
    facets: Sequence[str] = field(default=(), metadata=OPTION)
    """Fields to count the values of; a field's own filter does not restrict its facet."""
    boundaries: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """Where the ranges of a numeric facet begin and end, ascending; chosen from the catalogue if absent."""
    listing: Literal["popularity", "trending"] = "popularity"
    """The order of a request without any signal."""
    synonyms: Synonyms = NO_SYNONYMS
    """The synonyms of the words of a text."""
    language: str = ""
    """The language of the text, ISO 639-1: synonyms of others do not apply. Empty: nobody said."""
    rules: Sequence[Rule] = field(default=(), metadata=OPTION)
    """Merchandising rules; those about a query apply to their query alone."""
    diversity: float = field(default=0.0, metadata=OPTION)
    """From 0 (by score alone) to 1 (as different from each other as possible)."""
    sort: Sort | None = field(default=None, metadata=OPTION)
    limit: int = DEFAULT_LIMIT
    cursor: str | None = None
    complements: Mapping[str, float] | None = field(default=None, metadata=OPTION)
    """How well items go with a basket. With a text it ranks what the text found; else these items are the
    result, and a preference or a session's vector ranks them too."""
    among: Sequence[str] | None = field(default=None, metadata=OPTION)
    """The result is exactly these items."""
    exclude: frozenset[str] = frozenset()
    """Item ids that must not be in the result."""
    min_score: float = field(default=0.0, metadata=OPTION)
    """Only items with at least this score, before rules and the order change it."""
    question: str = ""
    """What the caller asked, if text, vectors and exclusions were derived from it: a cursor continues
    the same question although the shopper's history has grown or a spelling is corrected in another way."""
    distinct: str = field(default="", metadata=OPTION)
    """A field each of whose values is in the result once, with its best item: for the variants of a
    product."""

    @property
    def has_session(self) -> bool:
        """Whether anything is known about the shopper's session."""
        return self.session_vector is not None and bool(self.session_vector.any())


OPTIONS = tuple(f for f in fields(Request) if f.metadata == OPTION)


_DERIVED = (
    "text",
    "description",
    "vector",
    "look",
    "session_vector",
    "preference",
    "complements",
    "among",
    "exclude",
)
"""The fields that `question` stands for, if it is given."""
_OF_A_PAGE = ("limit", "cursor", "facets", "boundaries", "synonyms")
"""The fields that may differ from page to page; of other synonyms a cursor's state tells."""
_ASKED = tuple(f.name for f in fields(Request) if f.name not in {*_DERIVED, *_OF_A_PAGE, "question", "rules"})


def question_of(request: Request) -> str:
    """The question, which must be the same for a cursor to continue a result. A new option belongs to it."""
    rules = tuple(rule for rule in request.rules if not rule.stored)
    asked = {name: getattr(request, name) for name in _ASKED}
    return repr((request.question or _derived(request), rules, asked))


def order_of(request: Request, watermark: int) -> str:
    """A fingerprint of all that the order of the rows depends on, within one base and the same rules."""
    return paging.fingerprint(repr((watermark, *_derived(request))))


def _derived(request: Request) -> tuple[object, ...]:
    vectors = [
        None if v is None else v.tobytes() for v in (request.vector, request.look, request.session_vector)
    ]
    preference = request.preference and request.preference.question
    complements = request.complements and tuple(request.complements.items())
    return (
        request.text, request.description, sorted(request.exclude), vectors, preference, complements,
        request.among,
    )  # fmt: skip


def require(capabilities: Capabilities, request: Request) -> None:
    """Raises UnsupportedError for an option that an engine does not know."""
    wanted = [option.name for option in OPTIONS if _is_set(getattr(request, option.name), option.default)]
    lacking = [name for name in wanted if not capabilities.can(name)]
    if lacking:
        engines = " or ".join(f"index={name}" for name in able(lacking))
        raise UnsupportedError(f"{', '.join(lacking)}: this search engine cannot; {engines} can")


def _is_set(value: Any, default: Any) -> bool:
    return value is not None if default is None else bool(value != default)


@dataclass(frozen=True, slots=True)
class Hit:
    """An item of the result with its score and the weighted parts the score is the sum of."""

    item: CatalogItem
    score: float
    parts: dict[str, float]
    variants: int | None = None
    """With `distinct`: how many items of the result have the same value of the field, this one among them."""


@dataclass(frozen=True, slots=True)
class FacetValue:
    """How many items of the result have this value."""

    value: str | float | bool
    count: int


@dataclass(frozen=True, slots=True)
class FacetRange:
    """How many items of the result have a number of at least `gte` and below `lt`; None is no bound."""

    gte: float | None
    lt: float | None
    count: int


@dataclass(frozen=True, slots=True)
class Result:
    """A page of hits, best first; `total` and `facets` are about the whole result, not the page."""

    hits: list[Hit]
    total: int
    facets: dict[str, list[FacetValue | FacetRange]] = field(default_factory=dict)
    next_cursor: str | None = None
    notes: list[str] = field(default_factory=list)
    """How the answer differs from what the request asked for."""


class IndexSnapshot(Protocol):
    """An immutable state of the catalogue: its holder sees neither half of a batch nor a later one."""

    @property
    def version(self) -> str:
        """The release whose base this is; cursors are valid within it."""

    @property
    def watermark(self) -> int:
        """The last item-log segment in this state."""

    @property
    def people_return(self) -> bool | None:
        """Whether users come back to what they took; None where nobody knows."""

    def __len__(self) -> int:
        """Number of items."""

    def search(self, request: Request) -> Result:
        """Answers. Raises a BadRequestError for what cannot be answered."""

    def get(self, item_id: str) -> CatalogItem | None:
        """The item, or None."""

    def get_many(self, item_ids: Sequence[str]) -> dict[str, CatalogItem]:
        """Those of the items that exist, by id: one look-up where the items are far away."""

    def find_complements(self, item_ids: Sequence[str], *, one_basket: bool = False) -> ServedComplements:
        """The complements of some items, by an engine with the capability `complements`; `one_basket`: what
        else is in a basket that has them."""

    def session(self, item_ids: Sequence[str]) -> Session:
        """Those of a history's items that exist."""

    @property
    def analysis(self) -> Analysis:
        """The word forms of the catalogue's languages."""

    def corrected(
        self, text: str, known: Callable[[str], bool] | None = None, further: Collection[str] = ()
    ) -> str:
        """The text with misspelt words as the catalogue spells them; unchanged where there is no better.
        `known` says which words are not misspelt although no item has them: the model knows what they mean.
        `further` are folded words that may be meant although no item has them: a synonym gives them a
        meaning."""

    def marks(self, text: str, request: Request | None = None) -> Marks:
        """The words to highlight in the texts of a query's result. It depends on the request's synonyms, and
        on whether its last word may be unfinished."""

    def vector(self, item_id: str) -> Vector | None:
        """The item's vector, shape (dim,), or None."""

    def look(self, item_id: str) -> Vector | None:
        """How the item looks, shape (k,), or None, by an engine with the capability `look`."""

    def look_of(self, picture: Vector) -> Vector:
        """How a picture's vector looks, shape (k,). Raises BadRequestError for one of another length than the
        items have."""


class SearchIndex(Protocol):
    """A loaded base index with the changes after it."""

    @property
    def capabilities(self) -> Capabilities:
        """The abilities of this engine."""

    @property
    def snapshot(self) -> IndexSnapshot:
        """The newest whole state."""

    def apply(self, changes: Sequence[Change], watermark: int) -> None:
        """Makes the changes of whole segments, up to `watermark`, visible at once."""
