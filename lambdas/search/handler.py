"""The search API behind API Gateway; env: STORE_URL; HISTORY_URL, where the session store is; SERVE_PAGE=1
where the search page is served too; and what lambdas/search/endpoint_encoder.py reads.
"""

import gc
import os
from functools import cache, partial
from typing import Any

import faiss

from lambdas.search.app import SearchRoutes
from lambdas.search.endpoint_encoder import query_vectors, token_endpoint
from lambdas.search.page import search_page
from object2vec.model.sagemaker.encoder import load_encoder
from object2vec.search.live import LiveIndex
from object2vec.search.service import SearchService
from object2vec.storage import open_store
from object2vec.users.histories import MergedHistories, open_history
from object2vec.users.uploaded import UploadedHistories

COLLECT_AFTER = 100_000
"""A search decodes up to 20,000 short-lived objects, which by default set off full collections of 25 ms."""


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """One API Gateway (REST, proxy integration) event in, its answer out."""
    return _api().answer(event, context)


@cache
def _api() -> SearchRoutes:
    gc.set_threshold(COLLECT_AFTER)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # waking its threads takes longer than a query
    faiss.omp_set_num_threads(1)  # one query at a time: threads would only wait for each other
    store = open_store(os.environ["STORE_URL"])
    page = search_page(os.environ.get("SIGN_IN", "")) if os.environ.get("SERVE_PAGE") == "1" else None
    histories = MergedHistories(UploadedHistories(store), open_history(os.environ["HISTORY_URL"]))
    live_index = LiveIndex(store, load_encoder=partial(load_encoder, ask=token_endpoint()))
    service = SearchService(store, live_index, histories=histories, query_vectors=query_vectors())
    return SearchRoutes(service, page)
