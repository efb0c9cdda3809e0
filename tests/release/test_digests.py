"""A release is what it was when it was made: files that were changed since are refused."""

from dataclasses import replace

import pytest

from object2vec.core.errors import CorruptIndexError
from object2vec.release.built_manifest import built_manifest
from object2vec.search.copying import copy_release, new_folder

ARGUMENTS = {
    "version": "e1", "created_at": "2026-11-24T00:00:00Z", "data_version": "d1", "watermark": "0",
    "model_package": "p", "model_artifact": "executions/e1/model.tar.gz",
    "evaluation": "executions/e1/evaluation/evaluation.json",
}  # fmt: skip
FILES = {
    "encoder/manifest.json": b'{"version": "v", "kind": "trained"}',
    "encoder/weights": b"w",
    "ranker/forest": b"f",
}


@pytest.fixture
def built(store, tmp_path):
    """Output of the jobs, as SageMaker stores it."""
    store.put("executions/e1/model.tar.gz", b"trained")
    for name, data in FILES.items():
        (tmp_path / "out" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "out" / name).write_bytes(data)
    for path in (tmp_path / "out").rglob("*"):
        if path.is_file():
            store.upload(path, f"releases/e1/{path.relative_to(tmp_path / 'out').as_posix()}")
    store.put("releases/e1/index/index.json", b"{}")
    store.put("executions/e1/evaluation/evaluation.json", b'{"metrics": {}}')
    return store


def loaded(store, manifest):
    return copy_release(store, replace(manifest, index=None), new_folder())


def test_the_manifest_keeps_what_the_job_wrote_down(built):
    found = built_manifest(built, ARGUMENTS).digests
    headers = ("encoder/manifest.json", "index/index.json", "ranker/forest")
    assert set(found) == {f"releases/e1/{name}" for name in headers}
    assert loaded(built, built_manifest(built, ARGUMENTS)).ranker_trouble is None


def test_a_header_that_was_changed_since_is_refused(built):
    manifest = built_manifest(built, ARGUMENTS)
    built.put("releases/e1/encoder/manifest.json", b"x")
    with pytest.raises(CorruptIndexError, match=r"encoder/manifest\.json is not the file that was released"):
        loaded(built, manifest)


def test_a_ranker_that_was_changed_costs_its_own_part_alone(built):
    manifest = built_manifest(built, ARGUMENTS)
    built.put("releases/e1/ranker/forest", b"x")
    assert "is not the file that was released" in loaded(built, manifest).ranker_trouble


def test_a_release_of_before_is_read_as_it_is(built):
    manifest = replace(built_manifest(built, ARGUMENTS), digests={})
    built.put("releases/e1/encoder/manifest.json", b"x")
    assert loaded(built, manifest).ranker_trouble is None


def test_the_archive_that_endpoints_load_is_a_copy_that_no_job_writes(built):
    manifest = built_manifest(built, ARGUMENTS)
    assert manifest.model_artifact == f"{built.url}/releases/e1/model.tar.gz"
    built.put("executions/e1/model.tar.gz", b"changed")
    assert built_manifest(built, ARGUMENTS) == manifest
    assert built.get("releases/e1/model.tar.gz") == b"trained"
