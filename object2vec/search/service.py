"""Search, recommendation and the catalogue's items, over the live release."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from object2vec.catalog import CatalogItem
from object2vec.data import item_log
from object2vec.data.catalog_rows import parse_change
from object2vec.data.item_log import Removed
from object2vec.search.errors import StartingError, UnknownItemError
from object2vec.search.index import Request, Snapshot
from object2vec.search.live import Live, LiveIndex
from object2vec.store import ObjectStore

Mode = Literal["hybrid", "lexical", "semantic"]
Seen = Literal["exclude", "include"]

POPULAR = "these are popular items"
NO_USER_HISTORY = f"no history is known for this user_id, and none was given: {POPULAR}"
NO_HISTORY = f"no known item in the history: {POPULAR}"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The one shape of every list answer."""

    hits: list[dict[str, Any]]
    total: int
    facets: dict[str, Any]
    next_cursor: str | None
    model_version: str
    degraded: bool
    strategy: str
    """What the ranking is based on: hybrid, lexical, semantic, similar, session, session+query or popular."""
    unknown_items: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class SearchService:
    """Answers from one state per request: model, index and watermark always belong together."""

    def __init__(self, store: ObjectStore, live: LiveIndex) -> None:
        self._store, self._live = store, live

    def search(
        self, request: Request, *, mode: Mode = "hybrid", history: Sequence[str] = (), explain: bool = False
    ) -> Answer:
        """Free-text search, personalised by a history if there is one; an empty query lists popular items."""
        live = self._live.get()
        snapshot = live.index.snapshot
        known, unknown = _known(snapshot, history)
        request = _asked(live, replace(request, text=request.text.strip()), mode, known)
        popular = not request.text and request.vector is None and not known
        return self._answer(
            live, snapshot, request, explain, strategy="popular" if popular else mode, unknown_items=unknown
        )

    def similar(self, item_id: str, request: Request, *, explain: bool = False) -> Answer:
        """The items nearest to an item, without itself. Raises UnknownItemError."""
        live = self._live.get()
        snapshot = live.index.snapshot
        vector = snapshot.vector(item_id)
        if vector is None:
            raise UnknownItemError(item_id)
        notes = [] if vector.any() else ["the model knows nothing about this item"]
        request = replace(request, vector=vector, exclude=request.exclude | {item_id})
        return self._answer(live, snapshot, request, explain, strategy="similar", notes=notes)

    def recommend(
        self,
        request: Request,
        *,
        history: Sequence[str] = (),
        user_id: str | None = None,
        seen: Seen = "exclude",
        explain: bool = False,
    ) -> Answer:
        """Items for a session, within a query's results if there is one; without either, popular items."""
        live = self._live.get()
        snapshot = live.index.snapshot
        known, unknown = _known(snapshot, history)
        request = _asked(live, replace(request, text=request.text.strip()), "hybrid", known)
        if seen == "exclude":
            request = replace(request, exclude=request.exclude | {item.id for item in known})
        has_profile = request.profile is not None and bool(request.profile.any())
        strategy = "+".join(["session"] * has_profile + ["query"] * bool(request.text)) or "popular"
        notes = []
        if not has_profile:
            note = NO_USER_HISTORY if user_id is not None and not history else NO_HISTORY
            notes = [note if strategy == "popular" else "no known history: ranked by the query alone"]
        return self._answer(
            live, snapshot, request, explain, strategy=strategy, unknown_items=unknown, notes=notes
        )

    def get_item(self, item_id: str) -> CatalogItem:
        """Raises UnknownItemError."""
        item = self._live.get().index.snapshot.get(item_id)
        if item is None:
            raise UnknownItemError(item_id)
        return item

    def put_item(self, item_id: str, text: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
        """Upserts; this process's next answer knows the item. By the rules of catalogue uploads: raises
        RowError."""
        item = parse_change({"label": item_id, "text": text, "metadata": dict(metadata)})
        assert isinstance(item, CatalogItem)
        return {"id": item.id, "text": text, "metadata": dict(item.metadata), "segment": self._append(item)}

    def delete_item(self, item_id: str) -> dict[str, Any]:
        """Removes. Raises UnknownItemError."""
        self._live.catch_up()
        self.get_item(item_id)
        return {"id": item_id, "deleted": True, "segment": self._append(Removed(item_id))}

    def health(self) -> dict[str, Any]:
        """State and versions, whatever the state."""
        try:
            live = self._live.get()
        except StartingError as error:
            return {"status": "starting", "model": None, "index": None, "problem": str(error)}
        manifest, snapshot = live.manifest, live.index.snapshot
        return {
            "status": "degraded" if self._live.trouble else "ok",
            "model": {
                "version": manifest.model_version,
                "kind": manifest.kind,
                "data_version": manifest.data_version,
                "created_at": manifest.created_at,
            },
            "index": {"version": snapshot.version, "items": len(snapshot), "watermark": snapshot.watermark},
            "problem": self._live.trouble,
        }

    def _append(self, change: CatalogItem | Removed) -> int:
        segment = item_log.append(self._store, [change])
        self._live.catch_up()
        return segment

    def _answer(
        self, live: Live, snapshot: Snapshot, request: Request, explain: bool, **about: Any
    ) -> Answer:
        result = snapshot.search(request)
        hits = [
            {
                "id": hit.item.id,
                "score": hit.score,
                "text": hit.item.text,
                "metadata": hit.item.metadata,
                **({"explain": hit.parts} if explain else {}),
            }
            for hit in result.hits
        ]
        return Answer(
            hits=hits,
            total=result.total,
            facets=result.facets,
            next_cursor=result.next_cursor,
            model_version=live.manifest.model_version,
            degraded=self._live.trouble is not None,
            **about,
        )


def _known(snapshot: Snapshot, history: Sequence[str]) -> tuple[list[CatalogItem], list[str]]:
    """The history's items, oldest first, and the ids that nobody knows."""
    found = snapshot.get_many(list(dict.fromkeys(history)))
    known = [found[item_id] for item_id in history if item_id in found]
    return known, [item_id for item_id in dict.fromkeys(history) if item_id not in found]


def _asked(live: Live, request: Request, mode: Mode, history: Sequence[CatalogItem]) -> Request:
    """With the vectors the mode and the history call for."""
    vectors: dict[str, Any] = {}
    if request.text and mode != "lexical":
        vectors["vector"] = live.encoder.encode_queries([request.text])[0]
    if history:
        vectors["profile"] = live.encoder.encode_sessions([history])[0]
    return replace(request, text="" if mode == "semantic" else request.text, **vectors)
