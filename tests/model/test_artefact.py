import io
import json
import shutil
import tarfile

import numpy as np
import pytest

from object2vec.model.archive import unpack, unpacked
from object2vec.model.retrieval.artefact import (
    ArtefactError,
    ModelDescription,
    Weights,
    read_artefact,
    write_artefact,
)
from object2vec.model.retrieval.encoder import export_encoder, load_encoder


@pytest.fixture
def artefact(tmp_path, seed_folder):
    export_encoder(seed_folder, tmp_path / "artefact")
    return tmp_path / "artefact"


@pytest.mark.parametrize("weight", [np.nan, np.inf, 1e9])
def test_weights_that_are_no_numbers_are_refused(tmp_path, seed_folder, weight):
    """1e9 is one, but not in the 16 bits it would be kept in."""
    seed = read_artefact(seed_folder)
    words = seed.weights.words.astype(np.float32)
    words[3, 1] = weight
    with pytest.raises(ArtefactError, match="smaller learning_rate"):
        write_artefact(
            tmp_path / "model",
            ModelDescription(kind="trained"),
            tokenizer=seed.tokenizer,
            item_ids=[],
            weights=Weights(words),
        )


@pytest.mark.parametrize(("version", "advice"), [(1, "train the model again"), (4, "update this program")])
def test_another_format_is_refused(artefact, version, advice):
    manifest = json.loads((artefact / "manifest.json").read_text())
    (artefact / "manifest.json").write_text(json.dumps(manifest | {"format_version": version}))
    with pytest.raises(ArtefactError, match=advice):
        read_artefact(artefact)


@pytest.mark.parametrize("name", ["weights.safetensors", "tokenizer.json", "items.json"])
def test_a_damaged_or_missing_file_is_refused(artefact, name):
    data = bytearray((artefact / name).read_bytes())
    data[len(data) // 2] ^= 1
    (artefact / name).write_bytes(data)
    with pytest.raises(ArtefactError, match="sha256"):
        read_artefact(artefact)
    (artefact / name).unlink()
    with pytest.raises(ArtefactError, match="missing"):
        read_artefact(artefact)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format_version": "x"}', '{"format_version": 2}'])
def test_a_damaged_manifest_is_refused(artefact, text):
    (artefact / "manifest.json").write_text(text)
    with pytest.raises(ArtefactError, match="copy the artefact again"):
        read_artefact(artefact)


def test_the_archive_holds_the_same_model(artefact, tmp_path):
    (tmp_path / "in").mkdir()
    with tarfile.open(tmp_path / "in" / "model.tar.gz", "w:gz") as tar:
        for path in artefact.iterdir():
            tar.add(path, path.name)
    with unpacked(tmp_path / "in") as folder:
        assert folder is not None
        assert load_encoder(folder).version == load_encoder(artefact).version


def test_neither_archive_nor_artefact_is_no_error(tmp_path):
    with unpacked(tmp_path / "nothing") as folder:
        assert folder is None


@pytest.mark.parametrize("name", ["../manifest.json", "/etc/manifest.json", "a/../../manifest.json"])
def test_an_archive_that_leads_outside_is_refused(tmp_path, name):
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz") as tar:
        member = tarfile.TarInfo(name)
        member.size = 2
        tar.addfile(member, io.BytesIO(b"{}"))
    with pytest.raises(ArtefactError, match="refused"):
        unpack(tmp_path / "model.tar.gz", tmp_path / "out" / "deep")


def test_an_archive_with_a_link_is_refused(tmp_path):
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz") as tar:
        member = tarfile.TarInfo("manifest.json")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(member)
    with pytest.raises(ArtefactError, match="refused"):
        unpack(tmp_path / "model.tar.gz", tmp_path / "out")


def test_a_broken_archive_is_refused(tmp_path):
    (tmp_path / "model.tar.gz").write_bytes(b"\x1f\x8b no archive")
    with pytest.raises(ArtefactError, match="copy it again"):
        unpack(tmp_path / "model.tar.gz", tmp_path / "out")


def test_the_export_leaves_foreign_files_behind(artefact, tmp_path):
    (artefact / "evil.pkl").write_bytes(b"x")
    export_encoder(artefact, tmp_path / "export")
    assert {p.name for p in (tmp_path / "export").iterdir()} == {
        "manifest.json", "tokenizer.json", "items.json", "weights.safetensors",
    }  # fmt: skip
    shutil.rmtree(artefact)
    assert load_encoder(tmp_path / "export").dim == 128
