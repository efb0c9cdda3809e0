"""The settings that decide a pair model's shapes; without torch, so that they can be checked anywhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

KIND = "pairs"
"""The kind of a pair model, in its artefact's manifest."""
COMPARATORS = ("hadamard", "concat", "abs_diff")


@dataclass(frozen=True, slots=True)
class EncoderShape:
    """One encoder's settings."""

    network: str
    vocab_size: int
    max_seq_len: int
    token_dim: int
    layers: int
    filter_width: int


@dataclass(frozen=True, slots=True)
class PairShape:
    """The shape of a whole model, as the artefact's manifest holds it."""

    enc0: EncoderShape
    enc1: EncoderShape
    enc_dim: int
    comparators: tuple[str, ...]
    mlp_layers: int
    mlp_dim: int
    mlp_activation: str
    classes: int  # 0: a regression
    tied: bool
    sparse: bool = False  # gradients of the token tables, while training
    dropout: float = 0.0  # while training

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "PairShape":
        """Reads the manifest's value. Raises TypeError or KeyError if it describes no shape."""
        encoders = {name: EncoderShape(**value[name]) for name in ("enc0", "enc1")}
        return cls(**{**value, **encoders, "comparators": tuple(value["comparators"])})
