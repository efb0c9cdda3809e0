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
"""What the teacher has read for one training it need not read again for the next."""


def prepared(*, inner: bool = False) -> Path:
    """The dataset's folder: train, validation, test are 80, 10 and 10 % of the year's time; `inner`: of its
    first nine tenths, so that what is reported stays unseen."""
    folder = CACHE / ("inner" if inner else "reported")
    if not (folder / "auxiliary" / "summary.json").is_file():
        _prepare(folder, share=0.9 if inner else 1.0)
    return folder


def _prepare(folder: Path, share: float) -> None:
    with TemporaryDirectory() as scratch:
        work = Path(scratch)
        write_sample_shop(work / "shop")
        store = FolderStore(work / "store")
        for key in (CATALOG, INTERACTIONS):
            store.upload(work / "shop" / key, key)
            preprocess_upload(store, key)
        for name in ("interactions", "queries"):
            (work / name).mkdir()
        _until(share, work / "store" / "curated" / "interactions", work / "interactions" / "events.parquet")
        write_dataset(work / "store" / "item-log", work / "interactions", work / "queries", folder)


def _until(share: float, folder: Path, out: Path) -> None:
    """The events in the first `share` of the time."""
    with duckdb.connect() as db:
        db.read_parquet(f"{folder}/*.parquet").create_view("event")
        db.execute(
            "CREATE TABLE kept AS SELECT event.* FROM event,"
            " (SELECT min(timestamp) AS first, max(timestamp) AS last FROM event)"
            " WHERE timestamp <= first + (last - first) * ?",
            [share],
        )
        db.table("kept").write_parquet(str(out))
