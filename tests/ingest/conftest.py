from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from object2vec.ingest.preprocess import preprocess_upload
from object2vec.ingest.report import Report
from object2vec.storage import FolderStore

Upload = Callable[[str, bytes], Report]


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "store")


@pytest.fixture
def upload(store: FolderStore) -> Upload:
    """Puts the bytes at `uploads/<name>` and preprocesses them."""

    def put(name: str, data: bytes) -> Report:
        store.put(f"uploads/{name}", data)
        return preprocess_upload(store, f"uploads/{name}")

    return put


@pytest.fixture
def parquet(tmp_path: Path) -> Callable[[str], bytes]:
    """The result of a SQL statement as a Parquet file."""

    def write(statement: str) -> bytes:
        path = tmp_path / "made.parquet"
        duckdb.sql(statement).write_parquet(str(path))
        return path.read_bytes()

    return write
