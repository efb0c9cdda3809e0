"""The picture task: after it, pictures alone are found by the words of their items."""

import numpy as np
import pytest
import torch

from object2vec.model.retrieval.forward import Weights, mean_bags
from object2vec.model.retrieval.items import DenseVectors, Standardisation
from object2vec.model.retrieval.network import TwoTowerNetwork
from object2vec.training.dataset import Catalogue, Interactions
from object2vec.training.features import ItemFeatures
from object2vec.training.tasks.picture_task import PictureTask
from object2vec.training.tasks.similarity import neighbourhoods, variants

WORDS, DIM, LENGTH, ITEMS = 30, 16, 24, 90


class NoValues:
    """Metadata that nobody types."""

    def replace(self, items, queries, rng, share=0.25):
        return queries


def shop(rng):
    """Items of one word each, three variants a word; a picture is a fixed map of the word, with noise."""
    words = rng.normal(0, 1, (WORDS, DIM)).astype(np.float32)
    word_of = np.arange(ITEMS) % WORDS
    seen = words[word_of] @ rng.normal(0, 1, (DIM, LENGTH)) + rng.normal(0, 0.3, (ITEMS, LENGTH))
    vectors = seen.astype(np.float32)
    standard = Standardisation.of(vectors)
    bags = mean_bags(np.arange(WORDS, dtype=np.int32), np.ones(WORDS, np.int64))
    features = ItemFeatures(
        words=bags, text_of=word_of, content=bags, content_of=word_of, row_of=np.full(ITEMS, -1),
        vectors=DenseVectors(vectors, np.arange(ITEMS)).standardised(standard),
    )  # fmt: skip
    weights = Weights(
        words=words,
        vector_head=rng.normal(0, 0.003, (LENGTH, DIM)).astype(np.float32),
        vector_bias=np.zeros(DIM, np.float32),
        vector_mean=standard.mean,
        vector_scale=standard.scale,
    )
    return weights, features


def task_of(features, near, rng):
    return PictureTask(features, NoValues(), near=near, batch_size=64, temperature=0.1, rng=rng)


def trained(weights, task, epochs):
    network = TwoTowerNetwork(weights)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.02)
    losses = []
    for _ in range(epochs):
        for batch in task.epoch():
            optimizer.zero_grad()
            loss = batch.loss(network, network.gather(batch.needed()))
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return network.export(), losses


@pytest.mark.parametrize("bought", [False, True])
def test_pictures_learn_to_stand_where_their_words_do(bought):
    rng = np.random.default_rng(0)
    weights, features = shop(rng)
    catalogue = Catalogue(
        [str(at) for at in range(ITEMS)],
        ["x"] * ITEMS,
        [{"group": f"g{at % WORDS}"} for at in range(ITEMS)],
    )
    users = np.repeat(np.arange(ITEMS // 2), 2)
    events = Interactions(users, np.arange(ITEMS), np.zeros(ITEMS, np.int64)) if bought else None
    near = variants(catalogue)
    near = near.union(neighbourhoods(events)) if events is not None else near
    task = task_of(features, near, rng)
    assert len(task) == 2
    after, losses = trained(weights, task, 40)
    assert losses[-1] < losses[0] / 2
    shown = features.vectors.matrix @ after.vector_head + after.vector_bias
    nearest = (shown @ (weights.words / np.linalg.norm(weights.words, axis=1, keepdims=True)).T).argmax(
        axis=1
    )
    assert (nearest == features.text_of).mean() > 0.9


def test_only_variants_of_one_product_go_together():
    catalogue = Catalogue(
        list("abcd"), [""] * 4, [{"group": "p"}, {}, {"group": "p"}, {"group": ["not", "a", "name"]}]
    )
    near = variants(catalogue)
    assert sorted(near.items.tolist()) == [0, 2]
    assert {(near.start[at], near.end[at]) for at in range(2)} == {(0, 2)}


def test_items_without_a_picture_or_without_words_are_no_part_of_it():
    rng = np.random.default_rng(0)
    _, features = shop(rng)
    of = features.vectors.of.copy()
    of[:45] = -1
    object.__setattr__(features.vectors, "of", of)
    nothing = variants(Catalogue([], [], []))
    task = task_of(features, nothing, rng)
    assert len(task) == 1
    (batch,) = task.epoch()
    assert batch.pairs == 3 * 45
