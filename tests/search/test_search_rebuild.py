"""From log and interactions to a base index: the job, and the rebuild for the live model."""

import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pytest

from object2vec import release
from object2vec.core.catalog import CatalogItem
from object2vec.jobs import index as index_job
from object2vec.model.archive import RANKER_FILE as RANKER
from object2vec.model.retrieval.encoder import load_encoder
from object2vec.ranker.artefact import write_ranker
from object2vec.ranker.copurchase import FILE as COPURCHASE
from object2vec.ranker.features import FEATURES
from object2vec.ranker.forest import Forest
from object2vec.ranker.history import History
from object2vec.ranker.profiles import FILE as PROFILES
from object2vec.ranker.successors import FILE as SUCCESSORS
from object2vec.ranker.successors import LATEST
from object2vec.release.seed import seed_folder
from object2vec.search.counting.statistics import HALF_LIFE_DAYS, item_statistics
from object2vec.search.embedded.base import load_index
from object2vec.search.index import Request
from object2vec.search.live import LiveIndex
from object2vec.search.rebuild import rebuild_base
from object2vec.storage import FolderStore, item_log
from object2vec.storage.item_log import Removed

DAY = 24 * 3600


def write_interactions(path: Path, events, user="u"):
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as db:
        db.execute("CREATE TABLE e (user_id VARCHAR, item_id VARCHAR, timestamp BIGINT)")
        db.executemany("INSERT INTO e VALUES (?, ?, ?)", [(user, *event) for event in events])
        db.execute(f"COPY e TO '{path}' (FORMAT parquet)")


def release_seed(store):
    """The seed's encoder without a base index, live."""
    for path in seed_folder().iterdir():
        if path.is_file():
            store.upload(path, f"releases/seed/encoder/{path.name}")
    model = load_encoder(seed_folder()).version
    manifest = release.Manifest(
        version="seed", model_version=model, kind="seed", encoder="releases/seed/encoder/"
    )
    release.save(store, manifest)
    release.go_live(store, "seed", instead_of=None)
    return manifest


def test_popularity_weighs_recent_interactions_more(tmp_path):
    half_life = int(HALF_LIFE_DAYS * DAY)
    write_interactions(tmp_path / "a.parquet", [("old", 0), ("old", 0), ("new", half_life)])
    write_interactions(tmp_path / "b.parquet", [("new", half_life), ("mid", half_life // 2)])
    popularity = item_statistics([tmp_path / "a.parquet", tmp_path / "b.parquet"]).popularity
    assert popularity["new"] == pytest.approx(1)  # one person, however often
    assert popularity["old"] == pytest.approx(0.5)
    assert popularity["mid"] == pytest.approx(0.5**0.5)
    assert item_statistics([]).popularity == {}


def test_a_users_first_interaction_and_the_later_ones_are_counted_apart(tmp_path):
    half_life = int(HALF_LIFE_DAYS * DAY)
    write_interactions(tmp_path / "a.parquet", [("milk", 0), ("milk", 0), ("milk", half_life)], "a")
    write_interactions(tmp_path / "b.parquet", [("milk", half_life), ("nails", half_life)], "b")
    found = item_statistics([tmp_path / "a.parquet", tmp_path / "b.parquet"])
    assert found.first_time_buyers == pytest.approx({"milk": 1.5, "nails": 1.0})
    assert found.repeat_rate == pytest.approx({"milk": 1 / 4})  # one user of two came back once


@pytest.fixture
def store(tmp_path):
    store = FolderStore(tmp_path / "store")
    item_log.append(
        store, [CatalogItem("1", "frozen pizza"), CatalogItem("2", "cola"), CatalogItem("3", "soap")]
    )
    item_log.append(store, [Removed("3")])
    write_interactions(tmp_path / "store/curated/interactions/a.parquet", [("2", 5), ("2", 6), ("1", 6)])
    write_interactions(tmp_path / "store/curated/interactions/b.parquet", [("2", 6)], user="v")
    return store


def test_rebuilding_the_live_base_changes_no_answer(store, tmp_path):
    manifest = release_seed(store)
    live = LiveIndex(store).get()
    watermark = rebuild_base(store, manifest, tmp_path / "base")
    rebuilt = load_index(tmp_path / "base", live.encoder, "r1").snapshot
    assert (watermark, rebuilt.watermark, len(rebuilt)) == (2, 2, 2)
    request = Request(text="pizza", vector=live.encoder.encode_queries(["pizza"])[0])
    before, after = live.index.snapshot.search(request), rebuilt.search(request)
    assert [hit.item for hit in after.hits] == [hit.item for hit in before.hits]
    assert [hit.item.id for hit in rebuilt.search(Request()).hits] == ["2", "1"]


def test_a_shop_of_interactions_alone_is_known_by_ids(tmp_path):
    store = FolderStore(tmp_path / "store")
    write_interactions(tmp_path / "store/curated/interactions/a.parquet", [("a", 5), ("b", 6), ("b", 7)])
    manifest = release_seed(store)
    rebuild_base(store, manifest, tmp_path / "base")
    snapshot = load_index(tmp_path / "base", load_encoder(seed_folder()), "r1").snapshot
    assert [hit.item.id for hit in snapshot.search(Request()).hits] == ["b", "a"]


def lay_out(store, tmp_path, monkeypatch):
    base = tmp_path / "ml"
    source = base / "processing" / "input"
    shutil.copytree(seed_folder(), source / "model")
    shutil.copytree(tmp_path / "store" / "item-log", source / "catalog")
    shutil.copytree(tmp_path / "store" / "curated" / "interactions", source / "interactions")
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(base))
    return base


def test_the_job_reads_interactions_in_folders_too(store, tmp_path, monkeypatch):
    """Events of the API lie in one, and whatever was uploaded into one."""
    days = tmp_path / "store/curated/interactions/events"
    days.mkdir()
    for user in range(9):
        write_interactions(days / f"2026-01-0{user + 1}.parquet", [("1", 6)], user=f"w{user}")
    base = lay_out(store, tmp_path, monkeypatch)
    index_job.main()
    out = base / "processing" / "output" / "release"
    snapshot = load_index(out / "index", load_encoder(out / "encoder"), "r1").snapshot
    assert [hit.item.id for hit in snapshot.search(Request()).hits] == ["1", "2"]


def test_the_job_writes_what_a_release_needs(store, tmp_path, monkeypatch):
    base = lay_out(store, tmp_path, monkeypatch)
    index_job.main()
    out = base / "processing" / "output" / "release"
    snapshot = load_index(out / "index", load_encoder(out / "encoder"), "r1").snapshot
    assert snapshot.watermark == 2
    assert {hit.item.id for hit in snapshot.search(Request()).hits} == {"1", "2"}


def test_the_job_refuses_a_log_with_a_gap(store, tmp_path, monkeypatch):
    base = lay_out(store, tmp_path, monkeypatch)
    (base / "processing/input/catalog/000000000001.jsonl").unlink()
    with pytest.raises(SystemExit) as stopped:
        index_job.main()
    assert stopped.value.code == 2
    assert "segment 1 is missing" in (base / "output/message").read_text()


def test_a_loaded_release_follows_its_rebuilt_base(store, tmp_path):
    manifest = release_seed(store)
    live = LiveIndex(store)
    assert live.get().index.snapshot.watermark == 2
    watermark = rebuild_base(store, manifest, tmp_path / "store" / "releases" / "r1" / "index")
    release.save(store, replace(manifest, version="r1", index="releases/r1/index/", watermark=watermark))
    release.go_live(store, "r1", instead_of=manifest.version)
    live.catch_up()
    assert live.get().manifest.version == "r1"
    assert live.trouble is None


@pytest.fixture
def ranked(store, tmp_path, monkeypatch):
    """The index job's folder, a ranker beside the model; who has pizza has cola."""
    for user in range(9):
        path = tmp_path / f"store/curated/interactions/{user}.parquet"
        write_interactions(path, [("1", 5), ("2", 6)], user=f"u{user}")
    base = lay_out(store, tmp_path, monkeypatch)
    one, left = np.zeros(1, np.int32), np.array([0xFFFE], np.uint16)
    forest = Forest(FEATURES, one, one, one.astype(np.float32), one == 0, left, np.ones((1, 16), np.float32))
    write_ranker(forest, base / "processing/input/model" / RANKER)
    return base


def cola_for_pizza(folder):
    snapshot = load_index(folder, load_encoder(seed_folder()), "r1").snapshot
    pizza, cola = snapshot.numbers.get("1"), snapshot.numbers.get("2")
    return snapshot.facts.copurchase.whole(History.of([pizza]), np.array([cola]))[0]


def liked_by_those_who_have_pizza(folder):
    snapshot = load_index(folder, load_encoder(seed_folder()), "r1").snapshot
    pizza, cola = snapshot.numbers.get("1"), snapshot.numbers.get("2")
    return snapshot.facts.profiles.at(History.of([pizza]), np.array([cola]))[0]


def cola_after_pizza(folder):
    snapshot = load_index(folder, load_encoder(seed_folder()), "r1").snapshot
    pizza, cola = snapshot.numbers.get("1"), snapshot.numbers.get("2")
    return snapshot.facts.successors.at(History.of([pizza]), np.array([cola]), LATEST)[0]


def test_the_job_counts_what_is_bought_together_for_a_ranker(ranked):
    index_job.main()
    index = ranked / "processing/output/release/index"
    assert cola_for_pizza(index) > 0
    assert liked_by_those_who_have_pizza(index) > 0
    assert cola_after_pizza(index) > 0
    assert b"u1" not in (index / PROFILES).read_bytes()


def test_the_job_spares_itself_that_where_there_is_none(ranked):
    (ranked / "processing/input/model" / RANKER).unlink()
    index_job.main()
    index = ranked / "processing/output/release/index"
    assert not (index / COPURCHASE).exists()
    assert not (index / PROFILES).exists()
    assert not (index / SUCCESSORS).exists()
    assert cola_for_pizza(index) == 0


@pytest.mark.parametrize("damaged", [False, True])
def test_a_rebuilt_base_takes_over_what_is_bought_together(ranked, store, tmp_path, damaged):
    """Damaged, it is left out: a base without is better than none."""
    index_job.main()
    manifest = replace(release_seed(store), index="releases/r0/index/", watermark=2)
    base = tmp_path / "store" / manifest.index
    shutil.copytree(ranked / "processing/output/release/index", base)
    if damaged:
        (base / COPURCHASE).write_bytes(b"no table")
        (base / PROFILES).write_bytes(b"no table")
        (base / SUCCESSORS).write_bytes(b"no table")
    rebuild_base(store, manifest, tmp_path / "base")
    assert (cola_for_pizza(tmp_path / "base") > 0) is not damaged
    assert (liked_by_those_who_have_pizza(tmp_path / "base") > 0) is not damaged
    assert (cola_after_pizza(tmp_path / "base") > 0) is not damaged
