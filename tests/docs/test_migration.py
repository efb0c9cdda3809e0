"""The files of docs/migration.md are read as the page says."""

import re
from pathlib import Path

import pytest

from object2vec.ingest.preprocess import preprocess_upload
from object2vec.storage import FolderStore

PAGE = (Path(__file__).parents[2] / "docs/migration.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("language", "key"),
    [("csv", "uploads/interactions/export.csv"), ("json", "uploads/pairs/train/notebook.jsonl")],
)
def test_an_export_loads_unchanged(language, key, tmp_path):
    found = re.search(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert found is not None
    store = FolderStore(tmp_path)
    store.put(key, found[1].encode())
    report = preprocess_upload(store, key)
    assert (report.rows_read, report.accepted, report.problem) == (2, 2, None)
    assert report.ignored_columns == []
