"""Training with each session encoder, on a log where only the order says what comes next."""

import numpy as np
import pytest

from object2vec.core.time import DAY_S
from object2vec.model.retrieval.artefact import read_artefact
from object2vec.model.retrieval.forward import Weights
from object2vec.training.dataset import Interactions, read_dataset
from object2vec.training.evaluation.systems import features_of, model_scorer
from object2vec.training.fit import fit
from object2vec.training.holdouts import holdout, rankable
from object2vec.training.hyperparameters import HyperparameterError, Hyperparameters
from object2vec.training.ranking_metrics import ranking_metrics
from object2vec.training.session_encoders import better, session_encoders
from object2vec.training.tasks.next_item import NextItemSettings, NextItemTask
from object2vec.training.trainer import TrainingResult
from tests.helpers.sequences import bare_items, turning_chain
from tests.helpers.shops import fit_with_an_interruption, two_clusters

SETTINGS = Hyperparameters(
    enc_dim=32, epochs=6, mini_batch_size=128, early_stopping_patience=5, distillation="off", time_limit=1e4,
)  # fmt: skip


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    return read_dataset(turning_chain(tmp_path_factory.mktemp("chain") / "data"))


@pytest.fixture(scope="module")
def clusters(tmp_path_factory):
    return read_dataset(two_clusters(tmp_path_factory.mktemp("shop") / "data", texts=True))


@pytest.fixture(scope="module")
def chosen(chain, seed_folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("auto")
    fit(chain, seed_folder, out, SETTINGS)
    return out


def _ndcg(dataset, folder):
    artefact = read_artefact(folder)
    past = dataset.train.merged(dataset.validation)
    allowed = rankable(past.popularity(len(dataset.catalogue)))
    users = holdout(past, dataset.test, allowed)
    scorer = model_scorer(artefact, features_of(dataset, artefact), users)
    return ranking_metrics(users.relevant, scorer, allowed)["ndcg@10"]


def test_auto_takes_attention_where_it_sees_what_no_mean_can(chain, chosen):
    manifest = read_artefact(chosen).manifest
    found = manifest.metrics["validation_ndcg_by_session_encoder"]
    assert found["attention"] > 1.5 * found["pooled"] > 0
    assert manifest.hyperparameters["session_encoder"] == "attention"
    assert manifest.metrics["validation_ndcg"] == found["attention"]
    assert "session encoder: attention" in (chosen / "model_card.md").read_text()
    assert _ndcg(chain, chosen) > 1.5 * found["pooled"]


def test_training_goes_on_from_an_earlier_attention(chain, chosen, seed_folder, tmp_path):
    one = SETTINGS.replace(epochs=1, session_encoder="attention")
    fresh, _ = fit(chain, seed_folder, tmp_path / "fresh", one)
    later, _ = fit(chain, chosen, tmp_path / "later", one)
    assert later.metrics["validation_ndcg"] > 1.2 * fresh.metrics["validation_ndcg"]


def test_attention_of_another_depth_starts_anew(chain, chosen, tmp_path):
    deeper = SETTINGS.replace(epochs=1, session_encoder="attention", attention_blocks=2, learning_rate=1e-6)
    fit(chain, chosen, tmp_path, deeper)
    attention = read_artefact(tmp_path).weights.attention
    assert attention.blocks == 2
    assert np.abs(attention.head).max() < 1e-3


def test_an_earlier_model_with_attention_can_be_pooled_again(chain, chosen, tmp_path):
    fit(chain, chosen, tmp_path, SETTINGS.replace(epochs=1, session_encoder="pooled"))
    assert read_artefact(tmp_path).weights.attention is None


def test_an_interrupted_training_with_attention_ends_like_one_that_was_not(clusters, seed_folder, tmp_path):
    settings = Hyperparameters(
        enc_dim=16, epochs=3, mini_batch_size=64, early_stopping_patience=5, session_encoder="attention"
    )
    whole, _ = fit(clusters, seed_folder, tmp_path / "whole", settings)
    resumed, _ = fit_with_an_interruption(clusters, seed_folder, tmp_path, settings, at_step=12)
    assert resumed.version == whole.version
    assert whole.format_version == 3


def _events(users, items):
    return Interactions(np.array(users), np.array(items), np.arange(len(users)) * DAY_S)


def test_auto_tries_both_only_where_the_order_can_matter_and_enough_people_tell():
    auto, once = Hyperparameters(), _events([0, 0, 1, 1], [1, 2, 3, 4])
    assert session_encoders(auto, once, users=200) == ("pooled", "attention")
    assert session_encoders(auto, once, users=199) == ("pooled",)
    assert session_encoders(auto, _events([0, 0, 0, 0], [1, 1, 2, 1]), users=200) == ("pooled",)
    assert session_encoders(auto.replace(session_order="any"), once, users=200) == ("pooled",)
    asked = auto.replace(session_encoder="attention")
    assert session_encoders(asked, once, users=0) == ("attention",)


def test_of_equal_encoders_the_simpler_is_kept():
    results = {
        name: TrainingResult(Weights(np.zeros((1, 4), np.float32))) for name in ("pooled", "attention")
    }
    for result in results.values():
        result.validation = 0.25
    assert better(results) == "pooled"
    results["attention"].validation = 0.26
    assert better(results) == "attention"


def test_attention_without_an_order_is_refused():
    with pytest.raises(HyperparameterError, match="session_order=any says that there is none; use pooled"):
        Hyperparameters(session_encoder="attention", session_order="any")


@pytest.mark.parametrize("attended", [3, 100])
def test_a_batch_shows_attention_what_each_session_had(attended):
    """A session's newest event in the batch is its newest, with all before it that it depends on."""
    items = np.random.default_rng(0).permutation(100)[:60]
    features = bare_items(100)
    settings = NextItemSettings(
        batch_size=64,
        negatives=0,
        max_history=50,
        half_lives=[1e9],
        id_dropout=0.0,
        temperature=1.0,
        value_power=0.0,
        ordered=True,
        attended=attended,
    )
    task = NextItemTask(_events([0] * 60, items), features, settings, rng=np.random.default_rng(1))
    place = {int(item): at for at, item in enumerate(items)}
    visited = 0
    for batch in task.epoch():
        known = np.unique(items)
        width = batch.latest.events.shape[1]
        for row, newest in enumerate(batch.latest.newest.tolist()):
            target = place[int(known[batch.positive[row].nonzero()[0, 0]])]
            window, at = divmod(newest, width)
            shown = known[batch.latest.events[window, : at + 1].numpy()]
            expected = items[max(target - len(shown), 0) : target]
            np.testing.assert_array_equal(shown, expected)
            assert len(shown) >= min(attended, target)
            visited += 1
    assert visited == 59
