"""Where everything lies in the store: one prefix, or one key, for each kind of object.

docs/files.md says what each holds, who writes it and what removes it; `stacks/` gives its functions and jobs
their rights by these names.
"""

import hashlib

MAX_KEY, MAX_NAME = 1024, 255
"""Bytes of a key that S3 takes, and of one of its names that file systems take."""
_SHORTENED = 150

UPLOADS = "uploads/"
CATALOG_UPLOADS = f"{UPLOADS}catalog/"
INTERACTION_UPLOADS = f"{UPLOADS}interactions/"
QUERY_UPLOADS = f"{UPLOADS}queries/"
PAIR_UPLOADS = f"{UPLOADS}pairs/"
IMAGE_UPLOADS = f"{UPLOADS}images/"

REPORTS = "reports/"
UPLOAD_REPORTS = f"{REPORTS}{UPLOADS}"
EVENT_REPORTS = f"{REPORTS}events/"
"""`<day>.json` says how many events a day has; the curation writes it."""
ERASURE_REPORTS = f"{REPORTS}erasures/"
SEARCH_REPORTS = f"{REPORTS}searches/"
LATEST_SEARCHES = f"{SEARCH_REPORTS}latest.json"
QUARANTINE = "quarantine/"

CURATED = "curated/"
"""The accepted rows of uploads and events, one format a kind."""
CURATED_INTERACTIONS = f"{CURATED}interactions/"
"""Parquet files, one an upload, and those below `CURATED_EVENTS`."""
CURATED_EVENTS = f"{CURATED_INTERACTIONS}events/"
"""Parquet files, one for each day or month of `POST /events`."""
CURATED_QUERIES = f"{CURATED}queries/"
CURATED_PAIRS = f"{CURATED}pairs/"
FOLDED = f"{CURATED}folded/"

ITEM_LOG = "item-log/"
CATALOG = "catalog/"
LOG_END = f"{CATALOG}end.json"
"""The hint that tells the item log's last number."""
CHECKPOINT = f"{CATALOG}checkpoint.json"
CHECKPOINTS = f"{CATALOG}checkpoints/"
OWNED_ROWS = f"{CATALOG}files/"

EVENT_LOG = "events/"
HISTORIES = "histories/"
ERASURES = "erasures/"

RULES = "rules/rules.json"
SYNONYMS = "synonyms/synonyms.json"

RELEASES = "releases/"
LIVE = f"{RELEASES}live.json"
"""The live pointer."""
EXECUTIONS = "executions/"
LATEST_EXECUTION = f"{EXECUTIONS}latest.json"
"""The latest run that was evaluated; only on one machine, without AWS."""
RETRAINING = "retraining/state.json"
CAPTURE = "capture/"

PICTURES = "pictures/"
PICTURE_TABLE = f"{PICTURES}table/"
OWNED_PICTURES = f"{PICTURES}owned/"
PENDING_PICTURES = f"{PICTURES}pending/"
PICTURE_VECTORS = f"{PICTURES}vectors/"
SHOWN_PICTURES = f"{PICTURES}shown/"
PICTURE_ENCODER = f"{PICTURES}encoder"
"""The version of the encoder whose vectors items get."""


def beside(key: str, prefix: str, ending: str) -> str:
    """Key of what belongs to an upload: the upload's own below a prefix, with an ending. Where that would be
    too long, its beginning and a digest stand for the upload's key."""
    named = f"{prefix}{key}{ending}".encode()
    if len(named) <= MAX_KEY and len(named.rpartition(b"/")[2]) <= MAX_NAME:
        return named.decode()
    begin = key.encode()[:_SHORTENED].decode(errors="ignore")
    return f"{prefix}{begin}-{hashlib.sha256(key.encode()).hexdigest()[:16]}{ending}"
