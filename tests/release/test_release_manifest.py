import json
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from object2vec.core.keys import LIVE
from object2vec.release import CorruptReleaseError, Manifest, go_live, live, load, pointer, save
from object2vec.release.manifest import manifest_key
from object2vec.storage import ConflictError, FolderStore

V1 = Manifest(
    version="v1", model_version="trained-1", kind="trained", encoder="releases/v1/encoder/",
    index="releases/v1/index/", watermark=7, metrics={"model": {"ndcg": 0.25}},
)  # fmt: skip
V2 = replace(V1, version="v2", model_version="trained-2")
V3 = replace(V1, version="v3", model_version="trained-3")


def test_what_was_saved_is_loaded(store):
    save(store, V1)
    assert load(store, "v1") == V1


def test_saving_again_is_fine_and_other_content_a_conflict(store):
    save(store, V1)
    save(store, V1)
    with pytest.raises(ConflictError, match="v1 exists with other content"):
        save(store, replace(V1, watermark=8))
    assert load(store, "v1") == V1


def test_a_manifest_of_an_earlier_program_is_the_same_release(store):
    """A deployment that added a field still finds its live release as it is, and saves it once more."""
    written = asdict(V1) | {"later": "of a later program"}
    del written["model_package"]
    store.put(V1.key, json.dumps(written).encode())
    assert load(store, "v1") == V1
    save(store, V1)
    with pytest.raises(ConflictError):
        save(store, replace(V1, model_package="arn"))


def test_a_missing_manifest_is_named(store):
    with pytest.raises(CorruptReleaseError, match=r"releases/v9/manifest.json is missing"):
        load(store, "v9")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"1",
        b'"x"',
        b"{}",
        b'{"format": 1}',
        b"\xff\xfe",
        b'{"format":1,"version":"v1"}',
    ],
)
def test_a_damaged_manifest_is_named(store, data):
    store.put(manifest_key("v1"), data)
    with pytest.raises(CorruptReleaseError, match=r"releases/v1/manifest.json"):
        load(store, "v1")


@given(st.binary(max_size=60))
def test_no_bytes_at_all_give_another_error(tmp_path_factory, data):
    store = FolderStore(tmp_path_factory.mktemp("any"))
    store.put(manifest_key("v1"), data)
    store.put(LIVE, data)
    for read in (lambda: load(store, "v1"), lambda: live(store)):
        with pytest.raises(CorruptReleaseError):
            read()


def test_another_format_is_named_with_ours(store):
    store.put(manifest_key("v1"), json.dumps(asdict(V1) | {"format": 2}).encode())
    with pytest.raises(
        CorruptReleaseError, match=r"releases/v1/manifest.json has format 2, this code reads 1"
    ):
        load(store, "v1")


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b'"v1"', b"{}", b'{"live": "v1"}'])
def test_a_damaged_pointer_is_named(store, data):
    store.put(LIVE, data)
    with pytest.raises(CorruptReleaseError, match=r"releases/live.json"):
        live(store)


def test_nothing_is_live_before_the_first(store):
    assert live(store) is None
    assert pointer(store) is None


def test_going_live_and_back(store):
    for manifest in (V1, V2):
        save(store, manifest)
    go_live(store, "v1", instead_of=None)
    assert live(store) == V1
    go_live(store, "v2", instead_of="v1")
    found = pointer(store)
    assert found is not None
    assert (found.version, found.previous) == ("v2", "v1")
    go_live(store, "v1", instead_of="v2")
    assert live(store) == V1


@pytest.mark.parametrize("instead_of", [None, "v1", "v3"])
def test_going_live_again_changes_nothing(store, instead_of):
    for manifest in (V1, V2):
        save(store, manifest)
    go_live(store, "v1", instead_of=None)
    go_live(store, "v2", instead_of="v1")
    before = pointer(store)
    go_live(store, "v2", instead_of=instead_of)
    assert pointer(store) == before


@pytest.mark.parametrize("instead_of", [None, "v3"])
def test_only_over_the_release_it_was_judged_against(store, instead_of):
    for manifest in (V1, V2):
        save(store, manifest)
    go_live(store, "v1", instead_of=None)
    with pytest.raises(ConflictError, match=f"v1 is live, not {instead_of}"):
        go_live(store, "v2", instead_of=instead_of)
    assert live(store) == V1


def test_a_pointer_that_is_gone_is_a_conflict_too(store):
    save(store, V2)
    with pytest.raises(ConflictError):
        go_live(store, "v2", instead_of="v1")
    assert live(store) is None


def test_never_to_a_version_that_is_not_there(store):
    save(store, V1)
    go_live(store, "v1", instead_of=None)
    with pytest.raises(CorruptReleaseError, match=r"releases/v2/manifest.json"):
        go_live(store, "v2", instead_of="v1")
    assert live(store) == V1


@pytest.mark.parametrize("first", [None, "v1"])
def test_a_pointer_that_moves_between_reading_and_writing_is_a_conflict(store, first, monkeypatch):
    for manifest in (V1, V2, V3):
        save(store, manifest)
    if first:
        go_live(store, first, instead_of=None)

    def meanwhile(name):
        write = getattr(store, name)

        def other_first(*arguments):
            store.put(LIVE, b'{"version": "v3"}')
            return write(*arguments)

        return other_first

    for name in ("create", "replace"):
        monkeypatch.setattr(store, name, meanwhile(name))
    with pytest.raises(ConflictError):
        go_live(store, "v2", instead_of=first)
    assert live(store) == V3


@pytest.mark.parametrize("name", ["elsewhere/store", "une boîte/store"])
def test_a_store_that_was_moved_finds_its_artefact(tmp_path, name):
    """Absolute URIs of folders are written down; what they say of the place is not believed."""
    first = FolderStore(tmp_path / "first" / "store")
    first.put("executions/e/model.tar.gz", b"")
    artifact = f"{first.url}/executions/e/model.tar.gz"
    save(first, Manifest(version="v", model_version="m", kind="seed", encoder="e/", model_artifact=artifact))
    assert load(first, "v").model_artifact == artifact
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / "first" / "store").rename(tmp_path / name)
    moved = FolderStore(tmp_path / name)
    found = load(moved, "v")
    assert found.model_artifact == f"{moved.url}/executions/e/model.tar.gz"
    save(moved, found)  # the same release, not another of its name
