import pytest

from object2vec.training.hyperparameters import HyperparameterError, Hyperparameters, parse_hyperparameters
from object2vec.training.pairs.hyperparameters import check_either


def test_strings_become_typed_values():
    settings = parse_hyperparameters(
        {
            "epochs": " 3 ",
            "learning_rate": "1e-3",
            "tied_token_embedding_weight": "TRUE",
            "sagemaker_region": "x",
        }
    )
    assert (settings.epochs, settings.learning_rate, settings.tied_token_embedding_weight) == (3, 0.001, True)


def test_the_alias_of_the_article():
    assert parse_hyperparameters({"num_negative_samples": "2"}).negative_sampling_rate == 2
    with pytest.raises(HyperparameterError, match="given twice"):
        parse_hyperparameters({"num_negative_samples": "2", "negative_sampling_rate": "2"})


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("epochs", "0", "not between 1 and 100"),
        ("epochs", "1.5", "not a whole number"),
        ("learning_rate", "nan", "not between"),
        ("enc0_network", "hcnn", "use pooled_embedding"),
        ("optimizer", "adadelta", "use adam"),
        ("tied_token_embedding_weight", "yes", "neither true nor false"),
        ("tied_token_embedding_weight", "false", "only true"),
        ("epoch", "3", "did you mean epochs.*supported are .*epochs"),
        ("num_negatives", "3", "not supported; did you mean"),
        ("recency_half_lives", "1, 0.0", "not auto or numbers above 0"),
        ("category_field", "x" * 257, "not the name of a metadata field"),
    ],
)
def test_errors_name_what_is_allowed(name, value, message):
    with pytest.raises(HyperparameterError, match=message):
        parse_hyperparameters({name: value})


@pytest.mark.parametrize("text", ["auto", "0.5", "1, 16,256", "100.0"])
def test_half_lives_are_auto_or_numbers_above_0(text):
    assert parse_hyperparameters({"recency_half_lives": text}).recency_half_lives == text


def test_a_changed_set_is_checked_again():
    assert Hyperparameters().replace(epochs=7).epochs == 7
    with pytest.raises(HyperparameterError, match="epochs: 0 is not between 1 and 100"):
        Hyperparameters().replace(epochs=0)


def test_before_anything_runs_either_kind_of_training_may_take_the_settings():
    check_either({"epochs": "2", "mlp_dim": "64"})
    check_either({"epochs": "2", "word_rate": "0.5"})
    with pytest.raises(HyperparameterError, match="did you mean epochs"):
        check_either({"epoch": "2"})


def test_the_defaults_are_valid():
    assert parse_hyperparameters({}) == Hyperparameters()
