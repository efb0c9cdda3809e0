"""The parts of the search API, which are the same in a function and on a laptop."""

import gc
import os
from functools import partial

import faiss

from lambdas.search.app import SearchRoutes
from lambdas.search.endpoint_encoder import query_vectors, token_endpoint
from lambdas.search.page import search_page
from lambdas.search.pictures import picture_address, remote_reader
from lambdas.settings import SearchSettings
from object2vec.core.event_weights import read_setting
from object2vec.core.pictures import PictureReader
from object2vec.model.builtin.encoder import load_encoder
from object2vec.search.copying import EarlyCopy
from object2vec.search.live import LiveIndex, Upkeep
from object2vec.search.previous_release import PreviousRelease
from object2vec.search.queries.log import QueryLogWriter, Sink
from object2vec.search.service import SearchService
from object2vec.storage import open_store
from object2vec.users.histories import MergedHistories, open_session_store
from object2vec.users.uploaded import UploadedHistories

COLLECT_AFTER = 100_000
"""A search decodes up to 20,000 short-lived objects, which by default set off full collections of 25 ms."""


def search_api(
    settings: SearchSettings,
    upkeep: Upkeep | None = None,
    reader: PictureReader | None = None,
    sink: Sink = print,
    early: EarlyCopy | None = None,
) -> SearchRoutes:
    """The routes over the live release of the store. Sets what is this process's alone: call it once.
    Without a `reader` of pictures the function that the settings name reads them. `sink` takes the lines of
    the query log: what a function prints is in its log. `early`: the release, which is on its way."""
    gc.set_threshold(COLLECT_AFTER)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # waking its threads takes longer than a query
    faiss.omp_set_num_threads(1)  # one query at a time: threads would only wait for each other
    store = early.store if early else open_store(settings.store_url)
    page = search_page(settings.sign_in) if settings.serve_page else None
    uploaded = UploadedHistories(store, event_weights=read_setting(settings.event_weights))
    histories = MergedHistories(
        uploaded, open_session_store(settings.history_url), meanings=uploaded.meanings
    )
    encoder = partial(load_encoder, ask=token_endpoint(settings))
    service = partial(
        SearchService,
        store,
        histories=histories,
        query_vectors=query_vectors(settings),
        picture_reader=reader or remote_reader(settings.pictures_function),
        picture_address=picture_address(settings),
    )
    index = partial(LiveIndex, store, load_encoder=encoder)
    previous = PreviousRelease(store, lambda before: index(pointer=before), service)
    counted = settings.query_report == "daily"
    query_log = QueryLogWriter(sink, settings.query_log_key or store.url) if counted else None
    return SearchRoutes(
        service(index(upkeep=upkeep, early=early)),
        page,
        settings.origins,
        auth=settings.auth,
        previous=previous,
        query_log=query_log,
    )
