"""The hyperparameters for AWS's own Object2Vec image (algorithm=builtin): the stack's and a deployment's.

https://docs.aws.amazon.com/sagemaker/latest/dg/object2vec-hyperparameters.html
"""

from collections.abc import Mapping

from object2vec.training.hyperparameters import HyperparameterError
from object2vec.training.pairs.hyperparameters import parse_pair_hyperparameters

VOCABULARY = 29_524
"""Ids of the tokenizer that ships with the library, and 0, which AWS's examples pad with."""
LONGEST = 64
_ALIASES = {"num_negative_samples": "negative_sampling_rate"}
_OF_THE_DATA = {
    "num_classes": "2",
    **{
        f"enc{side}_{name}": value
        for side in (0, 1)
        for name, value in (
            ("vocab_size", str(VOCABULARY)),
            ("vocab_file", "words.json"),
            ("pretrained_embedding_file", "words.txt"),
            ("token_embedding_dim", "128"),
        )
    },
}
"""Hyperparameters that fit the files which the pairs job writes: no deployment may choose them. Nor may it
choose `seed`, which is ours: AWS's image refuses names that it does not know."""
HYPERPARAMETERS = {
    **_OF_THE_DATA,
    **{
        f"enc{side}_{name}": value
        for side in (0, 1)
        for name, value in (
            ("network", "pooled_embedding"),
            ("max_seq_len", str(LONGEST)),
            ("freeze_pretrained_embedding", "false"),
        )
    },
    "enc_dim": "128",
    "comparator_list": "hadamard",
    "mlp_layers": "0",
    "output_layer": "softmax",
    "negative_sampling_rate": "4",
    "optimizer": "adam",
    "learning_rate": "0.001",
    "mini_batch_size": "256",
    "epochs": "10",
    "early_stopping_patience": "2",
    "early_stopping_tolerance": "0.001",
}
"""AWS's names. Only the product is compared, so that a high score means similar vectors."""


def with_defaults(chosen: Mapping[str, str]) -> dict[str, str]:
    """The stack's values, and over them those that a deployment chose, under AWS's names."""
    return HYPERPARAMETERS | {_ALIASES.get(name, name): value for name, value in chosen.items()}


def reason_refused(chosen: Mapping[str, str]) -> str:
    """The reason why a training with these would fail; empty if it would not."""
    if fixed := sorted({*_OF_THE_DATA, "seed"} & {*chosen}):
        return f"{', '.join(fixed)}: not to be chosen with algorithm=builtin; leave out"
    try:
        parse_pair_hyperparameters(with_defaults(chosen))
    except HyperparameterError as error:
        return f"{error} (algorithm=builtin, together with the stack's own)"
    return ""
