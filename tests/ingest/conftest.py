from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest

from local.trial import KINDS, told_apart
from object2vec.ingest.mapping import MAPPING_KEY
from object2vec.ingest.preprocess import preprocess_upload
from object2vec.ingest.report import Report
from object2vec.storage import FolderStore

Upload = Callable[..., Report]
SMALL = 1 << 16
"""Bytes of files that are read once more to see how they are told apart."""


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "store")


@pytest.fixture
def upload(store: FolderStore) -> Upload:
    """Puts the bytes at `uploads/<name>` and preprocesses them. The command `check` has to find the folder of
    a file that is read by itself, unless it is not `clear`."""

    def put(name: str, data: bytes, *, clear: bool = True) -> Report:
        store.put(f"uploads/{name}", data)
        report = preprocess_upload(store, f"uploads/{name}")
        kind, _, _ = name.partition("/")
        if clear and report.accepted and len(data) <= SMALL and kind in KINDS:
            assert kinds_of(store, name) == [kind]
        return report

    return put


def kinds_of(store: FolderStore, name: str) -> list[str]:
    """The kinds of upload that a file may be of, by itself."""
    with TemporaryDirectory() as folder, TemporaryDirectory() as alone:
        path, mapping = Path(alone) / Path(name).name, None
        store.download(f"uploads/{name}", path)
        if store.head(MAPPING_KEY) is not None:
            mapping = Path(alone) / "said"
            store.download(MAPPING_KEY, mapping)
        return [trial.kind for trial in told_apart(path, mapping, Path(folder))]


@pytest.fixture
def parquet(tmp_path: Path) -> Callable[[str], bytes]:
    """The result of a SQL statement as a Parquet file."""

    def write(statement: str) -> bytes:
        path = tmp_path / "made.parquet"
        duckdb.sql(statement).write_parquet(str(path))
        return path.read_bytes()

    return write
