import pytest

from object2vec.training.hyperparameters import HyperparameterError, Hyperparameters, parse_hyperparameters


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
        ("epoch", "3", "supported are .*epochs"),
    ],
)
def test_errors_name_what_is_allowed(name, value, message):
    with pytest.raises(HyperparameterError, match=message):
        parse_hyperparameters({name: value})


def test_the_defaults_are_valid():
    assert parse_hyperparameters({}) == Hyperparameters()
