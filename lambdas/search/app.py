"""The HTTP routes: each turns a validated request into one call of the search service."""

from typing import Annotated
from urllib.parse import unquote

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Body

from lambdas.events.app import documented_routes
from lambdas.search import models, replies
from lambdas.search import parameters as p
from lambdas.search.categorize import add_categorize
from lambdas.search.openapi import document
from lambdas.search.page import Page
from lambdas.search.requests import json_parameters, search_request, to_request, to_show
from lambdas.search.router import Router
from object2vec.search.answers import Answer
from object2vec.search.index import DEFAULT_LIMIT
from object2vec.search.service import SearchService
from object2vec.search.stored_rules import RuleSet


class SearchApi(Router):
    """The routes over one service. `page` is the search page, or None where none is served."""

    def __init__(self, service: SearchService, page: Page | None = None) -> None:
        super().__init__()
        _add_search(self.routes, service)
        _add_recommendation(self.routes, service)
        _add_items(self.routes, service)
        add_categorize(self.routes, service)
        _add_rules(self.routes, service)
        _add_about(self.routes, service, page)


def _add_search(app: APIGatewayRestResolver, service: SearchService) -> None:
    @app.post("/search", summary="Search the catalogue", tags=["search"])
    def search(body: Annotated[models.SearchRequest, Body()]) -> replies.ListAnswer:
        answer = service.search(
            to_request(body, sort=body.sort, prefix=body.prefix),
            mode=body.mode,
            history=body.history,
            user_id=body.user_id,
            correct=body.correct,
            show=to_show(body),
        )
        return _listed(answer)

    @app.get("/search", summary="Search the catalogue", tags=["search"])
    def search_by_get(
        *,
        query: p.Text = "",
        user_id: p.UserId = None,
        history: p.JsonHistory = None,
        mode: p.Mode = "hybrid",
        filters: p.JsonFilters = None,
        facets: p.JsonFacets = None,
        sort: p.Sort = None,
        limit: p.Limit = DEFAULT_LIMIT,
        cursor: p.Cursor = None,
        diversity: p.Diversity = 0.0,
        rules: p.JsonRules = None,
        correct: p.Correct = True,
        prefix: p.Prefix = False,
        highlight: p.Highlight = False,
        explain: p.Explain = False,
    ) -> replies.ListAnswer:
        structured = json_parameters(history=history, filters=filters, facets=facets, rules=rules)
        plain = {
            "query": query, "user_id": user_id, "mode": mode, "sort": sort, "limit": limit, "cursor": cursor,
            "diversity": diversity, "correct": correct, "prefix": prefix, "highlight": highlight,
            "explain": explain,
        }  # fmt: skip
        return search(search_request(plain | structured))


def _add_recommendation(app: APIGatewayRestResolver, service: SearchService) -> None:
    @app.get("/items/<item_id>/similar", summary="Items like this one", tags=["recommendation"])
    def similar(
        *,
        item_id: p.ItemId,
        filters: p.JsonFilters = None,
        facets: p.JsonFacets = None,
        limit: p.Limit = DEFAULT_LIMIT,
        cursor: p.Cursor = None,
        diversity: p.Diversity = 0.0,
        rules: p.JsonRules = None,
        explain: p.Explain = False,
    ) -> replies.ListAnswer:
        structured = json_parameters(filters=filters, facets=facets, rules=rules)
        plain = {"limit": limit, "cursor": cursor, "diversity": diversity, "explain": explain}
        body = search_request(plain | structured)
        return _listed(service.similar(unquote(item_id), to_request(body), show=to_show(body)))

    @app.post("/recommendations", summary="Recommend items", tags=["recommendation"])
    def recommend(body: Annotated[models.RecommendationRequest, Body()]) -> replies.ListAnswer:
        answer = service.recommend(
            to_request(body),
            history=body.history,
            user_id=body.user_id,
            seen=body.seen,
            strategy=body.strategy,
            correct=body.correct,
            show=to_show(body),
        )
        return _listed(answer)


def _add_rules(app: APIGatewayRestResolver, service: SearchService) -> None:
    @app.get("/rules", summary="Read the merchandising rules", tags=["rules"])
    def get_rules() -> replies.Rules:
        return _rules(service.rules())

    @app.put("/rules", summary="Replace the merchandising rules", tags=["rules"])
    def put_rules(body: Annotated[models.RulesBody, Body()]) -> replies.Rules:
        return _rules(service.put_rules(body.rules, body.version))


def _add_items(app: APIGatewayRestResolver, service: SearchService) -> None:
    @app.get("/items/<item_id>", summary="Read an item", tags=["items"])
    def get_item(item_id: p.ItemId) -> replies.Item:
        return replies.Item.model_validate(service.get_item(unquote(item_id)))

    @app.put("/items/<item_id>", summary="Add or replace an item", tags=["items"])
    def put_item(item_id: p.ItemId, body: Annotated[models.ItemBody, Body()]) -> replies.ItemWritten:
        return replies.ItemWritten.model_validate(
            service.put_item(unquote(item_id), body.text, body.metadata)
        )

    @app.delete("/items/<item_id>", summary="Remove an item", tags=["items"])
    def delete_item(item_id: p.ItemId) -> replies.ItemDeleted:
        return replies.ItemDeleted.model_validate(service.delete_item(unquote(item_id)))


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


def _listed(answer: Answer) -> replies.ListAnswer:
    return replies.ListAnswer.model_validate(answer)


def _rules(stored: RuleSet) -> replies.Rules:
    return replies.Rules(version=stored.version, rules=[dict(record) for record in stored.records])
