import pytest

from object2vec.training.hyperparameter_set import HyperparameterError
from object2vec.training.pairs.hyperparameters import PairHyperparameters, parse_pair_hyperparameters

AWS_DEFAULTS = {
    "bucket_width": 0, "comparator_list": "hadamard, concat, abs_diff", "dropout": 0.0,
    "early_stopping_patience": 3, "early_stopping_tolerance": 0.01, "enc_dim": 4096, "enc0_network": "hcnn",
    "enc0_cnn_filter_width": 3, "enc0_freeze_pretrained_embedding": True, "enc0_layers": "auto",
    "enc0_pretrained_embedding_file": "", "enc0_token_embedding_dim": 300, "enc0_vocab_file": "",
    "enc1_network": "enc0", "enc1_cnn_filter_width": 3, "enc1_freeze_pretrained_embedding": True,
    "enc1_layers": "auto", "enc1_pretrained_embedding_file": "", "enc1_token_embedding_dim": 300,
    "enc1_vocab_file": "", "epochs": 30, "learning_rate": 0.0004, "mini_batch_size": 32,
    "mlp_activation": "linear", "mlp_dim": 512, "mlp_layers": 2, "negative_sampling_rate": 0,
    "num_classes": 2, "optimizer": "adam", "output_layer": "softmax", "tied_token_embedding_weight": False,
    "token_embedding_storage_type": "dense", "weight_decay": 0.0,
}  # fmt: skip
"""https://docs.aws.amazon.com/sagemaker/latest/dg/object2vec-hyperparameters.html"""


def test_names_and_defaults_are_those_of_aws():
    settings = parse_pair_hyperparameters({})
    assert {name: getattr(settings, name) for name in AWS_DEFAULTS} == AWS_DEFAULTS
    names = set(PairHyperparameters.model_fields)
    required = {f"enc{side}_{name}" for side in (0, 1) for name in ("max_seq_len", "vocab_size")}
    assert names == AWS_DEFAULTS.keys() | required | {"seed"}


def test_aws_own_example_is_taken_as_it_is():
    """The hyperparameters of AWS's document-embedding notebook."""
    settings = parse_pair_hyperparameters({
        "_kvstore": "device", "_num_gpus": "auto", "_num_kv_servers": "auto", "bucket_width": "0",
        "dropout": "0.4", "early_stopping_patience": "2", "early_stopping_tolerance": "0.01",
        "enc0_layers": "auto", "enc0_max_seq_len": "50", "enc0_network": "pooled_embedding",
        "enc0_pretrained_embedding_file": "", "enc0_token_embedding_dim": "300", "enc0_vocab_size": "267522",
        "enc1_network": "enc0", "enc_dim": "300", "epochs": "20", "learning_rate": "0.01",
        "mini_batch_size": "512", "mlp_activation": "relu", "mlp_dim": "512", "mlp_layers": "2",
        "num_classes": "2", "optimizer": "adam", "output_layer": "softmax", "weight_decay": "0",
        "negative_sampling_rate": "3", "tied_token_embedding_weight": "true", "comparator_list": "hadamard",
        "token_embedding_storage_type": "row_sparse",
    })  # fmt: skip
    shape = settings.shape((267522, 267522), (50, 50))
    assert shape.comparators == ("hadamard",)
    assert shape.enc1 == shape.enc0
    assert (shape.tied, shape.sparse) == (True, True)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("enc_dim", 4, 10_000), ("enc0_max_seq_len", 1, 5_000), ("enc0_vocab_size", 2, 3_000_000),
        ("enc0_cnn_filter_width", 1, 9), ("enc0_token_embedding_dim", 2, 1_000), ("mlp_layers", 0, 10),
        ("mlp_dim", 2, 10_000), ("mini_batch_size", 1, 10_000), ("epochs", 1, 100), ("dropout", 0.0, 1.0),
        ("early_stopping_patience", 1, 5), ("early_stopping_tolerance", 1e-6, 0.1), ("bucket_width", 0, 100),
        ("learning_rate", 1e-6, 1.0), ("weight_decay", 0.0, 10_000.0),
    ],
)  # fmt: skip
def test_ranges_are_those_of_aws(name, low, high):
    for value in (low, high):
        parse_pair_hyperparameters({name: str(value)})
    for value in (low - 1, high + 1):
        with pytest.raises(HyperparameterError, match=f"{name}: .* is not between {low:,} and {high:,}"):
            parse_pair_hyperparameters({name: str(value)})


@pytest.mark.parametrize(
    ("values", "match"),
    [
        ({"enc0_network": "cnn"}, "use hcnn or bilstm or pooled_embedding"),
        ({"enc0_network": "enc0"}, "use hcnn"),
        ({"enc0_layers": "5"}, "use auto or 1 or 2 or 3 or 4"),
        ({"optimizer": "adamw"}, "use adam or adagrad or adadelta or sgd or rmsprop"),
        ({"output_layer": "mse"}, "use softmax or mean_squared_error"),
        ({"comparator_list": "hadamard, cosine"}, "list of hadamard, concat, abs_diff"),
        ({"comparator_list": ""}, "list of hadamard"),
        ({"comparator_list": "concat,concat"}, "each at most once"),
        ({"tied_token_embedding_weight": "yes"}, "neither true nor false"),
        ({"enc0_vocab_file": "../x"}, "letters, digits"),
        ({"negative_sampling_rate": "1.5"}, "not a whole number"),
        ({"learning_rate": "nan"}, "not between"),
        ({"token_embedding_storage_type": "row_sparse", "optimizer": "rmsprop"}, "adam or adagrad or sgd"),
        ({"tied_token_embedding_weight": "True", "enc0_vocab_size": "5", "enc1_vocab_size": "6"}, "the same"),
        ({"enc0_vocabsize": "5"}, "supported are .*enc0_vocab_size"),
        ({"num_negative_samples": "1", "negative_sampling_rate": "1"}, "given twice"),
    ],
)
def test_errors_name_what_is_allowed(values, match):
    with pytest.raises(HyperparameterError, match=match):
        parse_pair_hyperparameters(values)


def test_enc1_takes_from_enc0_what_is_not_given():
    settings = PairHyperparameters(
        enc0_network="bilstm", enc0_token_embedding_dim=50, enc0_vocab_size=10, enc1_vocab_size=20
    )
    shape = settings.shape((settings.of(0, "vocab_size"), settings.of(1, "vocab_size")), (4, 4))
    assert (shape.enc1.network, shape.enc1.token_dim, shape.enc1.layers) == ("bilstm", 50, 1)
    assert (shape.enc0.vocab_size, shape.enc1.vocab_size) == (10, 20)
    own = PairHyperparameters(enc0_token_embedding_dim=50, enc1_network="pooled_embedding")
    assert own.shape((10, 10), (4, 4)).enc1.token_dim == 300


@pytest.mark.parametrize("text", ["True", "true", "TRUE"])
def test_booleans_in_any_case(text):
    assert parse_pair_hyperparameters({"tied_token_embedding_weight": text}).tied_token_embedding_weight
