import numpy as np
import pytest
import torch

from object2vec.model.retrieval.artefact import read_artefact
from object2vec.release.seed import seed_folder
from object2vec.search.analysis import ENGLISH
from object2vec.training.dataset import Catalogue, Dataset, Interactions
from object2vec.training.evaluation.bm25 import TextBaseline
from object2vec.training.evaluation.systems import RetrievalSystem
from object2vec.training.evaluation.text_retrieval import TextRetrieval
from object2vec.training.pseudo_queries import QuerySet
from object2vec.training.ranking_metrics import list_metrics, top_positions
from object2vec.training.tasks.losses import diagonal_loss, log_inclusion, single_loss, softmax_loss

NOTHING = Interactions(*[np.empty(0, np.int64)] * 3)


def test_one_positive_a_row_is_cross_entropy():
    logits = torch.randn(5, 7, generator=torch.Generator().manual_seed(0))
    target = torch.tensor([0, 3, 6, 1, 1])
    positive = torch.nn.functional.one_hot(target, 7).bool()
    expected = torch.nn.functional.cross_entropy(logits, target)
    assert softmax_loss(logits, positive).item() == pytest.approx(expected.item(), rel=1e-5)


def test_other_positives_and_ignored_candidates_are_no_negatives():
    logits = torch.tensor([[1.0, 5.0, 0.0, 9.0]])
    positive = torch.tensor([[True, True, False, False]])
    ignored = torch.tensor([[False, False, False, True]])
    expected = np.mean([np.log1p(np.exp(0 - 1.0)), np.log1p(np.exp(0 - 5.0))])
    assert softmax_loss(logits, positive, ignored).item() == pytest.approx(expected, rel=1e-5)


def test_the_loss_of_single_targets_is_the_general_one_even_where_a_target_was_had_before():
    logits = torch.randn(6, 9, generator=torch.Generator().manual_seed(0))
    ignored = torch.rand(6, 9, generator=torch.Generator().manual_seed(1)) < 0.3
    target = torch.tensor([0, 8, 3, 3, 5, 1])
    ignored[[0, 2], target[[0, 2]]] = True
    positive = torch.nn.functional.one_hot(target, 9).bool()
    expected = softmax_loss(logits, positive, ignored)
    torch.testing.assert_close(single_loss(logits.clone(), target, ignored), expected)


def test_the_diagonal_loss_is_the_general_one():
    logits = torch.randn(6, 6, generator=torch.Generator().manual_seed(0))
    ignored = (torch.rand(6, 6, generator=torch.Generator().manual_seed(1)) < 0.3) & ~torch.eye(6).bool()
    expected = softmax_loss(logits, torch.eye(6).bool(), ignored)
    torch.testing.assert_close(diagonal_loss(logits, ignored), expected)


def test_a_row_without_negatives_costs_nothing_and_has_a_gradient():
    logits = torch.zeros(1, 2, requires_grad=True)
    loss = softmax_loss(logits, torch.tensor([[True, True]]))
    loss.backward()
    assert loss.item() == 0
    assert torch.isfinite(logits.grad).all()


def test_log_inclusion_of_rare_and_certain():
    values = log_inclusion(torch.tensor([1e-6, 50.0]))
    assert values[0].item() == pytest.approx(np.log(1e-6), abs=1e-3)
    assert values[1].item() == pytest.approx(0, abs=1e-6)


def test_metrics_of_a_known_ranking():
    metrics = list_metrics([np.array([7]), np.array([1, 2])], np.array([[3, 7, 4], [5, 6, 8]]), 10)
    assert metrics["hr@10"] == 0.5
    assert metrics["ndcg@10"] == pytest.approx(0.5 / np.log2(3))
    assert metrics["recall@20"] == 0.5
    assert metrics["coverage@10"] == pytest.approx(0.6)


def test_top_positions_breaks_ties_by_column():
    assert top_positions(np.array([[1, 3, 3, 2]], np.float32), 3).tolist() == [[1, 2, 3]]


def test_bm25_prefers_the_rare_word_and_the_short_text():
    index = TextBaseline(["frozen pizza", "frozen peas and carrots and beans", "fresh bread"], ENGLISH)
    assert index.scores({"pizza": 1.0, "frozen": 1.0}).argsort()[::-1].tolist() == [0, 1, 2]
    assert not index.scores({"unheard": 1.0}).any()


def test_the_words_that_a_model_is_compared_with_have_the_forms_of_the_catalogues_language():
    """As in the index, so that a German shop's model does not win against words that no shopper would get."""
    texts = ["Ein neuer Schuh für das Kind", "Die Tasse für den Kaffee", "Der Mantel mit einem Kragen"]
    catalogue = Catalogue(["a", "b", "c"], texts, [{}, {}, {}])
    queries = QuerySet(np.arange(3), ["neue Schuhe", "Tassen"], [np.array([0]), np.array([1])])
    assert TextRetrieval(catalogue, queries).words()["ndcg@10"].tolist() == [1.0, 1.0]


def test_a_query_of_stop_words_alone_does_not_stop_an_evaluation():
    """Half the words of a film's title may be no more than that."""
    texts = ["The Who of It All", "Space Dog Goes Home", "Cat Food in Cans"]
    catalogue = Catalogue(["a", "b", "c"], texts, [{}, {}, {}])
    seed = read_artefact(seed_folder())
    queries = QuerySet(np.arange(3), ["the of", "space goes"], [np.array([0]), np.array([1])])
    dataset = Dataset(catalogue, NOTHING, NOTHING, NOTHING, "toy")
    vectors = RetrievalSystem(dataset, seed).search(queries)
    _, fused = TextRetrieval(catalogue, queries).model(*vectors)
    assert 0 < fused["ndcg@10"].mean() <= 1
