"""Counts for users who are asked about as newcomers lack them, and nothing else."""

import numpy as np
import pytest

from object2vec.training.dataset import read_dataset
from object2vec.training.holdouts import newcomers
from object2vec.training.ranker.counts import NOBODY, CountsOfTwo, RankerCounts, counts_without
from object2vec.training.ranker.job import INTERACTIONS, RankerTraining
from tests.helpers.shops import write_shop

DAY = 86_400
TEXTS = ("pizza", "cheese", "cola", "soap")


@pytest.fixture
def shop(tmp_path):
    """Forty people buy two things; each of them has something of their own, too."""
    items = [(f"i{n}", word, {}) for n, word in enumerate(TEXTS)]
    items += [(f"own{user}", "rare", {}) for user in range(40)]
    train = [
        (f"ü{user}", item, (user + n) * DAY)
        for user in range(40)
        for n, item in enumerate(("i0", "i1", f"own{user}"))
    ]
    validation = [(f"ü{user}", "i2", 100 * DAY) for user in range(0, 40, 2)]
    return write_shop(tmp_path, items, {"train": train, "validation": validation, "test": []})


def test_the_keys_of_the_dataset_name_users_of_its_files(shop):
    dataset = read_dataset(shop)
    asked = newcomers(dataset.train.users, dataset.validation.users, 100)
    counts = counts_without([shop / "train" / INTERACTIONS], dataset.user_keys[asked])
    of_theirs = {dataset.catalogue.ids[item] for item in dataset.train.of_users(asked).items.tolist()}
    own = {item for item in of_theirs if item.startswith("own")}
    assert len(own) == len(asked) == 5
    everybody = RankerCounts.of([shop / "train" / INTERACTIONS])
    assert set(everybody.statistics.popularity) - set(counts.statistics.popularity) == own
    assert len(everybody.profiles.starts) - len(counts.profiles.starts) == 5


def test_a_training_counts_with_and_without_those_it_asks_about_as_newcomers(shop):
    training = RankerTraining(shop, read_dataset(shop))
    assert training.counts() is None  # of so few nothing is learned
    counts = CountsOfTwo.of([shop / "train" / INTERACTIONS], NOBODY)
    assert counts.newcomers is counts.known


def test_the_learner_is_told_whose_the_short_histories_are(shop):
    """It holds out the same people of both."""
    training = RankerTraining(shop, read_dataset(shop))
    users, short, owners = training._users, training._short, training._owners
    assert np.bincount(owners).tolist() == [4] * 5
    assert users.counted
    assert not short.counted
    for tail, owner in zip(short.histories, owners, strict=True):
        np.testing.assert_array_equal(users.histories[owner][-len(tail) :], tail)
    assert len({len(tail) for tail in short.histories}) > 1
