"""The same inputs give the same files with DuckDB and with Spark: rows, their order, types and summary."""

import random
import tempfile
import unicodedata
from pathlib import Path

import duckdb
import pytest

from object2vec.core.catalog import CatalogItem
from object2vec.dataset.engine import duckdb_engine
from object2vec.dataset.prepare import _CAPITALS
from object2vec.dataset.write import write_dataset
from object2vec.storage import FolderStore, item_log
from object2vec.storage.item_log import Removed

NAMES = ["a", "A", "ä", "Ä", "zz", "Ω", "😀", "日本", "'quoted' \"too\"", "tab\tand\nline", "", " "]
TYPES = [None, "buy", "view", "Impression", "dislike", "of its own"]
QUERIES = [
    "Frozen PIZZA",
    "frozen pizza",
    "ΟΔΟΣ",
    "οδοσ",
    "İstanbul",
    "STRASSE",
    "Ünïcode",
    "𐐀 deseret",
    "日本",
]


@pytest.fixture
def inputs(tmp_path):
    """Files with and without `event_id`, columns missing or of no use to us, ties, nulls and NaN."""
    for name in ("catalog", "interactions/events", "queries"):
        (tmp_path / name).mkdir(parents=True)
    write_catalog(tmp_path)
    pick = random.Random(7)
    events = [
        (pick.choice(NAMES), pick.choice(NAMES), pick.choice([None, *range(40)]), pick.choice(TYPES))
        for _ in range(400)
    ]
    folder = tmp_path / "interactions"
    save(
        events, "user_id VARCHAR, item_id VARCHAR, timestamp BIGINT, event_type VARCHAR", folder / "a.parquet"
    )
    values = [
        (user, item, time, pick.choice([None, 1.5, -1.0, float("nan")]))
        for user, item, time, _ in events[:50]
    ]
    save(
        values, "user_id VARCHAR, item_id VARCHAR, timestamp BIGINT, event_value DOUBLE", folder / "b.parquet"
    )
    sent = [(pick.choice(["e1", "e2", None]), *event, "kept out") for event in events[:60]]
    columns = "event_id VARCHAR, user_id VARCHAR, item_id VARCHAR, timestamp BIGINT, event_type VARCHAR"
    save(sent, f"{columns}, source VARCHAR", folder / "events" / "c.parquet")
    graded = [(pick.choice(NAMES), f"graded {n}", n % 40, "Rating", float(n % 7)) for n in range(300)]
    script = [("a script", f"item {n}", n % 40, None, None) for n in range(900)]
    columns = "user_id VARCHAR, item_id VARCHAR, timestamp BIGINT, event_type VARCHAR, event_value DOUBLE"
    save([*graded, *script], columns, folder / "d.parquet")
    save([], "user_id VARCHAR, item_id VARCHAR, timestamp BIGINT", folder / "none.parquet")
    asked = [
        (pick.choice(QUERIES), pick.choice(NAMES), pick.choice([None, *range(40)]), pick.choice([None, 1.0]))
        for _ in range(200)
    ]
    columns = "query VARCHAR, item_id VARCHAR, timestamp BIGINT, label DOUBLE"
    save(asked, columns, tmp_path / "queries" / "q.parquet")
    return [tmp_path / name for name in ("catalog", "interactions", "queries")]


def write_catalog(folder):
    store = FolderStore(folder / "store")
    item_log.append(
        store, [CatalogItem(name, f"text of {name}", {"tags": [name, 1.5]}) for name in NAMES[1:7]]
    )
    item_log.append(
        store, [Removed("zz"), CatalogItem("only here", "\u2028 \\ \x00 €", {"vector": [0.1, 1e-9]})]
    )
    for entry in store.list("item-log/"):
        (folder / "catalog" / entry.key.removeprefix("item-log/")).write_bytes(store.get(entry.key))


def save(rows, columns, path):
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE t ({columns})")
        if rows:
            connection.executemany(f"INSERT INTO t VALUES ({', '.join('?' * len(rows[0]))})", rows)
        connection.execute(f"COPY t TO '{path}'")


def contents(folder):
    """Types and rows of every Parquet file, as text: NaN equals NaN."""
    return {
        path.relative_to(folder).as_posix(): (str(table.types), list(map(repr, table.fetchall())))
        for path in sorted(folder.rglob("*.parquet"))
        for table in [duckdb.sql(f"FROM '{path}'")]
    }


def both(inputs, spark, tmp_path):
    engines = {"duckdb": duckdb_engine, "spark": spark}
    summaries = [write_dataset(*inputs, tmp_path / n, connect=connect) for n, connect in engines.items()]
    return summaries, [contents(tmp_path / name) for name in engines]


def test_engines_agree(inputs, spark, tmp_path):
    summaries, (ours, theirs) = both(inputs, spark, tmp_path)
    assert summaries[0] == summaries[1]
    assert len(ours) == 7
    assert len(set(summaries[0]["events"]["left_out"].values()) - {0}) == 3
    assert all(rows for _, rows in ours.values())
    assert theirs == ours


def test_engines_agree_on_a_catalogue_alone(inputs, spark, tmp_path):
    summaries, (ours, theirs) = both([inputs[0], tmp_path / "no", tmp_path / "no"], spark, tmp_path)
    assert summaries[0] == summaries[1]
    assert summaries[0]["time"] is None
    assert theirs == ours


def test_many_parts_keep_their_order(spark, tmp_path):
    (tmp_path / "in").mkdir()
    user = "printf('u%05d', hash(time) % 5000) AS user_id"
    duckdb.sql(f"SELECT {user}, 'i' AS item_id, time AS timestamp FROM range(5000) AS t(time)").write_parquet(
        str(tmp_path / "in" / "a.parquet")
    )
    write_dataset(tmp_path / "no", tmp_path / "in", tmp_path / "no", tmp_path / "out", connect=spark)
    found = duckdb.sql(
        f"SELECT user_id, timestamp FROM '{tmp_path}/out/train/interactions.parquet'"
    ).fetchall()
    assert len(found) > 3_000
    assert found == sorted(found)


def test_small_letters_are_those_that_people_expect():
    small = {ord(c): c.lower() for c in _CAPITALS}
    assert "Frozen PIZZA ÄÖÜ ΟΔΟΣ".translate(small) == "frozen pizza äöü οδοσ"
    assert all(unicodedata.category(c) == "Lu" for c in _CAPITALS)


@pytest.fixture
def cluster_files(session, tmp_path):
    """A file system of the cluster's that is not this machine's, as HDFS: `/tmp` is elsewhere in it."""
    folder = tmp_path / "of the cluster"
    folder.mkdir()
    configuration = session.sparkContext._jsc.hadoopConfiguration()
    top = Path(tempfile.gettempdir()).parts[1]
    configuration.set(f"fs.viewfs.mounttable.cluster.link./{top}", folder.as_uri())
    configuration.set("fs.defaultFS", "viewfs://cluster/")
    yield folder
    configuration.set("fs.defaultFS", "file:///")


def test_what_machines_give_each_other_goes_through_the_clusters_files(
    inputs, spark, cluster_files, tmp_path
):
    summaries, (ours, theirs) = both(inputs, spark, tmp_path)
    assert any(cluster_files.rglob("shared/catalog"))
    assert summaries[0] == summaries[1]
    assert theirs == ours
