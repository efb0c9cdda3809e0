"""The monthly budget is spent: removes the endpoints, and the API goes on with the in-process encoder.

AWS Budgets works on billing data that is hours old, so more than the budget is spent when this runs.
"""

from typing import Any

from aws_lambda_powertools import Logger

from lambdas.endpoints import configured_endpoints
from lambdas.settings import CostGuardSettings
from object2vec.core.endpoints import EndpointBusyError
from object2vec.release.endpoint_markers import go_without_endpoint
from object2vec.release.manifest import live, readable, versions
from object2vec.release.rollout import retire
from object2vec.storage import open_store

logger = Logger(service="cost-guard")
REASON = "the monthly budget is spent, so the endpoint was removed: deploy again to start it again"


def handler(_event: dict[str, Any], _context: object) -> dict[str, list[str]]:
    """`{"removed": names}`; a second message finds nothing left to do. Raises EndpointBusyError for endpoints
    that cannot be removed yet, once the others are gone: Lambda then tries again."""
    settings = CostGuardSettings.read()
    store = open_store(settings.store_url)
    endpoints = configured_endpoints(settings)
    removed = list(endpoints.names()) if endpoints else []
    manifest = live(store)
    models = {manifest.model_version} if manifest else set()
    if endpoints:  # one that is starting for a release under way, too: it is removed as soon as it can be
        known = {release.model_version for release in readable(store, versions(store))}
        models |= {model for model in known if endpoints.name_for(model) in removed}
    for model in models:
        go_without_endpoint(store, model, REASON)
    if busy := retire(endpoints, keep=None):
        raise EndpointBusyError(busy)
    logger.warning(REASON, removed=removed)
    return {"removed": removed}
