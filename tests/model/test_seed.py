import hashlib

import numpy as np

from object2vec.core.catalog import CatalogItem
from object2vec.model.retrieval.encoder import load_encoder


def test_the_committed_seed_is_the_reviewed_one(seed_folder):
    digests = {
        name: hashlib.sha256((seed_folder / name).read_bytes()).hexdigest()
        for name in ("tokenizer.json", "weights.safetensors")
    }
    assert digests == {
        "tokenizer.json": "0cc3f811b500b20ff28d95a6cd59907cb34e031fff3af026d349fcab147ac363",
        "weights.safetensors": "faf632a4e42ae298280e73d1ec23d1f785dc4f6ea30903585ec22c445d53962f",
    }


def test_the_seed_finds_by_meaning(seed_folder):
    encoder = load_encoder(seed_folder)
    items = [CatalogItem(t, t) for t in ("kitten food", "motor oil", "frozen pizza", "hair shampoo")]
    best = encoder.encode_items(items) @ encoder.encode_queries(["cat meal", "washing my hair"]).T
    assert best.argmax(axis=0).tolist() == [0, 3]


def test_what_carries_no_information_is_zero(seed_folder):
    encoder = load_encoder(seed_folder)
    assert not encoder.encode_queries(["", "  ", "\U0001f9ff"]).any()
    assert not encoder.encode_items([CatalogItem("unknown", "")]).any()
    assert not encoder.encode_sessions([[], [CatalogItem("unknown", "")]]).any()
    assert encoder.encode_queries([]).shape == (0, encoder.dim)


def test_a_session_is_nearer_to_its_newest_item(seed_folder):
    encoder = load_encoder(seed_folder)
    old, new = CatalogItem("a", "motor oil"), CatalogItem("b", "frozen pizza")
    session = encoder.encode_sessions([[old] + [new] * 3])
    similarity = encoder.encode_items([old, new]) @ session[0]
    assert similarity[1] > similarity[0]
    np.testing.assert_allclose(np.linalg.norm(session), 1, rtol=1e-5)
