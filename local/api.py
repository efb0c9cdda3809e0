"""The API's functions behind one address, routed as the stack does, and the user-data worker."""

import json
from typing import Any

import lambdas.events.handler as events
import lambdas.search.handler as search
import lambdas.user_data.handler as user_data

EVENTS_ROUTES = ("/events", "/users/")


def answer(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers API Gateway's event by the function that owns its path."""
    if not event["path"].startswith(EVENTS_ROUTES):
        return search.handler(event, context)
    reply = events.handler(event, context)
    if event["httpMethod"] == "DELETE":
        user_data.erase_pending()
    return reply


def curate() -> None:
    """Does what the schedule and new interactions trigger in AWS: curates events and writes user
    histories."""
    messages = [{"detail-type": "Scheduled Event", "detail": {}}, _created("curated/interactions/")]
    user_data.handler({"Records": [{"body": json.dumps(message)} for message in messages]}, None)


def _created(key: str) -> dict[str, Any]:
    return {"detail-type": "Object Created", "detail": {"object": {"key": key}}}
