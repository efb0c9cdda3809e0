"""A tokenizer of another kind: its class, one line in the registry, and a seed that was built with it."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from object2vec.core.catalog import CatalogItem
from object2vec.model.retrieval import artefact as artefact_module
from object2vec.model.retrieval.artefact import ArtefactError, ModelDescription, read_artefact, write_artefact
from object2vec.model.retrieval.encoder import load_encoder
from object2vec.model.retrieval.forward import Weights
from object2vec.training.dataset import read_dataset
from object2vec.training.fit import fit
from object2vec.training.hyperparameters import Hyperparameters
from tests.helpers.shops import two_clusters


class TrigramTokenizer:
    """Character trigrams: no word is a token, and nothing looks like WordPiece."""

    kind = "trigrams"

    def __init__(self, trigrams):
        self._trigrams = trigrams
        self._ids = {trigram: at for at, trigram in enumerate(trigrams)}

    @classmethod
    def load(cls, path):
        return cls(json.loads(path.read_text()))

    def save(self, path):
        path.write_text(json.dumps(self._trigrams))

    @property
    def size(self):
        return len(self._trigrams)

    def knows(self, word):
        return word.lower() in self._ids

    def tokens(self):
        return self._trigrams

    def continues(self):
        return np.array([not trigram.startswith("_") for trigram in self._trigrams])

    def encode(self, texts):
        rows = [[self._ids[t] for t in cut(text) if t in self._ids] for text in texts]
        return np.array([i for row in rows for i in row], np.int32), np.array(
            [len(r) for r in rows], np.int64
        )


def cut(text):
    words = (f"_{word}_" for word in re.findall(r"\w+", text.lower()))
    return [word[at : at + 3] for word in words for at in range(len(word) - 2)]


@pytest.fixture
def seed(tmp_path, monkeypatch):
    monkeypatch.setattr(
        artefact_module,
        "TOKENIZERS",
        {**artefact_module.TOKENIZERS, TrigramTokenizer.kind: TrigramTokenizer.load},
    )
    tokenizer = TrigramTokenizer(
        sorted(set(cut("cat food number for kittens motor oil grade engines 0123456789")))
    )
    words = np.random.default_rng(0).normal(size=(tokenizer.size, 16)).astype(np.float32)
    write_artefact(
        tmp_path / "seed",
        ModelDescription(kind="seed"),
        tokenizer=tokenizer,
        item_ids=[],
        weights=Weights(words),
    )
    return tmp_path / "seed"


def test_it_trains_and_answers_without_another_change(seed, tmp_path):
    settings = Hyperparameters(enc_dim=16, epochs=4, mini_batch_size=16)
    fit(read_dataset(two_clusters(tmp_path / "data", texts=True)), seed, tmp_path / "model", settings)
    encoder = load_encoder(tmp_path / "model")
    assert encoder.manifest.tokenizer == "trigrams"
    items = encoder.encode_items([CatalogItem("new-a", "kitten food"), CatalogItem("new-b", "engine oil")])
    query = encoder.encode_queries(["kittens"])  # no word of an item
    assert (items @ query[0]).argmax() == 0


def test_an_artefact_of_a_kind_nobody_knows_is_refused_with_a_sentence(seed, monkeypatch):
    monkeypatch.setattr(artefact_module, "TOKENIZERS", {})
    with pytest.raises(ArtefactError, match=r"tokenizer of kind 'trigrams'.*update this program"):
        read_artefact(seed)


def test_an_earlier_artefact_names_no_kind_and_is_wordpiece(seed_folder):
    manifest = json.loads((seed_folder / "manifest.json").read_text())
    assert "tokenizer" not in manifest
    assert read_artefact(seed_folder).tokenizer.kind == "wordpiece"
    assert replace(read_artefact(seed_folder).manifest, files={}).tokenizer == "wordpiece"
