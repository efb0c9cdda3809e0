"""Search and recommendation over the live release; `items`, `rules` and `synonyms` can be changed."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Literal

from object2vec.core.errors import BadRequestError, StartingError, UnknownItemError
from object2vec.core.history import Histories
from object2vec.core.pictures import PictureReader
from object2vec.search.answers import Answer, Show, hits_of
from object2vec.search.index import Request, require
from object2vec.search.items import CatalogueItems
from object2vec.search.live import LiveIndex
from object2vec.search.loading import Live
from object2vec.search.model_answers import Categorised, categorise
from object2vec.search.pictures import (
    Address,
    Pictures,
    categorise_picture,
    look_of_picture,
)
from object2vec.search.queries.report import load_latest
from object2vec.search.query_vectors import InProcess, QueryVectors
from object2vec.search.session import UserHistory, UserHistoryReader, unknown_ids
from object2vec.search.signals import Mode, RequestSignals, Shopper, complements_for, with_basket
from object2vec.search.similar_items import By, similarity_signals
from object2vec.search.stored import StoredRules, StoredSynonyms
from object2vec.search.synonyms import with_tried
from object2vec.storage import ObjectStore

SeenItems = Literal["exclude", "include"]
Strategy = Literal["auto", "popular", "trending"]

POPULAR = "these are popular items"
NO_USER_HISTORY = f"no history is known for this user_id, and none was given: {POPULAR}"
NO_HISTORY = f"no known item in the history: {POPULAR}"
NOBODY = "nobody is known to have taken any of these items yet"
NOT_RISING = "none of these items is wanted more than usual"
NO_KNOWN_HISTORY = "no known history: ranked by the query alone"
RULES_LEFT_OUT = "the stored rules are left out: this search engine has none"
NO_ITEMS = "there are no items yet: upload a catalogue, or wait for the first training on your shop's log"
DISLIKED_LAST = "items that the shopper disliked come last"


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
        self.rules = rules or StoredRules(store)
        self.synonyms = synonyms or StoredSynonyms(store)
        self._pictures = Pictures(store, picture_reader, picture_address)
        self.items = CatalogueItems(store, live, self._pictures)
        self._signals = RequestSignals(
            query_vectors or InProcess(), self.synonyms, self._pictures, self.items
        )

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
        """Free-text search, personalised by the user's history and the request's if there are any; an
        empty query lists popular items. With a picture, or an item's: what looks like it, alone or among
        what has the words."""
        shopper = self._shopper(user_id, history)
        request = self._signals.with_look(shopper.live, request, image, image_of)
        look = None if request.look is None else request.look.tobytes()
        question = repr(("search", request.text, mode, user_id, history, look, correct))
        meant = self._signals.understood(shopper, replace(request, question=question), mode, correct=correct)
        strategy: str = mode if meant.text or shopper.session.ids else "popular"
        if request.look is not None:
            strategy = f"{mode}+look" if meant.text else "look"
        return self._answer(
            shopper.live, meant.request, show, **meant.about, strategy=strategy, unknown_items=shopper.unknown
        )

    def similar(self, item_id: str, request: Request, *, by: By = "all", show: Show | None = None) -> Answer:
        """Alternatives to an item, without the item itself. `all`: items that have its words or lie near to
        it; the words keep the result to the same kind of thing, since vectors also lie near to what is bought
        with it. `text`: by its words and what they mean. `behaviour`: near to it as people take them. `look`:
        by its picture. Raises UnknownItemError, UnsupportedError."""
        live, _ = self._live_and_history()
        item, vector = live.index.snapshot.get(item_id), live.index.snapshot.vector(item_id)
        if item is None or vector is None:
            raise UnknownItemError(item_id)
        question = repr(("similar", item_id, by))
        request = replace(request, exclude=request.exclude | {item_id}, question=question)
        like, notes = similarity_signals(live, item, vector, by)
        request = replace(request, **like)
        strategy = "similar" if by == "all" else f"similar-by-{by}"
        return self._answer(live, request, show, strategy=strategy, notes=notes)

    def bought_together(
        self, item_id: str, request: Request, *, min_lift: float = 0.0, show: Show | None = None
    ) -> Answer:
        """Complements: what goes into the same basket as an item, the likeliest first; at least `min_lift`
        times as often as by chance. Raises UnknownItemError, UnsupportedError."""
        live, _ = self._live_and_history()
        self.items.stored(item_id)
        complements = complements_for(live, [item_id])
        request = replace(
            request,
            complements=complements.above(min_lift),
            exclude=request.exclude | {item_id},
            question=repr(("bought-together", item_id, min_lift)),
        )
        return self._answer(live, request, show, strategy=complements.strategy, notes=complements.notes)

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
        shopper = self._shopper(user_id, history)
        live, session = shopper.live, shopper.session
        carried = live.index.snapshot.session(basket)
        unknown = [*shopper.unknown, *unknown_ids(carried, basket)]
        seen = seen or ("include" if live.index.snapshot.people_return else "exclude")
        question = repr(("recommend", request.text, user_id, history, basket, seen, strategy, correct))
        exclude = (
            request.exclude
            | shopper.user_history.disliked
            | {*basket}
            | {*(session.ids if seen == "exclude" else ())}
        )
        request = replace(request, exclude=exclude, question=question)
        if strategy != "auto":
            return _honest(self._listed(live, request, strategy, show, unknown_items=unknown, seen=seen))
        meant = self._signals.understood(shopper, request, "hybrid", correct=correct)
        request, notes = with_basket(live, meant.request, carried.ids)
        has_basket = request.complements is not None
        basis = _basis(basket=has_basket, session=request.has_session, query=bool(meant.text))
        if not (request.has_session or has_basket) and not (session.ids and meant.trouble):
            nothing_known = user_id is not None and not history and not shopper.user_history.seen
            note = NO_USER_HISTORY if nothing_known else NO_HISTORY
            notes = [*notes, note if basis == "popular" else NO_KNOWN_HISTORY]
        answer = self._answer(
            live, request, show, **meant.about,
            strategy=basis, unknown_items=unknown, notes=notes, seen=seen,
        )  # fmt: skip
        return _honest(answer)

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
        shopper = self._shopper(user_id, history)
        given = shopper.live.index.snapshot.session(items)
        among = tuple(dict.fromkeys(given.ids))
        request = replace(request, among=among, limit=max(len(among), 1))
        meant = self._signals.understood(shopper, request, "hybrid", correct=correct)
        answer = self._answer(
            shopper.live, meant.request, show, **meant.about, rules=False,
            strategy=_basis(session=meant.request.has_session, query=bool(meant.text)),
            unknown_items=[*shopper.unknown, *unknown_ids(given, items)],
        )  # fmt: skip
        return _disliked_last(answer, shopper.user_history.disliked)

    def categorise(self, text: str, limit: int) -> Categorised:
        """Raises NoCategoriesError."""
        return categorise(self._live.get(), text, limit)

    def categorise_picture(self, image: bytes, limit: int) -> Categorised:
        """By what looks like it. Raises NoCategoriesError, BadRequestError, UnsupportedError."""
        live = self._live.get()
        return categorise_picture(live, look_of_picture(live, self._pictures.vector(image)), limit)

    def query_report(self) -> dict[str, Any] | None:
        """The latest report of what was searched; None before the first."""
        return load_latest(self._store)

    def _shopper(self, user_id: str | None, history: Sequence[str]) -> Shopper:
        live, user_history = self._live_and_history(user_id)
        session = live.index.snapshot.session([*user_history.items, *history])
        return Shopper(live, user_history, history, session)

    def _live_and_history(self, user_id: str | None = None) -> tuple[Live, UserHistory]:
        """The release and the user's history. After a pause, rules and synonyms are refreshed at the same
        time: each answer of the store takes some 20 ms."""
        documents = [document for document in (self.rules, self.synonyms) if document.is_due]
        if not documents:
            return self._live.get(), self._histories.of(user_id)
        with ThreadPoolExecutor(len(documents) + 1) as pool:
            user_history = pool.submit(self._histories.of, user_id)
            for document in documents:
                pool.submit(document.get)
            return self._live.get(), user_history.result()

    def health(self) -> dict[str, Any]:
        """State and versions, whatever the state."""
        rules, synonyms = self.rules.get(), self.synonyms.get()
        try:
            live = self._live.get()
        except StartingError as error:
            nothing = dict.fromkeys(("model", "index", "rules", "synonyms"))
            return {"status": "starting", **nothing, "problem": str(error)}
        manifest, snapshot = live.manifest, live.index.snapshot
        problem = self._live.trouble or self.rules.trouble or self.synonyms.trouble
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

    def _listed(
        self, live: Live, request: Request, strategy: Strategy, show: Show | None, **about: Any
    ) -> Answer:
        if request.text.strip():
            raise BadRequestError(f"strategy {strategy} lists items without a query: leave one of them out")
        listing: Literal["trending", "popularity"] = "trending" if strategy == "trending" else "popularity"
        request = replace(request, text="", listing=listing)
        return self._answer(live, request, show, strategy=strategy, **about)

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
        stored = self.rules.get().parsed if rules else ()
        if stored and not live.index.capabilities.can("rules"):
            stored, notes = (), [*notes, RULES_LEFT_OUT]
        request = replace(
            request,
            rules=(*request.rules, *stored),
            synonyms=with_tried(self.synonyms.get().parsed, request.synonyms),
        )
        result = live.index.snapshot.search(request)
        if not len(live.index.snapshot):  # what the notes say of a list is not true of none
            notes = [NO_ITEMS]
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


def _basis(**signals: bool) -> str:
    """The strategy of a list: the names of the signals that it rests on."""
    return "+".join(name for name, there in signals.items() if there) or "popular"


def _honest(answer: Answer) -> Answer:
    """Says so where a list of what is popular or wanted has nothing of the kind."""
    listed = {"popular": NOBODY, "trending": NOT_RISING}.get(answer.strategy)
    if listed is None or not answer.hits or any(hit["score"] > 0 for hit in answer.hits):
        return answer
    kept = [note.removesuffix(f": {POPULAR}") for note in answer.notes]
    return replace(answer, notes=[*kept, listed])


def _disliked_last(answer: Answer, disliked: frozenset[str]) -> Answer:
    against = [hit for hit in answer.hits if hit["id"] in disliked]
    if not against:
        return answer
    others = [hit for hit in answer.hits if hit["id"] not in disliked]
    return replace(answer, hits=[*others, *against], notes=[*answer.notes, DISLIKED_LAST])
