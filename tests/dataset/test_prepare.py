import subprocess
import sys
from pathlib import Path

import duckdb
import orjson
import pytest

from object2vec.core.catalog import CatalogItem
from object2vec.dataset.write import NothingToPrepareError, write_dataset
from object2vec.storage import FolderStore, item_log
from object2vec.storage.item_log import Removed

PARTS = ("train", "validation", "test")
ROOT = Path(__file__).parents[2]


@pytest.fixture
def folders(tmp_path):
    source = tmp_path / "processing" / "input"
    for name in ("catalog", "interactions", "queries"):
        (source / name).mkdir(parents=True)
    return source / "catalog", source / "interactions", tmp_path / "processing" / "output" / "dataset"


@pytest.fixture
def prepare(engine):
    """`write_dataset` with each engine."""

    def run(catalog, interactions, output):
        queries = interactions.parent / "queries"
        return write_dataset(catalog, interactions, queries, output, connect=engine)

    return run


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


def test_the_last_tenth_of_the_events_is_test(prepare, folders):
    catalog, interactions, output = folders
    write_events(interactions / "b.parquet", [("u2", f"i{n}", time) for n, time in enumerate((100, 91, 90))])
    write_events(interactions / "a.parquet", [("u1", f"i{time}", time) for time in range(7)])
    (interactions / "notes.txt").write_text("not a table")
    summary = prepare(catalog, interactions, output)
    assert rows(output, "train") == [*(("u1", f"i{time}", time) for time in range(7)), ("u2", "i2", 90)]
    assert rows(output, "validation") == [("u2", "i1", 91)]
    assert rows(output, "test") == [("u2", "i0", 100)]
    assert summary["time"] == {"first": 0, "train_until": 90, "validation_until": 99, "last": 100}
    assert [summary[name] for name in ("users", *PARTS)] == [2, 8, 1, 1]
    assert orjson.loads((output / "auxiliary" / "summary.json").read_bytes()) == summary


def test_catalogue_and_interactions_make_one_item_list(prepare, folders):
    catalog, interactions, output = folders
    write_log(
        catalog,
        [CatalogItem("b", "old"), CatalogItem("c", "gone")],
        [CatalogItem("b", 'new "ä"\n', {"price": 1.5, "tags": ["x"]}), Removed("c"), CatalogItem("a", "A")],
    )
    write_events(interactions / "x.parquet", [("u", "a", 1), ("u", "z", 2), ("v", "z", 3)])
    summary = prepare(catalog, interactions, output)
    assert items(output) == [
        ("a", "A", "{}"),
        ("b", 'new "ä"\n', '{"price":1.5,"tags":["x"]}'),
        ("z", "", "{}"),
    ]
    assert (summary["items"], summary["catalog_items"], summary["catalog_watermark"]) == (3, 2, 2)


def test_a_catalogue_of_five_alone(prepare, folders):
    catalog, interactions, output = folders
    write_log(catalog, [CatalogItem(str(n), f"text {n}") for n in range(5)])
    summary = prepare(catalog, interactions, output)
    assert len(items(output)) == 5
    assert summary["time"] is None
    for part in PARTS:
        columns = duckdb.sql(f"FROM '{output / part / 'interactions.parquet'}'")
        assert columns.fetchall() == []
        assert columns.columns == ["user_id", "item_id", "timestamp", "event_type", "event_value", "weight"]
        assert list(map(str, columns.types)) == [
            "VARCHAR",
            "VARCHAR",
            "BIGINT",
            "VARCHAR",
            "DOUBLE",
            "DOUBLE",
        ]


def test_interactions_alone(prepare, folders):
    catalog, interactions, output = folders
    write_events(interactions / "x.parquet", [("u", "a", 5)])
    prepare(catalog, interactions, output)
    assert items(output) == [("a", "", "{}")]
    assert rows(output, "train") == [("u", "a", 5)]


def test_the_fingerprint_follows_the_content_not_the_history(prepare, folders, tmp_path):
    catalog, interactions, output = folders
    write_log(catalog, [CatalogItem("a", "1"), CatalogItem("b", "1")])
    first = prepare(catalog, interactions, output)["fingerprint"]
    other = tmp_path / "other" / "catalog"
    other.mkdir(parents=True)
    write_log(other, [CatalogItem("b", "0")], [CatalogItem("b", "1")], [CatalogItem("a", "1")])
    assert prepare(other, interactions, output)["fingerprint"] == first
    write_log(other, [CatalogItem("a", "2")])
    assert prepare(other, interactions, output)["fingerprint"] != first


def test_nothing_at_all_is_an_error(prepare, tmp_path):
    with pytest.raises(NothingToPrepareError, match="uploads/catalog/"):
        prepare(tmp_path / "no", tmp_path / "no", tmp_path / "out")


def test_nothing_at_all_says_what_to_upload(tmp_path):
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


def test_the_job_keeps_the_interactions_for_the_index_job(folders, tmp_path, monkeypatch):
    """It comes hours later, when the file of a deleted upload is gone."""
    from object2vec.jobs.prepare import main

    catalog, interactions, output = folders
    write_log(catalog, [CatalogItem("a", "A")])
    (interactions / "events").mkdir(parents=True)
    (interactions / "empty").write_bytes(b"")
    rows = "SELECT 'u' AS user_id, 'a' AS item_id, 5::BIGINT AS timestamp"
    duckdb.sql(rows).write_parquet(str(interactions / "events/2026-01-01.parquet"))
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))
    main()
    kept = sorted(path.name for path in (output / "interactions").rglob("*") if path.is_file())
    assert kept == ["2026-01-01.parquet", "empty"]


def write_queries(path, rows):
    values = ", ".join(
        f"('{query}', '{item}', {'NULL' if time is None else time})" for query, item, time in rows
    )
    duckdb.sql(
        "SELECT query, item_id, NULL::DOUBLE AS label, timestamp::BIGINT AS timestamp, "
        f"NULL::VARCHAR AS user_id FROM (VALUES {values}) AS t(query, item_id, timestamp)"
    ).write_parquet(str(path))


def queries(output, part):
    path = output / part / "queries.parquet"
    return duckdb.sql(f"SELECT query, item_id FROM '{path}'").fetchall()


def test_queries_follow_the_periods_of_the_interactions(prepare, folders):
    catalog, interactions, output = folders
    write_events(interactions / "a.parquet", [("u", f"i{time}", time) for time in range(10)])
    write_queries(
        interactions.parent / "queries" / "a.parquet", [("old", "i", 7), ("new", "i", 9), ("b", "i", 8)]
    )
    assert prepare(catalog, interactions, output)["queries"] == 3
    assert [queries(output, part) for part in PARTS] == [[("old", "i")], [("b", "i")], [("new", "i")]]


def test_queries_alone_make_their_own_periods(prepare, folders):
    catalog, interactions, output = folders
    write_log(catalog, [CatalogItem("i", "text")])
    write_queries(interactions.parent / "queries" / "a.parquet", [("q", "i", time) for time in range(10)])
    summary = prepare(catalog, interactions, output)
    assert summary["time"] == {"first": 0, "train_until": 7, "validation_until": 8, "last": 9}
    assert [len(queries(output, part)) for part in PARTS] == [8, 1, 1]


def test_queries_without_a_time_stay_together_in_about_tenths(prepare, folders):
    catalog, interactions, output = folders
    write_log(catalog, [CatalogItem("i", "text")])
    rows = [(f"query {n}", item, None) for n in range(1_000) for item in ("i", "j")]
    write_queries(interactions.parent / "queries" / "a.parquet", rows)
    prepare(catalog, interactions, output)
    parts = [queries(output, part) for part in PARTS]
    assert sum(map(len, parts)) == len(rows)
    assert not {query for query, _ in parts[0]} & {query for part in parts[1:] for query, _ in part}
    assert 140 < len(parts[1]) < 260
    assert 140 < len(parts[2]) < 260


def test_an_event_that_was_sent_twice_counts_once(prepare, folders):
    catalog, interactions, output = folders
    write_events(interactions / "upload.parquet", [("u", "i", 1), ("u", "i", 1)])
    (interactions / "events").mkdir()
    for day, time in (("a", 7), ("b", 5)):
        duckdb.sql(
            f"SELECT 'e' AS event_id, 'u' AS user_id, 'j' AS item_id, {time}::BIGINT AS timestamp, "
            "NULL::VARCHAR AS event_type, NULL::DOUBLE AS event_value"
        ).write_parquet(str(interactions / "events" / f"{day}.parquet"))
    prepare(catalog, interactions, output)
    assert sorted(row for part in PARTS for row in rows(output, part)) == [
        ("u", "i", 1),
        ("u", "i", 1),
        ("u", "j", 5),
    ]


def test_a_removed_item_does_not_come_back_with_its_purchases(prepare, folders):
    catalog, interactions, output = folders
    write_log(catalog, [CatalogItem("a", "apple"), CatalogItem("b", "bread")], [Removed("b")])
    write_events(interactions / "x.parquet", [("u", "a", 1), ("u", "b", 2), ("u", "only-bought", 3)])
    prepare(catalog, interactions, output)
    assert [row[0] for row in items(output)] == ["a", "only-bought"]
    assert {row[1] for part in PARTS for row in rows(output, part)} == {"a", "only-bought"}


def test_what_was_prepared_is_told_in_words_and_days():
    from object2vec.jobs.prepare import _lines

    time = {"first": 0, "train_until": 86_400, "validation_until": 172_800, "last": 259_200}
    summary = {
        "items": 92_348,
        "train": 12,
        "time": time,
        "events": {"a": 1},
        "notes": ["A note."],
        "split": "time",
    }
    assert list(_lines(summary)) == [
        "items 92,348, train 12",
        "trained on 1970-01-01 to 1970-01-02, validated until 1970-01-03, tested until 1970-01-04",
        "A note.",
    ]
