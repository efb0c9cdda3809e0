"""The sample shop as the prepare job leaves it, for the reported periods or for the ones before (tuning)."""

from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from local.sample_shop import CATALOG, INTERACTIONS, write_sample_shop
from object2vec.dataset.write import write_dataset
from object2vec.ingest.preprocess import preprocess_upload
from object2vec.storage import FolderStore

CACHE = Path(__file__).parents[1] / ".cache" / "bench" / "sample_shop"
TEACHER = CACHE / "teacher"
"""The folder of the teacher's vectors, which all trainings share: how much a teacher reads in its time
depends on what else the machine does, and the model with it."""


def prepared(*, inner: bool = False) -> Path:
    """The dataset's folder: train, validation, test are 80, 10 and 10 % of the year's time; `inner`: of its
    first nine tenths, so that what is reported stays unseen."""
    folder = CACHE / ("inner" if inner else "reported")
    if not (folder / "auxiliary" / "summary.json").is_file():
        _prepare(folder, share=0.9 if inner else 1.0)
    return folder


def prepared_sessions() -> Path:
    """A dataset in which every basket is a user of its own, as in a shop of anonymous sessions; its
    items follow each other by a second, in random order."""
    folder = CACHE / "sessions"
    if not (folder / "auxiliary" / "summary.json").is_file():
        _prepare(folder, share=1.0, events=_SESSIONS)
    return folder


_AS_THEY_ARE = "SELECT * FROM kept"
_SESSIONS = """
    SELECT * REPLACE (user_id || '-' || timestamp AS user_id,
                      timestamp + row_number() OVER (PARTITION BY user_id, timestamp
                                                     ORDER BY hash(user_id || item_id || timestamp), item_id)
                          AS timestamp)
    FROM kept
"""


def _prepare(folder: Path, share: float, events: str = _AS_THEY_ARE) -> None:
    with TemporaryDirectory() as scratch:
        work = Path(scratch)
        write_sample_shop(work / "shop")
        store = FolderStore(work / "store")
        for key in (CATALOG, INTERACTIONS):
            store.upload(work / "shop" / key, key)
            preprocess_upload(store, key)
        for name in ("interactions", "queries"):
            (work / name).mkdir()
        curated = work / "store" / "curated" / "interactions"
        _until(share, curated, work / "interactions" / "events.parquet", events)
        write_dataset(work / "store" / "item-log", work / "interactions", work / "queries", folder)


def _until(share: float, folder: Path, out: Path, events: str) -> None:
    """The events in the first `share` of the time, as a statement over them has it."""
    with duckdb.connect() as db:
        db.read_parquet(f"{folder}/*.parquet").create_view("event")
        db.execute(
            "CREATE TABLE kept AS SELECT event.* FROM event,"
            " (SELECT min(timestamp) AS first, max(timestamp) AS last FROM event)"
            " WHERE timestamp <= first + (last - first) * ?",
            [share],
        )
        db.sql(events).write_parquet(str(out))
