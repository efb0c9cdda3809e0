"""Search, recommendation and the catalogue's items, over the live release."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from object2vec.core.catalog import CatalogItem, as_written, pictures_in
from object2vec.core.encoder import WithVocabulary
from object2vec.core.errors import BadRequestError, StartingError, StoreUnavailableError, UnknownItemError
from object2vec.core.history import Histories
from object2vec.core.pictures import PictureReader
from object2vec.ingest.catalog_rows import parse_change
from object2vec.search.alternatives import By, alternatives
from object2vec.search.answers import Answer, Show, hits_of
from object2vec.search.companions import Companions
from object2vec.search.index import Request, require
from object2vec.search.live import LiveIndex
from object2vec.search.loading import Live
from object2vec.search.model_answers import Categorised, categorise, check_vector
from object2vec.search.pictures import (
    Address,
    Pictures,
    categorise_picture,
    look_of_item,
    look_of_picture,
)
from object2vec.search.preference import preference
from object2vec.search.query_vectors import InProcess, QueryVectors, session_vector
from object2vec.search.rules import Rule
from object2vec.search.session import Session, UserHistory, UserHistoryReader
from object2vec.search.stored import StoredRules, StoredSynonyms
from object2vec.search.synonyms import Synonyms
from object2vec.search.versioned import Edition
from object2vec.storage import ConflictError, ObjectStore
from object2vec.storage.item_log import LogEnd, Removed, Segment

Mode = Literal["hybrid", "lexical", "semantic"]
SeenItems = Literal["exclude", "include"]
Strategy = Literal["auto", "popular", "trending"]

RuleEdition = Edition[tuple[Rule, ...]]

POPULAR = "these are popular items"
NO_USER_HISTORY = f"no history is known for this user_id, and none was given: {POPULAR}"
NO_HISTORY = f"no known item in the history: {POPULAR}"
NO_PROFILE = "no known history: ranked by the query alone"
DISLIKED_LAST = "what the shopper is against comes last"
_ATTEMPTS = 20  # to write at the end of the item log, among others who write


class SearchService:
    """Answers from one state per request: model, index and watermark always belong together."""

    def __init__(
        self,
        store: ObjectStore,
        live: LiveIndex,
        *,
        rules: StoredRules | None = None,
        synonyms: StoredSynonyms | None = None,
        query_vectors: QueryVectors | None = None,
        picture_reader: PictureReader | None = None,
        picture_address: Address | None = None,
        histories: Histories | None = None,
    ) -> None:
        self._store, self._live = store, live
        self._histories = UserHistoryReader(histories)
        self._rules = rules or StoredRules(store)
        self._synonyms = synonyms or StoredSynonyms(store)
        self._query_vectors = query_vectors or InProcess()
        self._pictures = Pictures(store, picture_reader, picture_address)

    def search(
        self,
        request: Request,
        *,
        mode: Mode = "hybrid",
        image: bytes | None = None,
        image_of: str | None = None,
        history: Sequence[str] = (),
        user_id: str | None = None,
        correct: bool = True,
        show: Show | None = None,
    ) -> Answer:
        """Free-text search, personalised by the user's history and the session if there are any; an
        empty query lists popular items. With a picture, or an item's: what looks like it, alone or among
        what has the words."""
        live = self._live.get()
        user_history = self._histories.of(user_id)
        session = live.index.snapshot.session([*user_history.items, *history])
        unknown = _unknown(session, history)
        request = self._looking(live, request, image, image_of)
        look = None if request.look is None else request.look.tobytes()
        request = replace(request, asked=repr(("search", request.text, mode, user_id, history, look)))
        text, corrected = self._text(live, request, correct)
        request, trouble = self._asked(live, replace(request, text=text), mode, session)
        request = _personal(live, request, user_history, history)
        strategy: str = mode if text or session.ids else "popular"
        if request.look is not None:
            strategy = f"{mode}+look" if text else "look"
        return self._answer(
            live, request, show, text=text, trouble=trouble or user_history.trouble,
            strategy=strategy, corrected=corrected, unknown_items=unknown,
        )  # fmt: skip

    def similar(self, item_id: str, request: Request, *, by: By = "all", show: Show | None = None) -> Answer:
        """Alternatives to an item, without the item itself. `all`: items that have its words or lie near to
        it; the words keep the result to the same kind of thing, since vectors also lie near to what is bought
        with it. `text`: by its words and what they mean. `behaviour`: near to it as people take them. `look`:
        by its picture. Raises UnknownItemError, UnsupportedError."""
        live = self._live.get()
        item, vector = live.index.snapshot.get(item_id), live.index.snapshot.vector(item_id)
        if item is None or vector is None:
            raise UnknownItemError(item_id)
        asked = repr(("similar", item_id, by))
        request = replace(request, exclude=request.exclude | {item_id}, asked=asked)
        like, notes = alternatives(live, item, vector, by)
        request = replace(request, **like)
        strategy = "similar" if by == "all" else f"similar-by-{by}"
        return self._answer(live, request, show, strategy=strategy, notes=notes)

    def bought_together(
        self, item_id: str, request: Request, *, min_lift: float = 0.0, show: Show | None = None
    ) -> Answer:
        """Complements: what goes into the same basket as an item, the likeliest first; at least `min_lift`
        times as often as by chance. Raises UnknownItemError, UnsupportedError."""
        live = self._live.get()
        self.get_item(item_id)
        found = _goes_with(live, [item_id])
        request = replace(
            request,
            complements=found.above(min_lift),
            exclude=request.exclude | {item_id},
            asked=repr(("bought-together", item_id, min_lift)),
        )
        return self._answer(live, request, show, strategy=found.strategy, notes=found.notes)

    def recommend(
        self,
        request: Request,
        *,
        history: Sequence[str] = (),
        basket: Sequence[str] = (),
        user_id: str | None = None,
        seen: SeenItems | None = None,
        strategy: Strategy = "auto",
        correct: bool = True,
        show: Show | None = None,
    ) -> Answer:
        """Items for a session, within a query's results if there is one; without either, popular items.

        With a basket: what goes with its items, in an order that the history has a part in, and never the
        items in it. `seen`: whether what the shopper had may come again; None: if people come back to what
        they took."""
        live = self._live.get()
        user_history = self._histories.of(user_id)
        snapshot = live.index.snapshot
        session, carried = snapshot.session([*user_history.items, *history]), snapshot.session(basket)
        unknown = [*_unknown(session, history), *_unknown(carried, basket)]
        seen = seen or ("include" if snapshot.people_return else "exclude")
        asked = repr(("recommend", request.text, user_id, history, basket, seen, strategy))
        exclude = (
            request.exclude
            | user_history.disliked
            | {*basket}
            | {*(session.ids if seen == "exclude" else ())}
        )
        request = replace(request, exclude=exclude, asked=asked)
        if strategy != "auto":
            return self._listed(live, request, strategy, show, unknown_items=unknown, seen=seen)
        text, corrected = self._text(live, request, correct)
        request, trouble = self._asked(live, replace(request, text=text), "hybrid", session)
        request, notes = _with_basket(live, request, carried.ids)
        request = _personal(live, request, user_history, history)
        has_profile = request.profile is not None and bool(request.profile.any())
        has_basket = request.complements is not None
        basis = _basis(basket=has_basket, session=has_profile, query=bool(text))
        if not (has_profile or has_basket) and not (session.ids and trouble):
            nothing_known = user_id is not None and not history and not user_history.seen
            note = NO_USER_HISTORY if nothing_known else NO_HISTORY
            notes = [*notes, note if basis == "popular" else NO_PROFILE]
        return self._answer(
            live, request, show, text=text, trouble=trouble or user_history.trouble,
            strategy=basis, corrected=corrected, unknown_items=unknown, notes=notes, seen=seen,
        )  # fmt: skip

    def rank(
        self,
        request: Request,
        items: Sequence[str],
        *,
        history: Sequence[str] = (),
        user_id: str | None = None,
        correct: bool = True,
        show: Show | None = None,
    ) -> Answer:
        """The caller's own items, each once and all that exist, in the order for a shopper, a session and a
        query, whichever are given; without any by popularity. No rule applies: the list is the caller's.
        Raises UnsupportedError."""
        live = self._live.get()
        user_history = self._histories.of(user_id)
        snapshot = live.index.snapshot
        session, given = snapshot.session([*user_history.items, *history]), snapshot.session(items)
        unknown = [*_unknown(session, history), *_unknown(given, items)]
        among = tuple(dict.fromkeys(given.ids))
        text, corrected = self._text(live, request, correct)
        request = replace(request, text=text, among=among, limit=max(len(among), 1))
        request, trouble = self._asked(live, request, "hybrid", session)
        request = _personal(live, request, user_history, history)
        has_profile = request.profile is not None and bool(request.profile.any())
        basis = _basis(session=has_profile, query=bool(text))
        answer = self._answer(
            live, request, show, text=text, trouble=trouble or user_history.trouble, rules=False,
            strategy=basis, corrected=corrected, unknown_items=unknown,
        )  # fmt: skip
        return _disliked_last(answer, user_history.disliked)

    def categorise(self, text: str, limit: int) -> Categorised:
        """Raises NoCategoriesError."""
        return categorise(self._live.get(), text, limit)

    def categorise_picture(self, image: bytes, limit: int) -> Categorised:
        """By what looks like it. Raises NoCategoriesError, BadRequestError, UnsupportedError."""
        live = self._live.get()
        return categorise_picture(live, look_of_picture(live, self._pictures.vector(image)), limit)

    def get_item(self, item_id: str) -> CatalogItem:
        """Raises UnknownItemError."""
        item = self._stored(item_id)
        return replace(item, metadata=as_written(item.metadata))

    def pictures_of(self, item_id: str) -> dict[str, str]:
        """Addresses of the item's first picture, by name; none where it has none, or none is shown."""
        return self._pictures.addresses(self._stored(item_id))

    def _stored(self, item_id: str) -> CatalogItem:
        item = self._live.get().index.snapshot.get(item_id)
        if item is None:
            raise UnknownItemError(item_id)
        return item

    def put_item(self, item_id: str, text: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
        """Upserts; this process's next answer knows the item. By the rules of catalogue uploads: raises
        RowError, and BadRequestError for a vector that the live model cannot read."""
        item = parse_change({"label": item_id, "text": text, "metadata": dict(metadata)})
        assert isinstance(item, CatalogItem)
        check_vector(item, self._live)
        segment = self._append(item)
        return {"id": item.id, "text": text, "metadata": dict(item.metadata), "segment": segment}

    def put_picture(self, item_id: str, image: bytes) -> dict[str, Any]:
        """Makes it the item's one picture, whatever was uploaded before; this process's next answer knows it.
        Raises UnknownItemError, BadRequestError, UnsupportedError, StoreUnavailableError."""
        self._live.catch_up()
        self._stored(item_id)
        marker = self._pictures.take(item_id, image)
        for _ in range(_ATTEMPTS):
            watermark = self._live.get().index.snapshot.watermark
            shown = self._pictures.shown(self._stored(item_id))
            try:
                LogEnd(self._store).append_as(watermark + 1, shown.line + b"\n")
            except ConflictError:
                self._live.catch_up()
                continue
            self._live.wrote(Segment(watermark + 1, [shown.item]))
            self._store.delete(marker)
            return {"id": item_id, "image": shown.shown[0], "segment": watermark + 1}
        raise StoreUnavailableError("many others write at the same time: send it again")

    def delete_item(self, item_id: str) -> dict[str, Any]:
        """Removes. Raises UnknownItemError."""
        self._live.catch_up()
        if pictures_in(self._stored(item_id).metadata):
            self._pictures.forget(item_id)
        return {"id": item_id, "deleted": True, "segment": self._append(Removed(item_id))}

    def rules(self) -> RuleEdition:
        """The stored rules."""
        return self._rules.get()

    def put_rules(self, records: Sequence[Mapping[str, Any]], expected: int | None) -> RuleEdition:
        """Replaces the stored rules. Raises BadRequestError, ConflictError."""
        return self._rules.put(records, expected)

    def synonyms(self) -> Edition[Synonyms]:
        """The stored synonyms."""
        return self._synonyms.get()

    def put_synonyms(self, records: Sequence[Mapping[str, Any]], expected: int | None) -> Edition[Synonyms]:
        """Replaces the stored synonyms. Raises BadRequestError, ConflictError."""
        return self._synonyms.put(records, expected)

    def health(self) -> dict[str, Any]:
        """State and versions, whatever the state."""
        rules, synonyms = self._rules.get(), self._synonyms.get()
        try:
            live = self._live.get()
        except StartingError as error:
            nothing = dict.fromkeys(("model", "index", "rules", "synonyms"))
            return {"status": "starting", **nothing, "problem": str(error)}
        manifest, snapshot = live.manifest, live.index.snapshot
        problem = self._live.trouble or self._rules.trouble or self._synonyms.trouble
        return {
            "status": "degraded" if problem else "ok",
            "model": {
                "version": manifest.model_version,
                "kind": manifest.kind,
                "data_version": manifest.data_version,
                "created_at": manifest.created_at,
                "ranker": live.ranker is not None,
            },
            "index": {"version": snapshot.version, "items": len(snapshot), "watermark": snapshot.watermark},
            "rules": {"version": rules.version, "count": len(rules.records)},
            "synonyms": {"version": synonyms.version, "count": len(synonyms.records)},
            "problem": problem,
        }

    def _append(self, change: CatalogItem | Removed) -> int:
        """Raises StoreUnavailableError, whatever the store's own error is."""
        shown: CatalogItem | Removed = change

        def lines(at: float) -> bytes:
            nonlocal shown
            shown, made = self._pictures.lines_of(change, at)
            return made

        try:
            log = LogEnd(self._store)
            log.append(lines)
        except Exception as error:
            raise StoreUnavailableError("the store does not take writes: send it again") from error
        self._live.wrote(Segment(log.number, [shown]))
        return log.number

    def _listed(
        self, live: Live, request: Request, strategy: Strategy, show: Show | None, **about: Any
    ) -> Answer:
        if request.text.strip():
            raise BadRequestError(f"strategy {strategy} lists items without a query: leave one of them out")
        listing: Literal["trending", "popularity"] = "trending" if strategy == "trending" else "popularity"
        request = replace(request, text="", listing=listing)
        return self._answer(live, request, show, strategy=strategy, **about)

    def _text(self, live: Live, request: Request, correct: bool) -> tuple[str, str | None]:
        """The query to search for, and the same where that is not what was typed."""
        text = request.text.strip()
        if not text or not correct or request.prefix:
            return text, None
        snapshot, synonyms = live.index.snapshot, self._synonyms.get().parsed
        model = live.encoder.tokenizer.knows if isinstance(live.encoder, WithVocabulary) else None

        def known(word: str) -> bool:
            return synonyms.knows(word, snapshot.analysis) or (model is not None and model(word))

        better = snapshot.corrected(text, known)
        return better, better if better != text else None

    def _looking(self, live: Live, request: Request, image: bytes | None, image_of: str | None) -> Request:
        """With the look that is asked for."""
        if image is not None:
            return replace(request, look=look_of_picture(live, self._pictures.vector(image)))
        if image_of is not None:
            look = look_of_item(live, self._stored(image_of))
            return replace(request, look=look, exclude=request.exclude | {image_of})
        return request

    def _asked(
        self, live: Live, request: Request, mode: Mode, session: Session
    ) -> tuple[Request, str | None]:
        """With the vectors the mode and the history call for, and what went wrong on the way to them."""
        vectors: dict[str, Any] = {}
        trouble = None
        text = request.text
        if request.prefix and mode == "hybrid":
            text = text.rpartition(" ")[0]  # an unfinished word means nothing yet
        if text and mode != "lexical":
            encoded = self._query_vectors.encode(text, live.encoder)
            vectors["vector"], trouble = encoded.vector, encoded.trouble
        if session.ids:
            pooled = session_vector(session, live.encoder)
            vectors["profile"], trouble = pooled.vector, trouble or pooled.trouble
        return replace(request, text="" if mode == "semantic" else request.text, **vectors), trouble

    def _answer(
        self,
        live: Live,
        request: Request,
        show: Show | None,
        *,
        text: str = "",
        trouble: str | None = None,
        notes: Sequence[str] = (),
        rules: bool = True,
        **about: Any,
    ) -> Answer:
        require(live.index.capabilities, request)
        if rules and live.index.capabilities.can("rules"):
            request = replace(request, rules=(*request.rules, *self._rules.get().parsed))
        request = replace(request, synonyms=self._synonyms.get().parsed)
        result = live.index.snapshot.search(request)
        show = show or Show()
        highlight = text if show.highlight else ""
        marks = live.index.snapshot.marks(highlight, request)
        return Answer(
            hits=hits_of(result, show, marks, self._pictures.addresses),
            total=result.total,
            facets=result.facets,
            next_cursor=result.next_cursor,
            model_version=live.manifest.model_version,
            degraded=self._live.trouble is not None or trouble is not None,
            notes=[*notes, *result.notes, *([trouble] if trouble else [])],
            **about,
        )


def _personal(live: Live, request: Request, user_history: UserHistory, history: Sequence[str]) -> Request:
    """Ranked by what the shopper is likely to take, where release and engine can."""
    if not live.index.capabilities.preference:
        return request
    return replace(request, preference=preference(live.ranker, user_history.seen, history, time.time()))


def _goes_with(live: Live, basket: Sequence[str]) -> Companions:
    """Raises UnsupportedError."""
    require(live.index.capabilities, Request(complements={}))
    return live.index.snapshot.goes_with(basket)


def _with_basket(live: Live, request: Request, basket: Sequence[str]) -> tuple[Request, list[str]]:
    """With what goes with the basket, where there is a basket and anything does; and what to say of it."""
    if not basket:
        return request, []
    found = _goes_with(live, basket)
    return (replace(request, complements=found.shares) if found.shares else request), found.notes


def _basis(**signals: bool) -> str:
    """What a list rests on, by the names of the signals that there are."""
    return "+".join(name for name, there in signals.items() if there) or "popular"


def _disliked_last(answer: Answer, disliked: frozenset[str]) -> Answer:
    against = [hit for hit in answer.hits if hit["id"] in disliked]
    if not against:
        return answer
    others = [hit for hit in answer.hits if hit["id"] not in disliked]
    return replace(answer, hits=[*others, *against], notes=[*answer.notes, DISLIKED_LAST])


def _unknown(session: Session, history: Sequence[str]) -> list[str]:
    """The ids of the request's history that nobody knows."""
    known = set(session.ids)
    return [item_id for item_id in dict.fromkeys(history) if item_id not in known]
