import orjson

from object2vec.release import manifest
from object2vec.release.manifest import Manifest, go_live, save
from object2vec.release.previous_metrics import RELEASES_MEASURED, previous_releases
from object2vec.release.snapshot import take_snapshot


def release(store, version, model, day, metrics):
    made = Manifest(
        version=version,
        model_version=model,
        kind="trained",
        encoder=f"releases/{version}/encoder/",
        metrics=metrics,
        created_at=f"2026-11-{day:02}T00:00:00",
    )
    save(store, made)
    return made


def measured(value):
    return {"model": {"ndcg@10": value}, "popularity": {"ndcg@10": 9.0}}


def test_each_model_is_listed_once_with_what_is_served_of_it(store):
    release(store, "b", "trained-2", 2, measured(0.1) | {"model+ranker": {"ndcg@10": 0.2}})
    release(store, "a", "trained-1", 1, measured(0.3))
    release(store, "c", "trained-2", 3, measured(0.9))  # the same model over a newer base
    release(store, "seed", "seed-1", 1, {})
    go_live(store, "b", instead_of=None)
    assert previous_releases(store) == [
        {
            "model": "trained-1",
            "created_at": "2026-11-01T00:00:00",
            "live": False,
            "metrics": {"ndcg@10": 0.3},
        },
        {
            "model": "trained-2",
            "created_at": "2026-11-02T00:00:00",
            "live": True,
            "metrics": {"ndcg@10": 0.2},
        },
    ]


def test_the_latest_are_kept_and_a_damaged_one_is_left_out(store):
    for day in range(1, RELEASES_MEASURED + 3):
        release(store, f"v{day}", f"trained-{day}", day, measured(day / 100))
    store.put(manifest.manifest_key("v9"), b"damaged")
    models = [found["model"] for found in previous_releases(store)]
    assert models == [f"trained-{day}" for day in range(2, RELEASES_MEASURED + 3) if day != 9]


def test_a_snapshot_keeps_them_for_the_evaluation(store):
    release(store, "a", "trained-1", 1, measured(0.3))
    go_live(store, "a", instead_of=None)
    store.put("curated/interactions/1.parquet", b"1")
    take_snapshot(store, "e1")
    (found,) = orjson.loads(store.get("executions/e1/earlier/releases.json"))
    assert found["model"] == "trained-1"
