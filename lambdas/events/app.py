"""The HTTP routes of the events API: shoppers' events, and the erasure of persons."""

from collections.abc import Callable, Sequence
from typing import Annotated

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.openapi.params import Body

from lambdas.events import models
from lambdas.http.models import PathId
from lambdas.http.router import Router
from lambdas.routes import Auth
from object2vec.users.erasure import Erasure
from object2vec.users.service import EventService


class EventsRoutes(Router):
    """The routes over a service, which is created with the first request."""

    def __init__(
        self, service: Callable[[], EventService], origins: Sequence[str] = (), *, auth: Auth
    ) -> None:
        super().__init__(origins, auth=auth)
        _add_events(self.routes, service)
        _add_users(self.routes, service)


def documented_routes() -> APIGatewayRestResolver:
    """The routes as they are described, for a document that covers both functions."""

    def not_here() -> EventService:
        raise RuntimeError("the events function answers these")

    return EventsRoutes(not_here, auth="none").routes


def _add_events(app: APIGatewayRestResolver, service: Callable[[], EventService]) -> None:
    @app.post("/events", summary="Record what shoppers do", tags=["events"])
    def record(body: Annotated[models.EventsBody, Body()]) -> models.EventsRecorded:
        return models.EventsRecorded.model_validate(
            service().record([event.model_dump(exclude_none=True) for event in body.events])
        )


def _add_users(app: APIGatewayRestResolver, service: Callable[[], EventService]) -> None:
    @app.delete("/users/<user_id>", summary="Erase a person's events", tags=["users"])
    def forget(user_id: PathId) -> models.ErasureReport:
        erasure, model = service().erase(user_id)
        erasure.model = model
        return _reported(erasure)

    @app.get("/users/<user_id>", summary="State of a person's erasure", tags=["users"])
    def erasure(user_id: PathId) -> models.ErasureReport:
        found = service().erasure(user_id)
        return _reported(found) if found else models.ErasureReport(status="none")


def _reported(erasure: Erasure) -> models.ErasureReport:
    return models.ErasureReport(
        status="done" if erasure.finished_at is not None else "scheduled",
        requested_at=erasure.requested_at,
        finished_at=erasure.finished_at,
        removed=models.ErasedData.model_validate(erasure),
        left=models.RemainingData.model_validate(erasure),
        report=erasure.report,
    )
