"""Hyperparameters of training on labelled pairs: AWS Object2Vec's, name by name, with AWS's defaults.

https://docs.aws.amazon.com/sagemaker/latest/dg/object2vec-hyperparameters.html. Wider here: vocabulary and
length may be left to the data, and there may be more than 30 classes. What is added stands at the end.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from object2vec.model.pairs.shape import COMPARATORS, EncoderShape, PairShape
from object2vec.training.settings import (
    HyperparameterError,
    Settings,
    choice,
    number,
    optional_number,
    pattern,
)

ALIASES = {"num_negative_samples": "negative_sampling_rate"}
_FILE = (r"[A-Za-z0-9._]*", "a file name of letters, digits, underscores and periods")
_AUTO_LAYERS = {"hcnn": 4, "bilstm": 1, "pooled_embedding": 1}
_LAYERS = ("auto", "1", "2", "3", "4")
_SPARSE_OPTIMIZERS = ("adam", "adagrad", "sgd")


@dataclass(frozen=True, kw_only=True)
class PairHyperparameters(Settings):
    """Validated settings of one training on pairs. Raises HyperparameterError."""

    enc0_max_seq_len: int | None = optional_number(1, 5_000)  # the longest sequence of the data if not given
    enc0_vocab_size: int | None = optional_number(2, 3_000_000)  # the data's highest id + 1 if not given
    enc0_network: str = choice("hcnn", "hcnn", "bilstm", "pooled_embedding")
    enc0_layers: str = choice("auto", *_LAYERS)
    enc0_cnn_filter_width: int = number(1, 9, 3)
    enc0_token_embedding_dim: int = number(2, 1_000, 300)
    enc0_pretrained_embedding_file: str = pattern("", *_FILE)
    enc0_vocab_file: str = pattern("", *_FILE)
    enc0_freeze_pretrained_embedding: bool = True
    # With enc1_network=enc0 all that is not given for enc1 is that of enc0; the weights are always its own.
    enc1_network: str = choice("enc0", "enc0", "hcnn", "bilstm", "pooled_embedding")
    enc1_max_seq_len: int | None = optional_number(1, 5_000)
    enc1_vocab_size: int | None = optional_number(2, 3_000_000)
    enc1_layers: str = choice("auto", *_LAYERS)
    enc1_cnn_filter_width: int = number(1, 9, 3)
    enc1_token_embedding_dim: int = number(2, 1_000, 300)
    enc1_pretrained_embedding_file: str = pattern("", *_FILE)
    enc1_vocab_file: str = pattern("", *_FILE)
    enc1_freeze_pretrained_embedding: bool = True
    enc_dim: int = number(4, 10_000, 4_096)
    tied_token_embedding_weight: bool = False
    token_embedding_storage_type: str = choice("dense", "dense", "row_sparse")
    comparator_list: str = "hadamard, concat, abs_diff"
    mlp_layers: int = number(0, 10, 2)
    mlp_dim: int = number(2, 10_000, 512)
    mlp_activation: str = choice("linear", "tanh", "relu", "linear")
    output_layer: str = choice("softmax", "softmax", "mean_squared_error")
    num_classes: int = number(2, 10_000, 2)  # AWS ends at 30
    negative_sampling_rate: int = number(0, 1_000, 0)
    optimizer: str = choice("adam", "adam", "adagrad", "adadelta", "sgd", "rmsprop")
    learning_rate: float = number(1e-6, 1.0, 0.0004)
    mini_batch_size: int = number(1, 10_000, 32)
    epochs: int = number(1, 100, 30)
    early_stopping_patience: int = number(1, 5, 3)
    early_stopping_tolerance: float = number(1e-6, 0.1, 0.01)
    dropout: float = number(0.0, 1.0, 0.0)
    weight_decay: float = number(0.0, 10_000.0, 0.0)
    bucket_width: int = number(0, 100, 0)
    # ours
    seed: int = number(0, 2**31 - 1, 0)

    def __post_init__(self) -> None:
        super().__post_init__()
        names = self.comparators
        if not names or set(names) - set(COMPARATORS) or len(set(names)) < len(names):
            raise HyperparameterError(
                f"comparator_list: {self.comparator_list!r} is no comma-separated list of"
                f" {', '.join(COMPARATORS)}, each at most once"
            )
        if self.sparse and self.optimizer not in _SPARSE_OPTIMIZERS:
            raise HyperparameterError(
                f"token_embedding_storage_type=row_sparse goes with optimizer"
                f" {' or '.join(_SPARSE_OPTIMIZERS)}, not {self.optimizer}"
            )
        if self.tied_token_embedding_weight:
            self._check_tied()

    @property
    def comparators(self) -> tuple[str, ...]:
        """`comparator_list` in its order."""
        return tuple(name.strip() for name in self.comparator_list.split(",") if name.strip())

    @property
    def sparse(self) -> bool:
        """Whether the token tables get row-sparse gradients; AWS turns bucketing off then."""
        return self.token_embedding_storage_type == "row_sparse"  # noqa: S105  # no password

    @property
    def regression(self) -> bool:
        """Whether labels are numbers to come close to."""
        return self.output_layer == "mean_squared_error"

    def of(self, side: int, name: str) -> Any:
        """An encoder's setting, `vocab_size` say; that of enc0 where enc1 takes it from there."""
        value = getattr(self, f"enc{side}_{name}")
        if side == 0 or self.enc1_network != "enc0":
            return value
        default = type(self).__dataclass_fields__[f"enc1_{name}"].default
        return getattr(self, f"enc0_{name}") if value == default else value

    def shape(self, vocab_sizes: tuple[int, int], max_seq_lens: tuple[int, int]) -> PairShape:
        """The network these settings describe, for data of these sizes."""
        enc0, enc1 = (self._encoder(s, vocab_sizes[s], max_seq_lens[s]) for s in (0, 1))
        return PairShape(
            enc0=enc0,
            enc1=enc1,
            enc_dim=self.enc_dim,
            comparators=self.comparators,
            mlp_layers=self.mlp_layers,
            mlp_dim=self.mlp_dim,
            mlp_activation=self.mlp_activation,
            classes=0 if self.regression else self.num_classes,
            tied=self.tied_token_embedding_weight,
            sparse=self.sparse,
            dropout=self.dropout,
        )

    def _encoder(self, side: int, vocab_size: int, max_seq_len: int) -> EncoderShape:
        network, layers = self.of(side, "network"), self.of(side, "layers")
        return EncoderShape(
            network=network,
            vocab_size=vocab_size,
            max_seq_len=max_seq_len,
            token_dim=self.of(side, "token_embedding_dim"),
            layers=_AUTO_LAYERS[network] if layers == "auto" else int(layers),
            filter_width=self.of(side, "cnn_filter_width"),
        )

    def _check_tied(self) -> None:
        for name in ("vocab_size", "token_embedding_dim", "pretrained_embedding_file", "vocab_file"):
            if self.of(0, name) != self.of(1, name):
                raise HyperparameterError(
                    "tied_token_embedding_weight=true is one table for both encoders:"
                    f" enc0_{name} and enc1_{name} must be the same"
                )


def parse_pair_hyperparameters(values: Mapping[str, Any]) -> PairHyperparameters:
    """From hyperparameters.json. Raises HyperparameterError."""
    return PairHyperparameters.parse(values, ALIASES)
