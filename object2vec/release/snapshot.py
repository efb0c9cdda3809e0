"""The frozen inputs of one training run: the objects it reads, and the model it must beat."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from object2vec.core.keys import CURATED_INTERACTIONS, CURATED_PAIRS, CURATED_QUERIES, EXECUTIONS, ITEM_LOG
from object2vec.model.builtin.encoder import KIND as BUILTIN
from object2vec.model.retrieval.artefact import FILES, MANIFEST
from object2vec.release.manifest import Manifest, live
from object2vec.release.previous_metrics import write_previous_metrics
from object2vec.release.seed import seed_folder
from object2vec.storage import Entry, NotFoundError, ObjectStore, item_log
from object2vec.users.folded_months import folded_days


@dataclass(frozen=True, slots=True)
class Snapshot:
    """URIs for the pipeline's steps; `catalog` to `pairs` are SageMaker manifest files."""

    catalog: str
    interactions: str
    queries: str
    pairs: str
    live_model: str
    live_version: str
    data_version: str
    watermark: str


class NothingToTrainOnError(RuntimeError):
    """There is neither a catalogue nor an interaction; the message says what to upload."""


def take_snapshot(store: ObjectStore, execution_id: str) -> Snapshot:
    """Freezes the data as it is now; the same execution asking again gets the same snapshot.

    Raises NothingToTrainOnError.
    """
    folder = f"{EXECUTIONS}{execution_id}"
    try:
        return Snapshot(**orjson.loads(store.get(f"{folder}/snapshot.json")))
    except NotFoundError:
        snapshot = _freeze(store, folder)
    store.put(f"{folder}/snapshot.json", orjson.dumps(snapshot))
    return snapshot


def data_version(store: ObjectStore) -> str:
    """Fingerprint of all data a training run would read now."""
    return _fingerprint([*_last_segment(item_log.objects(store)), *_curated(store)])


def _curated(store: ObjectStore) -> list[Entry]:
    rest = [entry for prefix in (CURATED_QUERIES, CURATED_PAIRS) for entry in _with_rows(store, prefix)]
    return _interactions(store) + rest


def _interactions(store: ObjectStore) -> list[Entry]:
    """The files of interactions, without days that were folded into their month: those may be deleted before
    a job reads them. The notes on folded months are read first, so that the listing has the months."""
    folded = folded_days(store)
    return [entry for entry in _with_rows(store, CURATED_INTERACTIONS) if folded.get(entry.key) != entry.etag]


def _with_rows(store: ObjectStore, prefix: str) -> list[Entry]:
    """The files below a prefix that have rows: a file whose rows were all erased is empty."""
    return [entry for entry in store.list(prefix) if entry.size]


def _freeze(store: ObjectStore, folder: str) -> Snapshot:
    log = item_log.objects(store)
    interactions, queries = _interactions(store), _with_rows(store, CURATED_QUERIES)
    pairs = _with_rows(store, CURATED_PAIRS)
    if not log.entries and not interactions and not pairs:
        raise NothingToTrainOnError(
            "nothing to train on: upload a catalogue to uploads/catalog/, events to uploads/interactions/ or"
            " labelled pairs to uploads/pairs/"
        )
    current = live(store)
    write_previous_metrics(store, folder)
    return Snapshot(
        catalog=_manifest_file(store, folder, "catalog", _common_prefix(log.entries), log.entries),
        interactions=_manifest_file(store, folder, "interactions", CURATED_INTERACTIONS, interactions),
        queries=_manifest_file(store, folder, "queries", CURATED_QUERIES, queries),
        pairs=_manifest_file(store, folder, "pairs", CURATED_PAIRS, pairs),
        live_model=_live_model(store, folder, current),
        live_version=current.model_version if current else "",
        data_version=_fingerprint(_last_segment(log) + interactions + queries + pairs),
        watermark=str(log.end),
    )


def _common_prefix(log: Sequence[Entry]) -> str:
    """The prefix of the log's objects: a checkpoint has another than the segments."""
    return ITEM_LOG if all(entry.key.startswith(ITEM_LOG) for entry in log) else ""


def _last_segment(log: item_log.Objects) -> list[Entry]:
    """The last segment, which stands for all before it: a new checkpoint of the same content is no new
    data."""
    return [log.last] if log.last else []


def _manifest_file(store: ObjectStore, folder: str, name: str, prefix: str, entries: Sequence[Entry]) -> str:
    """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_S3DataSource.html (ManifestFile)."""
    if not entries:  # SageMaker refuses an input without objects
        prefix = f"{folder}/"
        entries = [Entry(f"{prefix}empty", 0, store.put(f"{prefix}empty", b""))]
    files = [entry.key.removeprefix(prefix) for entry in entries]
    key = f"{folder}/{name}.manifest"
    store.put(key, orjson.dumps([{"prefix": f"{store.url}/{prefix}"}, *files]))
    return f"{store.url}/{key}"


def _live_model(store: ObjectStore, folder: str, current: Manifest | None) -> str:
    """The model to beat: the live one, or the seed if nothing is live or only AWS's image can read it."""
    readable = current is not None and current.kind != BUILTIN
    return (readable and current and current.model_artifact) or _unpacked_seed(store, folder)


def _unpacked_seed(store: ObjectStore, folder: str) -> str:
    for name in (MANIFEST, *FILES):
        store.upload(seed_folder() / name, f"{folder}/seed/{name}")
    return f"{store.url}/{folder}/seed"


def _fingerprint(entries: Sequence[Entry]) -> str:
    digest = hashlib.sha256()
    for entry in entries:
        digest.update(f"{entry.key} {entry.etag}\n".encode())
    return digest.hexdigest()[:16]
