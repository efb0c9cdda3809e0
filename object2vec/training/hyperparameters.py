"""Hyperparameters of training on a catalogue: AWS Object2Vec's names and ranges, our defaults and additions.

Names, ranges: https://docs.aws.amazon.com/sagemaker/latest/dg/object2vec-hyperparameters.html
The defaults below are ours, tuned for in-batch negatives on a shared table; AWS's (batch 32, learning rate
0.0004, enc_dim 4096, hcnn) belong to another loss and are kept where people bring AWS's own pairs
(object2vec/training/pairs/hyperparameters.py, docs/adr/0008-pairs.md).
"""

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import Field, model_validator

from object2vec.training.hyperparameter_set import Flag, HyperparameterError, HyperparameterSet

__all__ = ["HyperparameterError", "Hyperparameters", "parse_hyperparameters"]

_POSITIVE = r"0*([1-9][0-9]*(\.[0-9]+)?|0\.[0-9]*[1-9][0-9]*)"
_HALF_LIVES = rf"^(auto|{_POSITIVE}(\s*,\s*{_POSITIVE})*)$"
ALIASES = {"num_negative_samples": "negative_sampling_rate"}

SEQUENCE, HABIT = "1, 4, 16, 64, 256", "100"


class Hyperparameters(HyperparameterSet):
    """Validated settings of one training."""

    enc_dim: int = Field(default=128, ge=4, le=10_000)
    enc0_network: Literal["pooled_embedding"] = "pooled_embedding"
    enc1_network: Literal["pooled_embedding", "enc0"] = "pooled_embedding"
    enc0_max_seq_len: int = Field(default=256, ge=1, le=5_000)  # items of a session
    tied_token_embedding_weight: Flag = True
    optimizer: Literal["adam"] = "adam"
    learning_rate: float = Field(default=0.0025, ge=1e-6, le=1.0)
    mini_batch_size: int = Field(default=256, ge=1, le=10_000)
    epochs: int = Field(default=5, ge=1, le=100)
    early_stopping_patience: int = Field(default=2, ge=1, le=5)
    early_stopping_tolerance: float = Field(default=0.001, ge=1e-6, le=0.1)
    weight_decay: float = Field(default=0.0, ge=0.0, le=10_000.0)
    # The weights are a running mean over about so many epochs; 0: those of the latest step.
    average_epochs: float = Field(default=0.5, ge=0.0, le=100.0)
    # Random items for each session, shared by the batch.
    negative_sampling_rate: float = Field(default=4.0, ge=0.0, le=1_000.0)
    # ours
    task_weight_next_item: float = Field(default=1.0, ge=0.0, le=1_000.0)
    task_weight_similarity: float = Field(default=0.0, ge=0.0, le=1_000.0)
    task_weight_text: float = Field(default=0.5, ge=0.0, le=1_000.0)
    # Pictures, or other vectors of the shop: from an item's picture to its text, and back.
    task_weight_picture: float = Field(default=1.0, ge=0.0, le=1_000.0)
    task_weight_distillation: float = Field(default=1.0, ge=0.0, le=1_000.0)
    reviews_weight: float = Field(default=0.3, ge=0.0, le=1.0)  # of an item's reviews; its text has weight 1
    category_field: str = Field(
        default="category", pattern=r"^.{0,256}$", description="the name of a metadata field, or nothing"
    )
    # Whether a sentence transformer teaches the words first: auto does so where its packages are installed.
    distillation: Literal["auto", "on", "off"] = "auto"
    distillation_budget: float = Field(default=300.0, ge=0.0, le=1e9)  # seconds the teacher may read
    # Words learn at this share of the rate: at the full rate they would unlearn what the seed knows of them.
    word_rate: float = Field(default=0.3, ge=0.0, le=1.0)
    temperature: float = Field(default=0.07, ge=0.001, le=10.0)  # of next item
    text_temperature: float = Field(default=0.07, ge=0.001, le=10.0)
    # How many of its nearest other texts each text brings into its batch as negatives; 0: random ones alone.
    hard_negatives: int = Field(default=0, ge=0, le=100)
    # The same for the items to be found; used where negatives are sampled (catalogues over 4,096 items).
    hard_items: int = Field(default=0, ge=0, le=100)
    # Weight of a linear autoencoder of the log as a second teacher (what users took has weight 1). Used for
    # sets (session_order=any) of up to 4,096 items, where nobody comes back to an item.
    linear_teacher: float = Field(default=0.4, ge=0.0, le=1_000.0)
    # Share of the items of a next-item batch that must do without their own row, as a new item must.
    id_dropout: float = Field(default=0.1, ge=0.0, le=1.0)
    # In items, the time scales of a session: what was last, recent, usual. auto: SEQUENCE where
    # people do not come back to items, as with films, HABIT where they do, as with groceries.
    recency_half_lives: str = Field(
        default="auto", pattern=_HALF_LIVES, description="auto or numbers above 0, as in 1, 16, 256"
    )
    # What makes a session's vector: weighted means of its items, attention over them (their order) beside the
    # means, or auto: whichever finds more of this log's own held-out purchases.
    session_encoder: Literal["auto", "pooled", "attention"] = "auto"
    attention_blocks: int = Field(default=1, ge=1, le=2)
    dropout: float = Field(default=0.2, ge=0.0, le=1.0)  # of attention, while training
    # Whether a session is a sequence in time, or a set, as with ratings that were given at one sitting.
    session_order: Literal["time", "any"] = "time"
    # How much EVENT_VALUE (a rating, say) counts: an item weighs (value / median)^power; 0: all the same.
    event_value_power: float = Field(default=0.0, ge=0.0, le=4.0)
    seed: int = Field(default=0, ge=0, le=2**31 - 1)
    # Seconds of training; where it binds, the learning rate still comes to its end.
    time_limit: float = Field(default=3600.0, ge=1.0, le=1e9)

    @model_validator(mode="after")
    def _tied(self) -> Self:
        if not self.tied_token_embedding_weight:
            raise ValueError("tied_token_embedding_weight: only true is supported")
        if self.session_encoder == "attention" and self.session_order == "any":
            raise ValueError(
                "session_encoder: attention learns from the order of events, and session_order=any says that"
                " there is none; use pooled or auto, or session_order=time"
            )
        return self

    @property
    def half_lives(self) -> tuple[float, ...]:
        """`recency_half_lives` as numbers; in a set nothing is older than anything else.
        `fit` replaces auto before it is read."""
        if self.session_order == "any":
            return (1e9,)
        return tuple(float(part) for part in self.recency_half_lives.split(","))


def parse_hyperparameters(values: Mapping[str, str]) -> Hyperparameters:
    """Reads hyperparameters.json.

    Raises HyperparameterError for an unknown name, a value of the wrong type or out of range."""
    return Hyperparameters.parse(values, ALIASES)
