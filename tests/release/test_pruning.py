"""Old releases are removed, and never anything that may still be needed."""

import time
from itertools import count

import pytest

from object2vec.core.keys import RELEASES
from object2vec.release import Manifest, go_live, save
from object2vec.release.manifest import CorruptReleaseError, versions
from object2vec.release.pruning import UNFINISHED, prune, prune_unfinished
from object2vec.release.rollback import point_back
from object2vec.storage import ConflictError


def release(store, day, *, live=True, **parts):
    """One of that day with files of its own; live after the one before, if any."""
    version = f"v{day}"
    own = {"index": f"{RELEASES}{version}/index/", "encoder": f"{RELEASES}{version}/encoder/"}
    named = {"model_version": version, "kind": "trained", "created_at": f"2026-01-{day:02}T00:00:00"}
    manifest = Manifest(version=version, **{**named, **own, **parts})
    for name in ("index/index.json", "encoder/weights", "index-format6.1.json"):
        store.put(f"{RELEASES}{version}/{name}", b"12345")
    save(store, manifest)
    if live:
        found = [v for v in versions(store) if v != version]
        before = max(found, key=lambda v: int(v[1:])) if found else None
        go_live(store, version, instead_of=before)
    return manifest


def left(store):
    return sorted({entry.key.split("/")[1] for entry in store.list(RELEASES)} - {"live.json"})


def test_the_live_release_and_those_before_it_stay(store):
    for day in range(1, 8):
        release(store, day)
    assert [version for version, _ in prune(store, 2)] == ["v1", "v2", "v3", "v4"]
    assert left(store) == ["v5", "v6", "v7"]
    assert list(prune(store, 2)) == []


def test_all_of_a_release_goes_and_its_bytes_are_told(store):
    for day in (1, 2, 3):
        release(store, day)
    size = sum(entry.size for entry in store.list(f"{RELEASES}v1/"))
    assert list(prune(store, 0)) == [("v1", size)]
    assert size > 15


def test_what_the_pointer_leads_back_to_stays(store):
    release(store, 1)
    release(store, 2)
    release(store, 3, model_version="v2", watermark=9)  # the same model, its index built again
    assert [version for version, _ in prune(store, 0)] == ["v2"]
    assert left(store) == ["v1", "v3"]
    point_back(store, to="v1", instead_of="v3", reason="")


def test_the_last_of_our_own_stays_under_one_of_aws(store):
    release(store, 1)
    release(store, 2, kind="builtin")
    release(store, 3, kind="builtin")
    release(store, 4, kind="builtin")
    assert [version for version, _ in prune(store, 0)] == ["v2"]


def test_what_a_kept_release_is_made_of_stays(store):
    release(store, 1)
    release(store, 2, before="v1")
    release(store, 3)
    release(store, 4)
    encoder = {"model_version": "v4", "encoder": f"{RELEASES}v4/encoder/"}
    release(store, 5, **encoder, model_artifact=f"s3://bucket/{RELEASES}v2/model/output/model.tar.gz")
    assert [version for version, _ in prune(store, 0)] == []
    assert left(store) == ["v1", "v2", "v3", "v4", "v5"]  # v5 is made of 4 and 2, 2 of 1; 3 is the one before


def test_what_was_built_after_the_live_one_may_wait_for_approval(store):
    for day in (1, 2, 3):
        release(store, day)
    release(store, 4, live=False)
    point_back(store, to="v2", instead_of="v3", reason="")
    assert [version for version, _ in prune(store, 0)] == ["v1"]
    assert left(store) == ["v2", "v3", "v4"]


def test_of_one_model_the_older_index_goes(store):
    release(store, 1)
    one = {"model_version": "v2", "created_at": "2026-01-02T00:00:00", "encoder": "models/v2/"}
    for day in (2, 3, 4):
        release(store, day, **one, watermark=day)
    assert [version for version, _ in prune(store, 1)] == ["v2"]
    assert left(store) == ["v1", "v3", "v4"]


def test_of_every_model_before_only_the_newest_base_stays(store):
    release(store, 1)
    for day in (2, 3, 4):
        one = {"model_version": "v2", "created_at": "2026-01-02T00:00:00", "encoder": "models/v2/"}
        release(store, day, **one, watermark=day)
    release(store, 5)
    release(store, 6)
    assert [version for version, _ in prune(store, 10)] == ["v2", "v3"]
    assert left(store) == ["v1", "v4", "v5", "v6"]


def test_what_waits_for_approval_for_ever_makes_room(store):
    release(store, 1)
    for day in range(2, 15):
        release(store, day, live=False)
    assert [version for version, _ in prune(store, 0)] == ["v2", "v3", "v4"]


def later(seconds=60.0):
    """A time at which what is written now has just become old."""
    return time.time() + UNFINISHED.total_seconds() + seconds


def test_what_a_refused_run_left_goes_when_nobody_can_be_at_it_any_more(store):
    release(store, 1)
    store.put(f"{RELEASES}refused/model/output/model.tar.gz", b"12345")
    store.put(f"{RELEASES}gone.endpoint.json", b"{}")
    store.put(f"{RELEASES}v1.endpoint.json", b"{}")
    assert list(prune_unfinished(store, later(-60))) == []
    assert sorted(prune_unfinished(store, later())) == [("gone.endpoint.json", 2), ("refused", 5)]
    assert left(store) == ["v1", "v1.endpoint.json"]


def test_the_model_of_a_release_stays_wherever_it_lies(store):
    store.put(f"{RELEASES}run/model/output/model.tar.gz", b"12345")
    release(store, 1, model_artifact=f"s3://bucket/{RELEASES}run/model/output/model.tar.gz")
    assert list(prune_unfinished(store, later())) == []


def test_nothing_unfinished_goes_while_a_manifest_cannot_be_read(store):
    release(store, 1)
    store.put(f"{RELEASES}v0/manifest.json", b"{")
    store.put(f"{RELEASES}refused/model.tar.gz", b"12345")
    with pytest.raises(CorruptReleaseError, match="v0"):
        list(prune_unfinished(store, later()))
    assert left(store) == ["refused", "v0", "v1"]


def test_a_damaged_release_is_left_alone(store):
    for day in (1, 2, 3):
        release(store, day)
    store.put(f"{RELEASES}v1/manifest.json", b"{")
    assert list(prune(store, 0)) == []
    store.put(f"{RELEASES}v3/manifest.json", b"{")
    with pytest.raises(CorruptReleaseError, match="v3"):
        list(prune(store, 0))
    assert left(store) == ["v1", "v2", "v3"]


def test_it_stops_where_another_release_goes_live(store):
    for day in (1, 2, 3, 4):
        release(store, day)
    removing = prune(store, 0)
    assert next(removing)[0] == "v1"
    release(store, 5)
    with pytest.raises(ConflictError, match="another release went live"):
        next(removing)
    assert left(store) == ["v2", "v3", "v4", "v5"]


@pytest.mark.parametrize("call", range(7))
def test_killed_anywhere_it_leads_nowhere_and_is_finished_by_the_next(store, monkeypatch, call):
    for day in (1, 2, 3):
        release(store, day)
    calls = count()
    with monkeypatch.context() as patch:
        for name in ("put", "delete"):
            patch.setattr(type(store), name, _killing(getattr(type(store), name), calls, call))
        with pytest.raises(KeyboardInterrupt):
            list(prune(store, 0))
    if "v1" in versions(store):
        assert len(list(store.list(f"{RELEASES}v1/"))) >= 4  # whole
    else:
        with pytest.raises(CorruptReleaseError):
            go_live(store, "v1", instead_of="v3")
    list(prune(store, 0))
    assert left(store) == ["v2", "v3"]


def _killing(method, calls, at):
    def killed(*arguments):
        method(*arguments)
        if next(calls) == at:
            raise KeyboardInterrupt

    return killed


def test_a_removal_that_had_hardly_begun_spares_what_went_live_since(store):
    for day in (1, 2, 3):
        release(store, day)
    store.put(f"{RELEASES}v1/removed.json", b"{}")
    point_back(store, to="v1", instead_of="v3", reason="")
    assert list(prune(store, 0)) == []
    assert left(store) == ["v1", "v2", "v3"]


def test_before_the_first_release_there_is_nothing(store):
    assert list(prune(store, 0)) == []
