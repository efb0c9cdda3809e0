import subprocess
import sys
from pathlib import Path

import duckdb
import orjson
import pytest

from object2vec.catalog import CatalogItem
from object2vec.data import item_log
from object2vec.data.dataset import NothingToPrepareError, write_dataset
from object2vec.data.item_log import Removed
from object2vec.data.prepare import time_cuts
from object2vec.store import FolderStore

PARTS = ("train", "validation", "test")
ROOT = Path(__file__).parents[2]


@pytest.fixture
def folders(tmp_path):
    source = tmp_path / "processing" / "input"
    for name in ("catalog", "interactions"):
        (source / name).mkdir(parents=True)
    return source / "catalog", source / "interactions", tmp_path / "processing" / "output" / "dataset"


def write_log(folder, *batches):
    store = FolderStore(folder.parent / "store")
    for batch in batches:
        item_log.append(store, batch)
    for entry in store.list("item-log/"):
        (folder / Path(entry.key).name).write_bytes(store.get(entry.key))


def write_events(path, rows):
    values = ", ".join(f"('{user}', '{item}', {time})" for user, item, time in rows)
    duckdb.sql(
        "SELECT user_id, item_id, timestamp::BIGINT AS timestamp, 'buy' AS event_type, "
        "NULL::DOUBLE AS event_value "
        f"FROM (VALUES {values}) AS t(user_id, item_id, timestamp)"
    ).write_parquet(str(path))


def rows(output, part):
    path = output / part / "interactions.parquet"
    return duckdb.sql(f"SELECT user_id, item_id, timestamp FROM '{path}'").fetchall()


def items(output):
    return duckdb.sql(f"SELECT * FROM '{output / 'auxiliary' / 'items.parquet'}'").fetchall()


def test_the_last_tenth_of_the_time_is_test(folders):
    catalog, interactions, output = folders
    write_events(interactions / "b.parquet", [("u2", "i", time) for time in (100, 91, 90, 81)])
    write_events(interactions / "a.parquet", [("u1", "i", time) for time in (80, 50, 0)])
    (interactions / "notes.txt").write_text("not a table")
    summary = write_dataset(catalog, interactions, output)
    assert rows(output, "train") == [("u1", "i", 0), ("u1", "i", 50), ("u1", "i", 80)]
    assert rows(output, "validation") == [("u2", "i", 81), ("u2", "i", 90)]
    assert rows(output, "test") == [("u2", "i", 91), ("u2", "i", 100)]
    assert summary["time"] == {"first": 0, "train_until": 80, "validation_until": 90, "last": 100}
    assert [summary[name] for name in ("items", "users", *PARTS)] == [1, 2, 3, 2, 2]
    assert orjson.loads((output / "auxiliary" / "summary.json").read_bytes()) == summary


@pytest.mark.parametrize("first", [0, 1_577_880_000])
@pytest.mark.parametrize("span", [0, 1, 9, 10, 11, 86_400 * 365])
def test_cuts_are_in_order_and_one_moment_is_all_training(first, span):
    cuts = time_cuts(first, first + span)
    assert first <= cuts.train_until <= cuts.validation_until <= cuts.last
    assert span or cuts.train_until == first


def test_catalogue_and_interactions_make_one_item_list(folders):
    catalog, interactions, output = folders
    write_log(
        catalog,
        [CatalogItem("b", "old"), CatalogItem("c", "gone")],
        [CatalogItem("b", 'new "ä"\n', {"price": 1.5, "tags": ["x"]}), Removed("c"), CatalogItem("a", "A")],
    )
    write_events(interactions / "x.parquet", [("u", "a", 1), ("u", "z", 2), ("v", "z", 3)])
    summary = write_dataset(catalog, interactions, output)
    assert items(output) == [
        ("a", "A", "{}"),
        ("b", 'new "ä"\n', '{"price":1.5,"tags":["x"]}'),
        ("z", "", "{}"),
    ]
    assert (summary["items"], summary["catalog_items"], summary["catalog_watermark"]) == (3, 2, 2)


def test_a_catalogue_of_five_alone(folders):
    catalog, interactions, output = folders
    write_log(catalog, [CatalogItem(str(n), f"text {n}") for n in range(5)])
    summary = write_dataset(catalog, interactions, output)
    assert len(items(output)) == 5
    assert summary["time"] is None
    for part in PARTS:
        columns = duckdb.sql(f"FROM '{output / part / 'interactions.parquet'}'")
        assert columns.fetchall() == []
        assert columns.columns == ["user_id", "item_id", "timestamp", "event_type", "event_value"]
        assert list(map(str, columns.types)) == ["VARCHAR", "VARCHAR", "BIGINT", "VARCHAR", "DOUBLE"]


def test_interactions_alone(folders):
    catalog, interactions, output = folders
    write_events(interactions / "x.parquet", [("u", "a", 5)])
    write_dataset(catalog, interactions, output)
    assert items(output) == [("a", "", "{}")]
    assert rows(output, "train") == [("u", "a", 5)]


def test_the_fingerprint_follows_the_content_not_the_history(folders, tmp_path):
    catalog, interactions, output = folders
    write_log(catalog, [CatalogItem("a", "1"), CatalogItem("b", "1")])
    first = write_dataset(catalog, interactions, output)["fingerprint"]
    other = tmp_path / "other" / "catalog"
    other.mkdir(parents=True)
    write_log(other, [CatalogItem("b", "0")], [CatalogItem("b", "1")], [CatalogItem("a", "1")])
    assert write_dataset(other, interactions, output)["fingerprint"] == first
    write_log(other, [CatalogItem("a", "2")])
    assert write_dataset(other, interactions, output)["fingerprint"] != first


def test_nothing_at_all_says_what_to_upload(tmp_path):
    with pytest.raises(NothingToPrepareError, match="uploads/catalog/"):
        write_dataset(tmp_path / "no", tmp_path / "no", tmp_path / "out")
    job = subprocess.run(
        [sys.executable, "-m", "object2vec.jobs", "prepare"],
        env={"SAGEMAKER_BASE_DIR": str(tmp_path), "PATH": "/usr/bin"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert job.returncode == 2
    assert "uploads/interactions/" in job.stderr
    assert "Traceback" not in job.stderr
    assert (tmp_path / "output" / "message").read_text() in job.stderr


def test_the_job_works_on_its_base_folder(folders, tmp_path, monkeypatch, capsys):
    from object2vec.jobs.prepare import main

    catalog, _, output = folders
    write_log(catalog, [CatalogItem("a", "A")])
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))
    main()
    assert items(output) == [("a", "A", "{}")]
    assert "items 1" in capsys.readouterr().out
