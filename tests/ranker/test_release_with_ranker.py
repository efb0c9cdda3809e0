"""From the training job to the manifest: where the ranker goes, and what is said when there is none."""

import io
import shutil
import tarfile
from functools import partial

import numpy as np
import orjson
import pytest

from object2vec.model.archive import ARCHIVE, RANKER_FILE, RANKER_VERDICT, unpacked
from object2vec.model.retrieval.artefact import FILES, MANIFEST
from object2vec.ranker.artefact import read_ranker
from object2vec.release.built_manifest import built_manifest
from object2vec.release.seed import seed_folder
from object2vec.storage import FolderStore
from object2vec.training.dataset import read_dataset
from object2vec.training.holdouts import holdout
from object2vec.training.ranker.job import counts_before_test, train_ranker, with_ranker
from object2vec.training.ranking_metrics import ranking_metrics
from tests.helpers.shops import write_shop

DAY = 86_400
WORDS = ("pizza", "cheese", "cola", "soap", "bread", "milk", "tea", "rice")


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """Everyone tries everything, and then keeps to the one thing that was bought twice."""
    rng = np.random.default_rng(0)
    items = [(f"i{n}", word, {"category": "Food", "price": 1.0 + n}) for n, word in enumerate(WORDS)]
    splits = {"train": [], "validation": [], "test": []}
    for user in range(130):
        order = [int(n) for n in rng.permutation(len(items))]
        for day, item in enumerate([*order, order[0]]):
            splits["train"].append((f"u{user:03}", f"i{item}", day * DAY))
        splits["validation"].append((f"u{user:03}", f"i{order[0]}", 12 * DAY))
        splits["test"].append((f"u{user:03}", f"i{order[0]}", 15 * DAY))
    return write_shop(tmp_path_factory.mktemp("shop"), items, splits)


@pytest.fixture
def model(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    for name in (MANIFEST, *FILES):
        shutil.copyfile(seed_folder() / name, folder / name)
    return folder


def test_the_ranker_is_written_beside_the_model_and_measured_with_it(shop, model):
    dataset = read_dataset(shop)
    verdict = train_ranker(shop, dataset, model)
    assert verdict.kept
    assert orjson.loads((model / RANKER_VERDICT).read_bytes())["ranker"] == verdict.ranker > verdict.model
    past = dataset.train.merged(dataset.validation)
    everything = np.ones(len(dataset.catalogue), bool)
    users = holdout(past, dataset.test, everything)
    metrics = ranking_metrics(
        users.relevant, with_ranker(dataset, model, partial(counts_before_test, shop))(users), everything
    )
    assert metrics["ndcg@10"] == 1.0


def test_too_few_shoppers_leave_a_reason_and_no_ranker(shop, model, tmp_path):
    few = tmp_path / "few"
    shutil.copytree(shop, few)
    (few / "validation" / "interactions.parquet").unlink()
    dataset = read_dataset(few)
    assert not train_ranker(few, dataset, model).kept
    assert "too few" in orjson.loads((model / RANKER_VERDICT).read_bytes())["reason"]
    assert not (model / RANKER_FILE).exists()
    assert with_ranker(dataset, model, partial(counts_before_test, few)) is None


def test_the_archive_of_a_training_job_holds_both(shop, model, tmp_path):
    train_ranker(shop, read_dataset(shop), model)
    packed = tmp_path / "packed"
    packed.mkdir()
    with tarfile.open(packed / ARCHIVE, "w:gz") as archive:
        archive.add(model, arcname=".")
        archive.addfile(tarfile.TarInfo("code/other.py"), io.BytesIO())
    with unpacked(packed) as found:
        assert {path.name for path in found.iterdir()} == {MANIFEST, *FILES, RANKER_FILE, RANKER_VERDICT}
        assert len(read_ranker(found / RANKER_FILE).leaves)


ARGUMENTS = {
    "version": "v1", "watermark": "3", "data_version": "d", "model_artifact": "e/model.tar.gz",
    "model_package": "p", "created_at": "2026-01-01", "evaluation": "e/evaluation.json",
}  # fmt: skip


@pytest.fixture
def built(tmp_path):
    """What a pipeline run leaves for its release."""
    store = FolderStore(tmp_path / "store")
    store.put(f"releases/v1/encoder/{MANIFEST}", b'{"version": "m1", "kind": "trained"}')
    store.put("releases/v1/index/index.json", b"{}")
    store.put("e/model.tar.gz", b"m")
    verdict = {"kept": False, "reason": "12 shoppers came back"}
    store.put("e/evaluation.json", orjson.dumps({"metrics": {"model": {"ndcg@10": 0.1}}, "ranker": verdict}))
    return store


def test_a_release_names_the_ranker_it_was_built_with(built):
    built.put(f"releases/v1/ranker/{RANKER_FILE}", b"trees")
    assert built_manifest(built, ARGUMENTS).ranker == "releases/v1/ranker/"


def test_a_release_without_a_ranker_says_why(built):
    manifest = built_manifest(built, ARGUMENTS)
    assert manifest.ranker is None
    assert manifest.metrics["ranker"]["reason"] == "12 shoppers came back"
