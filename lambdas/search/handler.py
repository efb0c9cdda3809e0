"""The search API behind API Gateway.

The first request of a new environment waits for two things, the imports and a copy of the release. They go on
at the same time: the one needs the processor, the other the network.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from lambdas.http.logs import AnswersEvent, log_as_json, logged
from lambdas.settings import SearchSettings
from object2vec.search.copying import EarlyCopy
from object2vec.storage import open_store


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """One API Gateway (REST, proxy integration) event in, its answer out."""
    return logged(_api(), event, context)


@cache
def _api() -> AnswersEvent:
    log_as_json()
    settings = SearchSettings.read()
    early = EarlyCopy(open_store(settings.store_url))
    from lambdas.search.api import search_api  # slow: meanwhile the release arrives

    routes = search_api(settings, early=early)

    def answer(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        try:
            return routes.answer(event, context)
        finally:
            early.settle()  # a request that needs no release must not leave its copy to a frozen process

    return answer
