import tarfile
from dataclasses import asdict
from io import BytesIO

import orjson
import pytest

from object2vec.core.catalog import CatalogItem
from object2vec.model.retrieval.encoder import load_encoder
from object2vec.release import live, pointer
from object2vec.release.built_manifest import built_manifest
from object2vec.release.seed import publish_seed, seed_folder
from object2vec.release.smoke_test import released_encoder
from object2vec.release.snapshot import NothingToTrainOnError, data_version, take_snapshot
from object2vec.serving.package import PACKAGES
from object2vec.storage import NotFoundError, item_log
from tests.helpers.rollouts import settle


@pytest.fixture
def bundle(tmp_path):
    """A job bundle of empty packages, and one thing that is no business of an endpoint."""
    for package in (*PACKAGES, "duckdb"):
        (tmp_path / "bundle" / package).mkdir(parents=True)
        (tmp_path / "bundle" / package / "__init__.py").touch()
    return tmp_path / "bundle"


def keys(store, prefix=""):
    return [entry.key for entry in store.list(prefix)]


def test_the_seed_goes_live_where_nothing_is(store, bundle):
    manifest = publish_seed(store, bundle)
    assert live(store) == manifest
    assert (manifest.kind, manifest.index, manifest.watermark) == ("seed", None, 0)
    text = ["frozen pizza"]
    expected = load_encoder(seed_folder()).encode_queries(text)
    assert (released_encoder(store, manifest).encode_queries(text) == expected).all()


def test_the_seeds_archive_is_deployable(store, bundle, tmp_path):
    manifest = publish_seed(store, bundle)
    archive = store.get(manifest.model_artifact.removeprefix(f"{store.url}/"))
    with tarfile.open(fileobj=BytesIO(archive)) as tar:
        tar.extractall(tmp_path / "model", filter="data")
    assert load_encoder(tmp_path / "model").version == manifest.model_version
    assert sorted(path.name for path in (tmp_path / "model" / "code").iterdir()) == sorted(PACKAGES)


def test_the_seed_is_published_once(store, bundle):
    first = publish_seed(store, bundle)
    before = (pointer(store), keys(store))
    assert publish_seed(store, bundle) == first
    assert (pointer(store), keys(store)) == before


def test_the_seed_never_comes_back_over_a_newer_model(world, bundle):
    settle(world.store, world.endpoints, world.new, instead_of=world.old.model_version)
    before = keys(world.store)
    assert publish_seed(world.store, bundle) == world.new
    assert live(world.store) == world.new
    assert keys(world.store) == before


@pytest.fixture
def filled(store):
    item_log.append(store, [CatalogItem("a", "x")])
    item_log.append(store, [CatalogItem("b", "y")])
    store.put("curated/interactions/1.parquet", b"1")
    store.put("reports/uploads/catalog/a.csv.json", b"{}")
    return store


def listed(store, uri):
    """The URIs a SageMaker manifest file stands for."""
    head, *names = orjson.loads(store.get(uri.removeprefix(f"{store.url}/")))
    return [head["prefix"] + name for name in names]


def test_an_empty_store_has_nothing_to_train_on(store):
    store.put("uploads/catalog/broken.csv", b"")
    with pytest.raises(NothingToTrainOnError, match="uploads/catalog/"):
        take_snapshot(store, "e1")
    assert keys(store, "executions/") == []


def test_a_snapshot_lists_exactly_the_objects(filled):
    snapshot = take_snapshot(filled, "e1")
    assert listed(filled, snapshot.catalog) == [f"{filled.url}/{item_log.segment_key(n)}" for n in (1, 2)]
    assert listed(filled, snapshot.interactions) == [f"{filled.url}/curated/interactions/1.parquet"]
    assert (snapshot.watermark, snapshot.live_version) == ("2", "")
    assert all(isinstance(value, str) for value in asdict(snapshot).values())


def test_what_arrives_later_belongs_to_the_next_snapshot(filled):
    first = take_snapshot(filled, "e1")
    before = (listed(filled, first.catalog), listed(filled, first.interactions))
    item_log.append(filled, [CatalogItem("c", "z")])
    filled.put("curated/interactions/2.parquet", b"2")
    assert take_snapshot(filled, "e1") == first
    assert (listed(filled, first.catalog), listed(filled, first.interactions)) == before
    second = take_snapshot(filled, "e2")
    assert len(listed(filled, second.catalog)) == 3
    assert len(listed(filled, second.interactions)) == 2
    assert second.watermark == "3"
    assert second.data_version != first.data_version


def test_equal_data_has_an_equal_fingerprint(filled):
    first = take_snapshot(filled, "e1")
    assert take_snapshot(filled, "e2").data_version == first.data_version == data_version(filled)
    filled.put("curated/interactions/1.parquet", b"other")
    assert data_version(filled) != first.data_version


@pytest.mark.parametrize("kind", ["catalog", "interactions"])
def test_an_input_without_objects_still_has_one(store, kind):
    """SageMaker refuses an input of nothing; the jobs ignore what is not theirs."""
    if kind == "interactions":
        item_log.append(store, [CatalogItem("a", "x")])
    else:
        store.put("curated/interactions/1.parquet", b"1")
    (uri,) = listed(store, getattr(take_snapshot(store, "e1"), kind))
    assert store.get(uri.removeprefix(f"{store.url}/")) == b""
    assert not uri.endswith((".jsonl", ".parquet"))


def test_the_model_to_beat_is_the_live_one_or_the_seed(filled, world, tmp_path):
    snapshot = take_snapshot(filled, "e1")
    for entry in filled.list(f"{snapshot.live_model.removeprefix(f'{filled.url}/')}/"):
        filled.download(entry.key, tmp_path / "seed" / entry.key.rpartition("/")[2])
    assert load_encoder(tmp_path / "seed").version == load_encoder(seed_folder()).version
    item_log.append(world.store, [CatalogItem("a", "x")])
    snapshot = take_snapshot(world.store, "e1")
    assert snapshot.live_version == world.old.model_version
    assert snapshot.live_model == world.old.model_artifact


def test_the_candidate_is_what_the_pipeline_built(world):
    store = world.store
    store.put(
        "executions/e1/evaluation/evaluation.json", b'{"gate": {}, "metrics": {"model": {"ndcg": 0.5}}}'
    )
    arguments = {
        "version": "new", "created_at": "2026-11-24T00:00:00Z", "instead_of": world.old.model_version,
        "data_version": "d1", "watermark": "12", "model_package": "arn",
        "model_artifact": f"{store.url}/executions/e1/model.tar.gz",
        "evaluation": f"{store.url}/executions/e1/evaluation/evaluation.json",
    }  # fmt: skip
    with pytest.raises(NotFoundError, match="releases/new/index/"):
        built_manifest(store, arguments)
    store.put("releases/new/index/index.json", b"{}")
    with pytest.raises(NotFoundError, match="executions/e1/model"):
        built_manifest(store, arguments)
    store.put("executions/e1/model.tar.gz", b"model")
    built = built_manifest(store, arguments)
    assert built == built_manifest(store, arguments)
    assert (built.version, built.model_version, built.watermark) == ("new", world.new.model_version, 12)
    assert (built.kind, built.metrics) == ("trained", {"model": {"ndcg": 0.5}})
    assert built.index == "releases/new/index/"
    with pytest.raises(NotFoundError):
        built_manifest(store, arguments | {"version": "missing"})
