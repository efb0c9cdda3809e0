import numpy as np
import pytest
import torch

from object2vec.model.retrieval.artefact import Artefact, ModelDescription, read_artefact, write_artefact
from object2vec.model.retrieval.categories import categoriser_of, category_logits, gram_bags, softmax
from object2vec.model.retrieval.forward import mean_bags
from object2vec.training.dataset import Catalogue
from object2vec.training.features import compile_items
from object2vec.training.tasks.categories import BUCKETS, GRAM_DIM, _GramAdam, _GramRows, with_categories


@pytest.fixture(scope="module")
def seed(seed_folder):
    return read_artefact(seed_folder)


def learned(seed, texts, categories, field="category"):
    metadata = [{} if c is None else {field: c} for c in categories]
    catalogue = Catalogue([str(n) for n in range(len(texts))], texts, metadata)
    features = compile_items(catalogue, seed.tokenizer, np.zeros(len(texts), dtype=bool))
    return with_categories(seed.weights, catalogue, features, field, 0)


def written(seed, folder, weights, about):
    write_artefact(
        folder,
        ModelDescription(kind="trained", categories=about),
        tokenizer=seed.tokenizer,
        item_ids=[],
        weights=weights,
    )
    return read_artefact(folder)


def test_categories_survive_the_artefact(seed, tmp_path):
    texts = [f"{word} number {n}" for n in range(20) for word in ("apple", "engine")]
    weights, about = learned(seed, texts, ["Fruit", "Car parts"] * 20)
    categoriser = categoriser_of(written(seed, tmp_path, weights, about))
    assert categoriser.field == "category"
    best, other = categoriser.predict("a pear", 5)
    assert best.category == "Fruit", "an unseen word is placed by what it means"
    assert best.probability + other.probability == pytest.approx(1.0)
    assert [p.category for p in categoriser.predict("engine number 99", 1)] == ["Car parts"]
    assert categoriser.predict("", 5) == []


def test_the_order_of_words_counts(seed):
    texts = [f"{pair} {n}" for n in range(30) for pair in ("milk chocolate", "chocolate milk")]
    weights, about = learned(seed, texts, ["Sweets", "Drinks"] * 30)
    logits = category_logits(weights, *seed.tokenizer.encode(["milk chocolate 7", "chocolate milk 7"]))
    assert [about["labels"][at] for at in logits.argmax(axis=1)] == ["Sweets", "Drinks"]


def test_probabilities_are_frequencies(seed):
    """Three of four that carry the word are of one category: that is all one can know."""
    weights, about = learned(seed, ["mystery box"] * 8000, ["A", "A", "A", "B"] * 2000)
    (chances,) = softmax(category_logits(weights, *seed.tokenizer.encode(["mystery box"])))
    assert chances[about["labels"].index("A")] == pytest.approx(0.75, abs=0.06)


@pytest.mark.parametrize(
    ("texts", "categories"),
    [
        (["apple pie"] * 30, ["Fruit"] * 30),
        (["apple", "engine"] * 5, ["A", "B"] * 5),
        (["apple"] * 30, [None] * 30),
    ],
    ids=["one category", "too few items", "no such field"],
)  # fmt: skip
def test_what_cannot_be_learned_is_said(seed, texts, categories, capsys):
    weights, about = learned(seed, texts, categories)
    assert (weights.category_head, about) == (None, {})
    assert "no categories" in capsys.readouterr().out


def test_a_model_without_categories_has_no_categoriser(seed):
    assert categoriser_of(seed) is None
    assert isinstance(seed, Artefact)


def test_pairs_do_not_cross_texts():
    together = gram_bags(np.array([1, 2, 3, 4], np.int32), np.array([2, 0, 2]), 1 << 20)
    apart = gram_bags(np.array([1, 2], np.int32), np.array([2]), 1 << 20)
    assert together.lengths.tolist() == [3, 0, 3]
    assert together.rows[:3].tolist() == apart.rows.tolist()


def test_rows_of_a_batch_learn_as_with_sparse_adam():
    rng = np.random.default_rng(0)
    start = torch.from_numpy(rng.normal(size=(BUCKETS, GRAM_DIM)).astype(np.float32))
    ours, theirs = (
        start.clone(),
        torch.nn.EmbeddingBag.from_pretrained(start.clone(), mode="sum", sparse=True),
    )
    theirs.weight.requires_grad_(requires_grad=True)
    adam, sparse = _GramAdam(ours), torch.optim.SparseAdam([theirs.weight], lr=0.03)
    for _ in range(5):
        lengths = np.array([3, 0, 5, 2])
        bags = mean_bags(rng.integers(0, 40, 10).astype(np.int32), lengths)
        wanted = torch.from_numpy(rng.normal(size=(4, GRAM_DIM)).astype(np.float32))
        rows = _GramRows(ours, bags)
        (rows.pooled() * wanted).sum().backward()
        adam.step(rows, 0.03)
        sparse.zero_grad()
        members, starts = torch.from_numpy(bags.rows.astype(np.int64)), torch.from_numpy(bags.starts)
        (theirs(members, starts, per_sample_weights=torch.from_numpy(bags.weights)) * wanted).sum().backward()
        sparse.step()
    assert torch.allclose(ours, theirs.weight, atol=1e-6)
    assert not torch.equal(ours, start)
