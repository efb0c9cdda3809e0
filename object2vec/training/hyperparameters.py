"""Hyperparameters of training on a catalogue: AWS Object2Vec's names and ranges, our defaults and additions.

Names, ranges: https://docs.aws.amazon.com/sagemaker/latest/dg/object2vec-hyperparameters.html
The defaults below are ours, tuned for in-batch negatives on a shared table; AWS's (batch 32, learning rate
0.0004, enc_dim 4096, hcnn) belong to another loss and are kept where people bring AWS's own pairs
(object2vec/training/pairs/hyperparameters.py, docs/adr on two sets of defaults).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from object2vec.training.settings import HyperparameterError, Settings, choice, number, pattern

__all__ = ["HyperparameterError", "Hyperparameters", "parse_hyperparameters"]

_POSITIVE = r"(?=[0-9.]*[1-9])[0-9]+(\.[0-9]+)?"
ALIASES = {"num_negative_samples": "negative_sampling_rate"}


SEQUENCE, HABIT = "1, 4, 16, 64, 256", "100"


@dataclass(frozen=True, kw_only=True)
class Hyperparameters(Settings):
    """Validated settings of one training."""

    enc_dim: int = number(4, 10_000, 128)
    enc0_network: str = choice("pooled_embedding", "pooled_embedding")
    enc1_network: str = choice("pooled_embedding", "pooled_embedding", "enc0")
    enc0_max_seq_len: int = number(1, 5_000, 256)  # items of a session that training looks back to
    tied_token_embedding_weight: bool = True
    optimizer: str = choice("adam", "adam")
    learning_rate: float = number(1e-6, 1.0, 0.0025)
    mini_batch_size: int = number(1, 10_000, 256)
    epochs: int = number(1, 100, 5)
    early_stopping_patience: int = number(1, 5, 2)
    early_stopping_tolerance: float = number(1e-6, 0.1, 0.001)
    weight_decay: float = number(0.0, 10_000.0, 0.0)
    # The weights are a running mean over about so many epochs; 0: those of the latest step.
    average_epochs: float = number(0.0, 100.0, 0.5)
    negative_sampling_rate: float = number(0.0, 1_000.0, 4.0)  # random items a session, shared by the batch
    # ours
    task_weight_next_item: float = number(0.0, 1_000.0, 1.0)
    task_weight_similarity: float = number(0.0, 1_000.0, 0.0)
    task_weight_text: float = number(0.0, 1_000.0, 0.5)
    task_weight_distillation: float = number(0.0, 1_000.0, 1.0)
    reviews_weight: float = number(0.0, 1.0, 0.3)  # of an item's reviews, beside 1 for its text
    category_field: str = pattern("category", r".{0,256}", "the name of a metadata field, or nothing")
    # Whether a sentence transformer teaches the words first: auto does so where its packages are installed.
    distillation: str = choice("auto", "auto", "on", "off")
    distillation_budget: float = number(0.0, 1e9, 300.0)  # seconds the teacher may read
    # Words learn at a share of the rate: the seed knows them already, and full speed unlearns what it knows.
    word_rate: float = number(0.0, 1.0, 0.3)
    temperature: float = number(0.001, 10.0, 0.07)  # of next item
    text_temperature: float = number(0.001, 10.0, 0.07)
    # Of each text, how many of its nearest others come into its batch as negatives; 0: what is drawn there.
    hard_negatives: int = number(0, 100, 0)
    # Of each item to find, how many of its nearest others come along; where items are sampled (over 4,096).
    hard_items: int = number(0, 100, 0)
    # Weight of what a linear autoencoder of the log says, beside what users took; of sets (session_order any)
    # where all items are told apart (up to 4,096) and nobody comes back to one.
    linear_teacher: float = number(0.0, 1_000.0, 0.4)
    # Share of the items of a next-item batch that have to do with their words, as a new item must.
    id_dropout: float = number(0.0, 1.0, 0.1)
    # In items, the time scales of a session: what was last, recent, usual. auto: SEQUENCE where
    # people do not come back to items, as with films, HABIT where they do, as with groceries.
    recency_half_lives: str = pattern(
        "auto", rf"auto|{_POSITIVE}(\s*,\s*{_POSITIVE})*", "auto or numbers above 0, as in 1, 16, 256"
    )
    # Whether a session is a sequence in time, or a set, as with ratings that were given at one sitting.
    session_order: str = choice("time", "time", "any")
    # How much EVENT_VALUE counts, a rating say: an item to find weighs (value / median)^power; 0: all alike.
    event_value_power: float = number(0.0, 4.0, 0.0)
    seed: int = number(0, 2**31 - 1, 0)
    # Seconds of training; where it binds, the learning rate still comes to its end.
    time_limit: float = number(1.0, 1e9, 3600.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.tied_token_embedding_weight:
            raise HyperparameterError("tied_token_embedding_weight: only true is supported")

    @property
    def half_lives(self) -> tuple[float, ...]:
        """`recency_half_lives` as numbers; in a set nothing is older than anything else.
        `fit` replaces auto before it is read."""
        if self.session_order == "any":
            return (1e9,)
        return tuple(float(part) for part in self.recency_half_lives.split(","))


def parse_hyperparameters(values: Mapping[str, str]) -> Hyperparameters:
    """From hyperparameters.json.

    Raises HyperparameterError for an unknown name, a value of the wrong type or out of range."""
    return Hyperparameters.parse(values, ALIASES)
