"""The API's functions behind one address, as the stack routes them, and the worker that follows the events
function."""

import json
from typing import Any

import lambdas.events.handler as events
import lambdas.search.handler as search
import lambdas.user_data.handler as user_data

EVENTS_ROUTES = ("/events", "/users/")


def answer(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """API Gateway's event in, the answer of the function that owns its path out."""
    if not event["path"].startswith(EVENTS_ROUTES):
        return search.handler(event, context)
    reply = events.handler(event, context)
    if event["httpMethod"] == "DELETE":
        user_data.erase_pending()
    return reply


def curate() -> None:
    """What the schedule and new interactions set off: events join the curated data, users get their past."""
    messages = [{"detail-type": "Scheduled Event", "detail": {}}, _created("curated/interactions/")]
    user_data.handler({"Records": [{"body": json.dumps(message)} for message in messages]}, None)


def _created(key: str) -> dict[str, Any]:
    return {"detail-type": "Object Created", "detail": {"object": {"key": key}}}
