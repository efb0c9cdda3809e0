"""The shop's synonyms: `synonyms/synonyms.json`."""

import time
from collections.abc import Callable

from object2vec.search.synonyms import Synonyms, parse
from object2vec.search.versioned import VersionedDocument
from object2vec.storage import ObjectStore

KEY = "synonyms/synonyms.json"


class StoredSynonyms(VersionedDocument[Synonyms]):
    """The synonyms that apply to every request with a query."""

    def __init__(self, store: ObjectStore, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(store, KEY, "synonyms", parse, clock)
