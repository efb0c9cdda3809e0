"""The HTTP routes: each turns a validated request into one call of the search service."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Query

from lambdas.events.app import documented_routes
from lambdas.http.models import PathId
from lambdas.http.openapi import document
from lambdas.http.router import Router
from lambdas.routes import Auth
from lambdas.search import models, replies
from lambdas.search.page import Page
from object2vec.core.errors import BadRequestError
from object2vec.search.answers import NOT_BY_WORDS, Answer
from object2vec.search.previous_release import PreviousRelease
from object2vec.search.queries.log import QueryLogWriter
from object2vec.search.service import SearchService
from object2vec.search.versioned import Edition


class SearchRoutes(Router):
    """The routes over one service. `page` is the search page, or None where none is served."""

    def __init__(
        self,
        service: SearchService,
        page: Page | None = None,
        origins: Sequence[str] = (),
        *,
        auth: Auth,
        previous: PreviousRelease | None = None,
        query_log: QueryLogWriter | None = None,
    ) -> None:
        super().__init__(origins, auth=auth)
        _add_search(self.routes, service, previous, query_log)
        _add_recommendation(self.routes, service)
        _add_items(self.routes, service)
        _add_categorize(self.routes, service)
        _add_rules(self.routes, service)
        _add_synonyms(self.routes, service)
        _add_query_report(self.routes, service)
        _add_about(self.routes, service, page)


def _add_search(
    app: APIGatewayRestResolver,
    live: SearchService,
    previous: PreviousRelease | None = None,
    query_log: QueryLogWriter | None = None,
) -> None:
    def service_of(which: str) -> SearchService:
        if which == "live":
            if previous is not None:
                previous.drop_idle()
            return live
        if previous is None:
            raise BadRequestError("only the live release is here: leave out release")
        return previous.service()

    @app.post("/search", summary="Search the catalogue", tags=["search"])
    def search(body: Annotated[models.PictureSearchRequest, Body()]) -> replies.ListAnswer:
        return searched(body, body.image)

    def searched(body: models.SearchRequest, image: bytes | None = None) -> replies.ListAnswer:
        answer = service_of(body.release).search(
            body.to_request(),
            mode=body.mode,
            image=image,
            image_of=body.image_of,
            history=body.history,
            user_id=body.user_id,
            correct=body.correct,
            show=body.show(),
        )
        if query_log is not None and _is_a_shoppers(body):
            _note(query_log, body, answer, app.current_event.raw_event)
        return _listed(answer)

    @app.get("/search", summary="Search the catalogue", tags=["search"])
    def search_by_get(parameters: Annotated[models.SearchParameters, Query()]) -> replies.ListAnswer:
        return searched(parameters)


def _is_a_shoppers(body: models.SearchRequest) -> bool:
    """Whether it is a finished query, and not somebody trying something out."""
    return bool(body.query.strip()) and not (body.prefix or body.synonyms or body.release != "live")


def _note(
    query_log: QueryLogWriter, body: models.SearchRequest, answer: Answer, event: Mapping[str, Any]
) -> None:
    identity = (event.get("requestContext") or {}).get("identity") or {}
    query_log.searched(
        body.query,
        [hit["id"] for hit in answer.hits],
        user_id=body.user_id,
        address=f"{identity.get('sourceIp')} {identity.get('userAgent')}",
        hits=answer.total,
        by_words=NOT_BY_WORDS.isdisjoint(answer.notes),
        filtered=bool(body.filters or body.min_score),
        further=body.cursor is not None,
    )


def _add_recommendation(app: APIGatewayRestResolver, service: SearchService) -> None:
    @app.get("/items/<item_id>/similar", summary="Items like this one", tags=["recommendation"])
    def similar(
        item_id: PathId, parameters: Annotated[models.SimilarParameters, Query()]
    ) -> replies.ListAnswer:
        return _listed(
            service.similar(item_id, parameters.to_request(), by=parameters.by, show=parameters.show())
        )

    @app.get(
        "/items/<item_id>/bought-together", summary="What goes into the same basket", tags=["recommendation"]
    )
    def bought_together(
        item_id: PathId, parameters: Annotated[models.BoughtTogetherParameters, Query()]
    ) -> replies.ListAnswer:
        answer = service.bought_together(
            item_id, parameters.to_request(), min_lift=parameters.min_lift, show=parameters.show()
        )
        return _listed(answer)

    @app.post("/rank", summary="Rank items of your own", tags=["recommendation"])
    def rank(body: Annotated[models.RankRequest, Body()]) -> replies.ListAnswer:
        answer = service.rank(
            body.to_request(),
            body.items,
            history=body.history,
            user_id=body.user_id,
            correct=body.correct,
            show=body.show(),
        )
        return _listed(answer)

    @app.post("/recommendations", summary="Recommend items", tags=["recommendation"])
    def recommend(body: Annotated[models.RecommendationRequest, Body()]) -> replies.ListAnswer:
        answer = service.recommend(
            body.to_request(),
            history=body.history,
            basket=body.basket,
            user_id=body.user_id,
            seen=body.seen,
            strategy=body.strategy,
            correct=body.correct,
            show=body.show(),
        )
        return _listed(answer)


def _add_categorize(app: APIGatewayRestResolver, service: SearchService) -> None:
    @app.post("/categorize", summary="Predict the category of a text or a picture", tags=["categories"])
    def categorize(body: Annotated[models.CategorizeRequest, Body()]) -> replies.CategorizeAnswer:
        if body.image is not None:
            found = service.categorise_picture(body.image, body.limit)
        else:
            found = service.categorise(body.text or "", body.limit)
        return replies.CategorizeAnswer.model_validate(found)


def _add_rules(app: APIGatewayRestResolver, service: SearchService) -> None:
    @app.get("/rules", summary="Read the merchandising rules", tags=["rules"])
    def get_rules() -> replies.Rules:
        return _rules(service.rules.get())

    @app.put("/rules", summary="Replace the merchandising rules", tags=["rules"])
    def put_rules(body: Annotated[models.RulesBody, Body()]) -> replies.Rules:
        return _rules(service.rules.put(body.rules, body.version))


def _add_synonyms(app: APIGatewayRestResolver, service: SearchService) -> None:
    @app.get("/synonyms", summary="Read the synonyms", tags=["synonyms"])
    def get_synonyms() -> replies.SynonymList:
        return _synonyms(service.synonyms.get())

    @app.put("/synonyms", summary="Replace the synonyms", tags=["synonyms"])
    def put_synonyms(body: Annotated[models.SynonymsBody, Body()]) -> replies.SynonymList:
        return _synonyms(service.synonyms.put(body.synonyms, body.version))


def _add_query_report(app: APIGatewayRestResolver, service: SearchService) -> None:
    @app.get("/query-report", summary="What was searched", tags=["query report"])
    def get_query_report() -> replies.QueryReportAnswer:
        return replies.QueryReportAnswer.model_validate(service.query_report() or {})


def _add_items(app: APIGatewayRestResolver, service: SearchService) -> None:
    @app.get("/items/<item_id>", summary="Read an item", tags=["items"])
    def get_item(item_id: PathId) -> replies.WithPictures:
        item, pictures = service.items.get(item_id), service.items.pictures_of(item_id)
        found = {
            "id": item.id,
            "text": item.text,
            "metadata": dict(item.metadata),
            "images": pictures or None,
        }
        return replies.WithPictures.model_validate(found | (pictures[0] if pictures else {}))

    @app.put("/items/<item_id>", summary="Add or replace an item", tags=["items"])
    def put_item(item_id: PathId, body: Annotated[models.ItemBody, Body()]) -> replies.ItemWritten:
        return replies.ItemWritten.model_validate(service.items.put(item_id, body.text, body.metadata))

    @app.put("/items/<item_id>/image", summary="Give an item its picture", tags=["items"])
    def put_picture(item_id: PathId, body: Annotated[models.PictureBody, Body()]) -> replies.PictureWritten:
        return replies.PictureWritten.model_validate(service.items.put_picture(item_id, body.image))

    @app.delete("/items/<item_id>", summary="Remove an item", tags=["items"])
    def delete_item(item_id: PathId) -> replies.ItemDeleted:
        return replies.ItemDeleted.model_validate(service.items.delete(item_id))


def _add_about(app: APIGatewayRestResolver, service: SearchService, page: Page | None) -> None:
    @app.get("/health", summary="State and versions", tags=["about"])
    def health() -> replies.Health:
        return replies.Health.model_validate(service.health())

    @app.get("/openapi.json", include_in_schema=False, enable_validation=False)
    def openapi() -> Response[str]:
        return Response(200, "application/json", document(app, documented_routes()))

    if page is not None:

        @app.get("/", include_in_schema=False, enable_validation=False)
        def index() -> Response[str]:
            return Response(200, "text/html; charset=utf-8", page.html, headers=page.headers)

        @app.get("/web/<name>", include_in_schema=False, enable_validation=False)
        def page_file(name: str) -> Response[str]:
            if (file := page.files.get(name)) is None:
                return Response(404, "text/plain; charset=utf-8", "the search page has no such file")
            return Response(200, file.media_type, file.text, headers={"Cache-Control": "no-cache"})


def _listed(answer: Answer) -> replies.ListAnswer:
    return replies.ListAnswer.model_validate(answer)


def _rules(stored: Edition[Any]) -> replies.Rules:
    return replies.Rules(version=stored.version, rules=[dict(record) for record in stored.records])


def _synonyms(stored: Edition[Any]) -> replies.SynonymList:
    return replies.SynonymList(version=stored.version, synonyms=[dict(record) for record in stored.records])
