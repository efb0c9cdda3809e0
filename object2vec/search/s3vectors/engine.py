"""`SearchIndex` over vector indexes in S3 Vectors.

The base's items live there; in memory are only the popular ones (what a request without any signal lists) and
whatever changed since the base was built. S3 Vectors finds candidates by its own hybrid ranking, reciprocal
ranks, a block at a time; within a block our score fusion ranks them, since it measured better
(docs/adr/0004-search-engine.md). Pages go through a block, then on to the next. A request with a picture is
answered by the second index, of the items that have one.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from object2vec.core.arrays import Scores, Vector
from object2vec.core.catalog import CatalogItem
from object2vec.core.errors import UnsupportedError
from object2vec.search import paging
from object2vec.search.analysis import Analysis
from object2vec.search.embedded.engine import EmbeddedIndex, EmbeddedSnapshot
from object2vec.search.engines import S3VECTORS
from object2vec.search.highlight import Marks
from object2vec.search.index import Hit, Request, Result, order_of, question_of, require
from object2vec.search.s3vectors.candidates import (
    Candidate,
    Signal,
    among_changed,
    in_block,
    leading_signal,
    score_parts,
)
from object2vec.search.s3vectors.filters import translate
from object2vec.search.s3vectors.records import fields_of, padded, to_item, unpadded, vector_of
from object2vec.search.s3vectors.remote import CandidateBlock, RemoteIndex
from object2vec.search.served_complements import ServedComplements
from object2vec.search.session import ItemSession
from object2vec.storage.item_log import Change

CAPABILITIES = S3VECTORS.capabilities
_WHOLE_BLOCK = -1


@dataclass(frozen=True, kw_only=True, eq=False)
class S3VectorsSnapshot:
    """The base in S3 Vectors, with the changes since."""

    remote: RemoteIndex
    looks: RemoteIndex | None
    """The second index; None where no item of the base has a picture."""
    head: EmbeddedSnapshot
    """The popular items of the base, and every item that changed since."""
    changed: frozenset[str]
    """Ids that were changed or removed since the base was built."""
    fields: Mapping[str, bool]
    """The fields that can be filtered, and whether they hold numbers."""
    size: int

    @property
    def version(self) -> str:
        return self.head.version

    @property
    def watermark(self) -> int:
        return self.head.watermark

    def __len__(self) -> int:
        return self.size

    @property
    def people_return(self) -> bool | None:
        return self.head.people_return

    def find_complements(self, item_ids: Sequence[str], *, one_basket: bool = False) -> ServedComplements:  # noqa: ARG002
        """The capability `complements` is lacking: nobody asks."""
        raise UnsupportedError("complements: this search engine cannot; index=embedded can")

    def get(self, item_id: str) -> CatalogItem | None:
        return self.get_many([item_id]).get(item_id)

    def get_many(self, item_ids: Sequence[str]) -> dict[str, CatalogItem]:
        near = self.head.get_many(item_ids)
        far = [item_id for item_id in item_ids if item_id not in near and item_id not in self.changed]
        return near | {key: to_item(record) for key, record in self.remote.get(far).items()}

    def session(self, item_ids: Sequence[str]) -> ItemSession:
        items = self.get_many(list(dict.fromkeys(item_ids)))
        return ItemSession([items[item_id] for item_id in item_ids if item_id in items])

    def vector(self, item_id: str) -> Vector | None:
        vector = self.head.vector(item_id)
        if vector is not None or item_id in self.changed:
            return vector
        record = self.remote.get([item_id], data=True).get(item_id)
        return None if record is None else unpadded(record)

    def look(self, item_id: str) -> Vector | None:
        if item_id in self.changed or self.looks is None or self.head.get(item_id) is not None:
            return self.head.look(item_id)
        record = self.looks.get([item_id], data=True).get(item_id)
        return None if record is None else vector_of(record)

    def look_of(self, picture: Vector) -> Vector:
        return self.head.look_of(picture)

    def corrected(
        self,
        text: str,
        known: Callable[[str], bool] | None = None,  # noqa: ARG002
        further: Collection[str] = (),  # noqa: ARG002
    ) -> str:
        """Unchanged: the words of the whole catalogue are not known here."""
        return text

    @property
    def analysis(self) -> Analysis:
        """The word forms of the popular items' languages."""
        return self.head.analysis

    def marks(self, text: str, request: Request | None = None) -> Marks:
        return self.head.marks(text, request)

    def search(self, request: Request) -> Result:
        require(CAPABILITIES, request)
        text = request.synonyms.expanded(request.text, self.analysis, request.language)
        words, leading = text or request.description, leading_signal(request)
        if not words and leading is None:
            return self.head.search(request)
        before = self._before(request)
        start = before.start if before else self._start(request, leading)
        block = self._block(request, words, leading, before.position.block if before else "")
        expanded = replace(request, text=words)
        candidates = self._candidates(expanded, leading, start.floor, block, before)
        parts = score_parts(expanded, candidates, leading, self.remote, self.head)
        chosen, last = _page(candidates, parts, request.limit, before)
        following = last or (paging.Position(0.0, _WHOLE_BLOCK, block.next) if block.next else None)
        seen = _with(before.seen if before else (), [candidates[at].item.id for at in chosen])
        return Result(
            hits=[_hit(candidates[at], parts, at) for at in chosen],
            total=len(candidates),
            next_cursor=self._cursor(request, paging.Cursor(following, start, seen)) if following else None,
        )

    def _block(self, request: Request, words: str, leading: Signal | None, token: str) -> CandidateBlock:
        condition = translate(request.filters, self.fields)
        if leading is None or leading.name != "look":
            vector = None if leading is None else padded(leading.vector)
            return self.remote.query(words, vector, condition, token)
        if self.looks is None:
            return CandidateBlock([], "")
        return self.looks.query(words, leading.vector, condition, token)

    def _before(self, request: Request) -> paging.Cursor | None:
        """Where the result goes on; None for its first page."""
        if not request.cursor:
            return None
        state, order = self.head.cursor_state(request), order_of(request, self.watermark)
        return paging.decode_cursor(request.cursor, state, question_of(request), order)

    def _start(self, request: Request, leading: Signal | None) -> paging.Start:
        by_meaning = request.text and leading is not None and leading.name == "semantic"
        floor = self.head.background if by_meaning else 0.0
        return paging.Start(order_of(request, self.watermark), floor=floor)

    def _cursor(self, request: Request, cursor: paging.Cursor) -> str:
        return paging.encode_cursor(self.head.cursor_state(request), question_of(request), cursor)

    def _candidates(
        self,
        request: Request,
        leading: Signal | None,
        floor: float,
        block: CandidateBlock,
        before: paging.Cursor | None,
    ) -> list[Candidate]:
        """The block's items as they are now, and the changed ones. A page far down a result, whose cursor no
        longer holds what was seen, is of one state: the first block brought its changed items."""
        candidates = in_block(block, self.changed | request.exclude, floor)
        if before is None or not before.position.block or before.seen is not None:
            changed = self.changed - request.exclude
            candidates += among_changed(self.head, changed, request, leading, floor)
        return candidates


class S3VectorsIndex:
    """Keeps a snapshot and moves it on with the item log; the vector index itself is not written here."""

    capabilities = CAPABILITIES

    def __init__(
        self,
        remote: RemoteIndex,
        looks: RemoteIndex | None,
        head: EmbeddedIndex,
        fields: Mapping[str, bool],
        size: int,
    ) -> None:
        self._head = head
        self._snapshot = S3VectorsSnapshot(
            remote=remote, looks=looks, head=head.snapshot, changed=frozenset(), fields=fields, size=size
        )

    @property
    def snapshot(self) -> S3VectorsSnapshot:
        return self._snapshot

    def apply(self, changes: Sequence[Change], watermark: int) -> None:
        """From now on the changes hide what the base says of these items, all at once."""
        old = self._snapshot
        ids = list(dict.fromkeys(change.id for change in changes))
        before = old.get_many(ids)
        self._head.apply(changes, watermark)
        head = self._head.snapshot
        fields = dict(old.fields)
        for name, numeric in fields_of(c for c in changes if isinstance(c, CatalogItem)).items():
            fields[name] = fields.get(name, False) or numeric
        self._snapshot = replace(
            old,
            head=head,
            changed=old.changed | set(ids),
            fields=fields,
            size=old.size + len(head.get_many(ids)) - len(before),
        )


def _page(
    candidates: Sequence[Candidate],
    parts: Mapping[str, Scores],
    limit: int,
    before: paging.Cursor | None,
) -> tuple[list[int], paging.Position | None]:
    """Places of the page's candidates, and where the block goes on; None at its end."""
    scores: Scores = sum(parts.values(), np.zeros(len(candidates)))
    numbers = np.array([_number(candidate.item.id) for candidate in candidates], np.int64)
    place = {number: at for at, number in enumerate(numbers.tolist())}
    after, seen = _goes_on(before)
    left = ~np.isin(numbers, np.array(seen, np.int64))
    best, _, more = paging.page(numbers[left], scores[left], limit, after)
    chosen = [place[number] for number in best.tolist()]
    if not more:
        return chosen, None
    last = chosen[-1]
    block = before.position.block if before else ""
    return chosen, paging.Position(float(scores[last]), int(numbers[last]), block)


def _goes_on(before: paging.Cursor | None) -> tuple[paging.Position | None, Sequence[int]]:
    """The position within the block that a page begins after, or the numbers of the items that it leaves
    out."""
    if before is None:
        return None, ()
    if before.seen is not None:
        return None, before.seen
    return before.position if before.position.row != _WHOLE_BLOCK else None, ()


def _hit(candidate: Candidate, parts: Mapping[str, Scores], at: int) -> Hit:
    values = {name: float(scores[at]) for name, scores in parts.items()}
    return Hit(candidate.item, sum(values.values()), values)


def _with(seen: Sequence[int] | None, more: Sequence[str]) -> tuple[int, ...] | None:
    """The numbers of what was shown, ascending, with those of further items."""
    return None if seen is None else tuple(sorted({*seen, *map(_number, more)}))


def _number(item_id: str) -> int:
    """A number below 2^40 that stands for an item, the same in every process, and orders equal scores."""
    digest = hashlib.blake2b(item_id.encode("utf-8", "surrogatepass"), digest_size=5).digest()
    return int.from_bytes(digest, "big")
