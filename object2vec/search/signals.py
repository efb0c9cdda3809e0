"""The signals of a request: its corrected query, its vectors, the look of a picture, what the shopper
prefers, and what is bought with a basket."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from object2vec.core.encoder import WithVocabulary
from object2vec.search.analysis import fold
from object2vec.search.index import Request, require
from object2vec.search.items import CatalogueItems
from object2vec.search.loading import Live
from object2vec.search.pictures import Pictures, look_of_item, look_of_picture
from object2vec.search.preference import preference
from object2vec.search.query_vectors import QueryVectors, session_vector
from object2vec.search.served_complements import ServedComplements
from object2vec.search.session import Session, UserHistory, unknown_ids
from object2vec.search.stored import StoredSynonyms
from object2vec.search.synonyms import with_tried

Mode = Literal["hybrid", "lexical", "semantic"]


@dataclass(frozen=True, slots=True)
class Shopper:
    """Who asks, and the release that answers."""

    live: Live
    user_history: UserHistory
    history: Sequence[str]
    """The ids of this visit, as the request has them."""
    session: Session
    """The known items of both histories."""

    @property
    def unknown(self) -> list[str]:
        """The ids of this visit that nobody knows."""
        return unknown_ids(self.session, self.history)


@dataclass(frozen=True, slots=True)
class UnderstoodRequest:
    """A request with its signals, and what an answer says about them."""

    request: Request
    text: str
    """The query as it is searched."""
    corrected: str | None
    """The same, if it is not what was typed."""
    trouble: str | None
    """The signal that could not be looked up or computed, and why."""

    @property
    def about(self) -> Mapping[str, Any]:
        """The parts of the answer, by name."""
        return {"text": self.text, "corrected": self.corrected, "trouble": self.trouble}


class RequestSignals:
    """Adds to a request what has to be looked up or computed for it."""

    def __init__(
        self, query_vectors: QueryVectors, synonyms: StoredSynonyms, pictures: Pictures, items: CatalogueItems
    ) -> None:
        self._query_vectors, self._synonyms = query_vectors, synonyms
        self._pictures, self._items = pictures, items

    def with_look(self, live: Live, request: Request, image: bytes | None, image_of: str | None) -> Request:
        """With the look of a picture that was sent, or of an item's."""
        if image is not None:
            return replace(request, look=look_of_picture(live, self._pictures.vector(image)))
        if image_of is not None:
            look = look_of_item(live, self._items.stored(image_of))
            return replace(request, look=look, exclude=request.exclude | {image_of})
        return request

    def understood(
        self, shopper: Shopper, request: Request, mode: Mode, *, correct: bool
    ) -> UnderstoodRequest:
        """The request with its spelling corrected if wished, the vectors that the mode and the shopper's
        session need, and what the shopper is likely to take."""
        text, corrected = self._corrected(shopper.live, request, correct)
        request, trouble = self._with_vectors(shopper, request, text, mode)
        request = _with_preference(shopper, request)
        return UnderstoodRequest(request, text, corrected, trouble or shopper.user_history.trouble)

    def _corrected(self, live: Live, request: Request, correct: bool) -> tuple[str, str | None]:
        """The query to search for; and again, if it is not what was typed."""
        text = request.text.strip()
        if not text or not correct or request.prefix:
            return text, None
        snapshot, synonyms = live.index.snapshot, with_tried(self._synonyms.get().parsed, request.synonyms)
        model = live.encoder.vocabulary.knows if isinstance(live.encoder, WithVocabulary) else None

        def known(word: str) -> bool:
            forms = (word, *snapshot.analysis.terms_of(fold(word)))  # kittens, where the model has kitten
            return synonyms.knows(word, snapshot.analysis) or (model is not None and any(map(model, forms)))

        better = snapshot.corrected(text, known, synonyms.vocabulary)
        return better, better if better != text else None

    def _with_vectors(
        self, shopper: Shopper, request: Request, text: str, mode: Mode
    ) -> tuple[Request, str | None]:
        """With the query as it is searched, and the vectors that the mode and the session need; and what went
        wrong in making them."""
        live, session = shopper.live, shopper.session
        signals: dict[str, Any] = {"text": "" if mode == "semantic" else text}
        trouble = None
        if request.prefix and mode == "hybrid":
            text = text.rpartition(" ")[0]  # an unfinished word means nothing yet
        if text and mode != "lexical":
            encoded = self._query_vectors.encode(text, live.encoder)
            signals["vector"], trouble = encoded.vector, encoded.trouble
        if session.ids:
            pooled = session_vector(session, live.encoder)
            signals["session_vector"], trouble = pooled.vector, trouble or pooled.trouble
        return replace(request, **signals), trouble


def _with_preference(shopper: Shopper, request: Request) -> Request:
    """Ranked by what the shopper is likely to take, if the release has a ranker and the engine uses one."""
    live = shopper.live
    if not live.index.capabilities.preference:
        return request
    judged = preference(live.ranker, shopper.user_history.seen, shopper.history, time.time())
    return request if judged is None else replace(request, preference=judged)


def complements_for(live: Live, items: Sequence[str], *, one_basket: bool = False) -> ServedComplements:
    """The items that are bought with some items; `one_basket`: those that are in a basket which has them.
    Raises UnsupportedError."""
    require(live.index.capabilities, Request(complements={}))
    return live.index.snapshot.find_complements(items, one_basket=one_basket)


def with_basket(live: Live, request: Request, basket: Sequence[str]) -> tuple[Request, list[str]]:
    """With what is bought with the basket's items, and notes for the answer. Raises UnsupportedError."""
    if not basket:
        return request, []
    complements = complements_for(live, basket, one_basket=True)
    if complements.shares:
        request = replace(request, complements=complements.shares)
    return request, complements.notes
