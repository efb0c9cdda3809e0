"""The batches of an epoch: order, buckets, negatives, and the slices of several processes."""

import numpy as np
import pytest
import torch

from object2vec.model.pairs.artefact import read_pair_artefact
from object2vec.training.cluster import Cluster
from object2vec.training.pairs.batches import PairBatches
from object2vec.training.pairs.data import Limits, read_pairs
from object2vec.training.pairs.metrics import evaluate
from tests.helpers.toys import train, two_clusters, write


def batches(pairs, **changes):
    chosen = {"batch_size": 10, "negatives": 0, "bucket_width": 0, "seed": 0, "cluster": Cluster()} | changes
    return PairBatches(pairs, **chosen)


@pytest.fixture
def positives(tmp_path):
    """Object i of one side goes with object i of the other, and with no other."""
    write(tmp_path, [{"label": 1, "in0": [i] * (i % 7 + 1), "in1": [i]} for i in range(1, 51)])
    return read_pairs(tmp_path, Limits())


def test_negatives_are_pairs_that_were_never_seen(positives):
    for batch in batches(positives, negatives=3).epoch(0):
        labels, (in0, in1) = batch.pairs.labels, batch.pairs.sides
        assert labels.tolist() == [1.0] * 10 + [0.0] * 30
        firsts = [in0.tokens[start] for start in in0.starts]
        assert all((a == b) == (label == 1) for a, b, label in zip(firsts, in1.tokens, labels, strict=True))


def test_negatives_alone_teach_what_belongs_together(tmp_path):
    records = [r for r in two_clusters() if r["label"] == 1]
    train(tmp_path, records, channels=("train",), negative_sampling_rate=2, enc0_network="pooled_embedding")
    with torch.no_grad():
        write(tmp_path / "all", two_clusters())
        _, network = read_pair_artefact(tmp_path / "model")
        found = evaluate(network, read_pairs(tmp_path / "all", Limits()), Cluster(), torch.device("cpu"))
    assert found["accuracy"] == 1.0


def test_buckets_hold_sequences_of_like_length(positives):
    for batch in batches(positives, bucket_width=3, batch_size=5).epoch(0):
        lengths = batch.pairs.sides[0].lengths // 3
        assert lengths.max() - lengths.min() <= 1


def test_an_epoch_is_everything_once_in_an_order_of_its_own(positives):
    def order(epoch):
        return [t for batch in batches(positives).epoch(epoch) for t in batch.pairs.sides[1].tokens]

    assert sorted(order(0)) == list(range(1, 51))
    assert order(0) == order(0) != order(1)


def test_slices_of_a_cluster_are_the_whole_batch(positives):
    alone = list(batches(positives, negatives=1).epoch(0))
    parts = [list(batches(positives, negatives=1, cluster=Cluster(rank, 3)).epoch(0)) for rank in range(3)]
    for whole, *shares in zip(alone, *parts, strict=True):
        tokens = [share.pairs.sides[1].tokens for share in shares]
        assert sorted(np.concatenate(tokens)) == sorted(whole.pairs.sides[1].tokens)
        assert sum(share.weights.sum() for share in shares) == pytest.approx(3)
