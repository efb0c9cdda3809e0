"""Hyperparameters of training on labelled pairs: AWS Object2Vec's, name by name, with AWS's defaults.

https://docs.aws.amazon.com/sagemaker/latest/dg/object2vec-hyperparameters.html. Wider here: vocabulary and
length may be left to the data, and there may be more than 30 classes. What is added stands at the end.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from object2vec.model.pairs.shape import COMPARATORS, EncoderShape, PairShape
from object2vec.training import hyperparameters
from object2vec.training.hyperparameter_set import Flag, HyperparameterError, HyperparameterSet

ALIASES = {"num_negative_samples": "negative_sampling_rate"}
_AUTO_LAYERS = {"hcnn": 4, "bilstm": 1, "pooled_embedding": 1}

Layers = Literal["auto", "1", "2", "3", "4"]
FileName = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9._]*$", description="a file name of letters, digits, underscores and periods"),
]
_SPARSE_OPTIMIZERS = ("adam", "adagrad", "sgd")


class PairHyperparameters(HyperparameterSet):
    """Validated settings of one training on pairs. Raises HyperparameterError."""

    # Not given: the longest sequence of the data, its highest id + 1.
    enc0_max_seq_len: int | None = Field(default=None, ge=1, le=5_000)
    enc0_vocab_size: int | None = Field(default=None, ge=2, le=3_000_000)
    enc0_network: Literal["hcnn", "bilstm", "pooled_embedding"] = "hcnn"
    enc0_layers: Layers = "auto"
    enc0_cnn_filter_width: int = Field(default=3, ge=1, le=9)
    enc0_token_embedding_dim: int = Field(default=300, ge=2, le=1_000)
    enc0_pretrained_embedding_file: FileName = ""
    enc0_vocab_file: FileName = ""
    enc0_freeze_pretrained_embedding: Flag = True
    # With enc1_network=enc0 whatever is not given for enc1 is taken from enc0; the weights stay separate.
    enc1_network: Literal["enc0", "hcnn", "bilstm", "pooled_embedding"] = "enc0"
    enc1_max_seq_len: int | None = Field(default=None, ge=1, le=5_000)
    enc1_vocab_size: int | None = Field(default=None, ge=2, le=3_000_000)
    enc1_layers: Layers = "auto"
    enc1_cnn_filter_width: int = Field(default=3, ge=1, le=9)
    enc1_token_embedding_dim: int = Field(default=300, ge=2, le=1_000)
    enc1_pretrained_embedding_file: FileName = ""
    enc1_vocab_file: FileName = ""
    enc1_freeze_pretrained_embedding: Flag = True
    enc_dim: int = Field(default=4_096, ge=4, le=10_000)
    tied_token_embedding_weight: Flag = False
    token_embedding_storage_type: Literal["dense", "row_sparse"] = "dense"  # noqa: S105  # no password
    comparator_list: str = "hadamard, concat, abs_diff"
    mlp_layers: int = Field(default=2, ge=0, le=10)
    mlp_dim: int = Field(default=512, ge=2, le=10_000)
    mlp_activation: Literal["tanh", "relu", "linear"] = "linear"
    output_layer: Literal["softmax", "mean_squared_error"] = "softmax"
    num_classes: int = Field(default=2, ge=2, le=10_000)  # AWS ends at 30
    negative_sampling_rate: int = Field(default=0, ge=0, le=1_000)
    optimizer: Literal["adam", "adagrad", "adadelta", "sgd", "rmsprop"] = "adam"
    learning_rate: float = Field(default=0.0004, ge=1e-6, le=1.0)
    mini_batch_size: int = Field(default=32, ge=1, le=10_000)
    epochs: int = Field(default=30, ge=1, le=100)
    early_stopping_patience: int = Field(default=3, ge=1, le=5)
    early_stopping_tolerance: float = Field(default=0.01, ge=1e-6, le=0.1)
    dropout: float = Field(default=0.0, ge=0.0, le=1.0)
    weight_decay: float = Field(default=0.0, ge=0.0, le=10_000.0)
    bucket_width: int = Field(default=0, ge=0, le=100)
    # ours
    seed: int = Field(default=0, ge=0, le=2**31 - 1)

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        names = self.comparators
        if not names or set(names) - set(COMPARATORS) or len(set(names)) < len(names):
            raise ValueError(
                f"comparator_list: {self.comparator_list!r} is no comma-separated list of"
                f" {', '.join(COMPARATORS)}, each at most once"
            )
        if self.sparse and self.optimizer not in _SPARSE_OPTIMIZERS:
            raise ValueError(
                f"token_embedding_storage_type=row_sparse goes with optimizer"
                f" {' or '.join(_SPARSE_OPTIMIZERS)}, not {self.optimizer}"
            )
        if self.tied_token_embedding_weight:
            self._check_tied()
        return self

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
        default = type(self).model_fields[f"enc1_{name}"].default
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
                raise ValueError(
                    "tied_token_embedding_weight=true is one table for both encoders:"
                    f" enc0_{name} and enc1_{name} must be the same"
                )


def parse_pair_hyperparameters(values: Mapping[str, Any]) -> PairHyperparameters:
    """The hyperparameters in hyperparameters.json. Raises HyperparameterError."""
    return PairHyperparameters.parse(values, ALIASES)


def check_either(values: Mapping[str, Any]) -> None:
    """Checks settings before anybody knows whether a catalogue or pairs will be trained on: one of the two
    must take them. Raises HyperparameterError, with the catalogue's sentence."""
    try:
        hyperparameters.parse_hyperparameters(values)
    except HyperparameterError:
        try:
            parse_pair_hyperparameters(values)
        except HyperparameterError:
            pass
        else:
            return
        raise
