"""The setting `event_weights` reaches whatever reads events: what views say changes everywhere at once."""

import json
import sys

import duckdb
import orjson
import pytest

from local import __main__ as command
from object2vec.core.event_weights import read_setting
from object2vec.dataset.write import write_dataset
from object2vec.jobs.settings import IndexSettings, PrepareSettings
from object2vec.search.counting.complements import complements_of
from object2vec.search.counting.copurchase import copurchase_of
from object2vec.search.counting.statistics import item_statistics
from object2vec.storage import FolderStore
from object2vec.users.history_build import build_histories
from object2vec.users.uploaded import UploadedHistories
from stacks.pipeline_parts import parted

DAY, START = 86_400, 1_735_689_600
SETTING = '{"view": -1}'


@pytest.fixture
def log(tmp_path):
    """Ten people each view TEA with CUP, and buy MUG with PAN."""
    rows = [
        (f"u{user}", item, START + user * DAY + place * 60, kind)
        for user in range(10)
        for place, (item, kind) in enumerate(
            [("TEA", "view"), ("CUP", "view"), ("MUG", "purchase"), ("PAN", "purchase")]
        )
    ]
    path = tmp_path / "interactions" / "log.parquet"
    path.parent.mkdir()
    with duckdb.connect() as db:
        db.execute("CREATE TABLE e (user_id VARCHAR, item_id VARCHAR, timestamp BIGINT, event_type VARCHAR)")
        db.executemany("INSERT INTO e VALUES (?, ?, ?, ?)", rows)
        db.sql("SELECT *, NULL::DOUBLE AS event_value FROM e").write_parquet(str(path))
    return path


@pytest.mark.parametrize(("setting", "said"), [("", 0.2), (SETTING, -1.0)])
def test_what_a_view_says_is_said_everywhere(log, tmp_path, setting, said):
    weights = read_setting(setting)
    folders = [tmp_path / name for name in ("catalog", "interactions", "queries", "out")]
    for folder in folders:
        folder.mkdir(exist_ok=True)
    write_dataset(*folders, event_weights=weights)
    learned = duckdb.sql(
        f"SELECT DISTINCT weight FROM '{tmp_path}/out/*/interactions.parquet' WHERE item_id = 'TEA'"
    )
    assert learned.fetchall() == [(said,)]
    assert (item_statistics([log], event_weights=weights).popularity["TEA"] > 0) == (said > 0)
    together = copurchase_of([log], weights)
    assert ("TEA" in together.item_ids) == (said > 0)
    assert "MUG" in together.item_ids
    assert complements_of([log], weights) is not None
    store = FolderStore(tmp_path / "store")
    store.upload(log, "curated/interactions/log.parquet")
    build_histories(store, weights)
    meanings = UploadedHistories(store, event_weights=weights).meanings()
    assert meanings.weight("view", None) == said


def test_the_command_tells_jobs_and_functions(tmp_path, monkeypatch):
    told = {}

    def serve(*_, **settings):
        told.update(settings["hyperparameters"])
        return 0

    monkeypatch.setattr(command, "serve", serve)
    monkeypatch.setenv("EVENT_WEIGHTS", "")
    said = f"event_weights={SETTING}"
    monkeypatch.setattr(sys, "argv", ["local", "serve", "--data", str(tmp_path), "--hyperparameter", said])
    assert command.main() == 0
    assert told == {}
    for settings in (PrepareSettings, IndexSettings):
        assert orjson.loads(settings().event_weights) == {"view": -1}


def test_a_long_setting_comes_to_a_job_in_parts(monkeypatch):
    """SageMaker takes 256 characters in a variable of a processing job."""
    said = json.dumps({f"type_{number}": 0.5 for number in range(50)})
    for weights in (said, said[:256], said[:257], SETTING):
        parts = parted({"EVENT_WEIGHTS": weights, "INDEX": "s3vectors"})
        assert all(len(part) <= 256 for part in parts.values())
        with monkeypatch.context() as patch:
            for name, part in parts.items():
                patch.setenv(name, part)
            for settings in (PrepareSettings, IndexSettings):
                assert settings.read().event_weights == weights
            assert IndexSettings.read().index == "s3vectors"
