"""Hyperparameters of `algorithm: open`: AWS Object2Vec's names and ranges, our defaults and additions.

Names, ranges: https://docs.aws.amazon.com/sagemaker/latest/dg/object2vec-hyperparameters.html
The defaults below are ours, tuned for in-batch negatives on a shared table; AWS's (batch 32, learning rate
0.0004, enc_dim 4096, hcnn) belong to another loss. Values arrive as strings, as SageMaker sends them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

ALIASES = {"num_negative_samples": "negative_sampling_rate"}


class HyperparameterError(ValueError):
    """A hyperparameter is unknown or out of range; the message names what is allowed."""


def _number(default: float, low: float, high: float) -> Any:
    return field(default=default, metadata={"low": low, "high": high})


def _choice(default: str, *allowed: str) -> Any:
    return field(default=default, metadata={"allowed": allowed})


@dataclass(frozen=True, slots=True)
class Hyperparameters:
    """Validated settings of one training."""

    enc_dim: int = _number(128, 4, 10_000)
    enc0_network: str = _choice("pooled_embedding", "pooled_embedding")
    enc1_network: str = _choice("pooled_embedding", "pooled_embedding", "enc0")
    enc0_max_seq_len: int = _number(256, 1, 5_000)  # items of a session that training looks back to
    tied_token_embedding_weight: bool = True
    optimizer: str = _choice("adam", "adam")
    learning_rate: float = _number(0.0025, 1e-6, 1.0)
    mini_batch_size: int = _number(256, 1, 10_000)
    epochs: int = _number(5, 1, 100)
    early_stopping_patience: int = _number(2, 1, 5)
    early_stopping_tolerance: float = _number(0.001, 1e-6, 0.1)
    weight_decay: float = _number(0.0, 0.0, 10_000.0)
    negative_sampling_rate: float = _number(4.0, 0.0, 1_000.0)  # random items a session, shared by the batch
    # ours
    task_weight_next_item: float = _number(1.0, 0.0, 1_000.0)
    task_weight_text: float = _number(0.5, 0.0, 1_000.0)
    # Words learn at a share of the rate: the seed knows them already, and full speed unlearns what it knows.
    word_rate: float = _number(0.3, 0.0, 1.0)
    temperature: float = _number(0.07, 0.001, 10.0)  # of next item
    text_temperature: float = _number(0.07, 0.001, 10.0)
    # Share of the items of a next-item batch that have to do with their words, as a new item must.
    id_dropout: float = _number(0.1, 0.0, 1.0)
    recency_half_life: float = _number(100.0, 0.1, 1e9)  # in items of a session
    seed: int = _number(0, 0, 2**31 - 1)
    # Seconds of training; where it binds, the learning rate still comes to its end.
    time_limit: float = _number(120.0, 1.0, 1e9)

    def __post_init__(self) -> None:
        for setting in fields(self):
            _check(setting.name, getattr(self, setting.name), setting.metadata)
        if not self.tied_token_embedding_weight:
            raise HyperparameterError("tied_token_embedding_weight: only true is supported")


def parse_hyperparameters(values: Mapping[str, str]) -> Hyperparameters:
    """From hyperparameters.json. SageMaker's own entries (`sagemaker_…`) are skipped.

    Raises HyperparameterError for an unknown name, a value of the wrong type or out of range."""
    types = {setting.name: setting.type for setting in fields(Hyperparameters)}
    parsed: dict[str, Any] = {}
    for given, text in values.items():
        name = ALIASES.get(given, given)
        if given.startswith("sagemaker_"):
            continue
        if name not in types:
            raise HyperparameterError(f"{given} is not supported; supported are {', '.join(sorted(types))}")
        if name in parsed:
            raise HyperparameterError(f"{given} is given twice (as {name}): keep one of them")
        parsed[name] = _parsed(name, str(text).strip(), types[name])
    return Hyperparameters(**parsed)


def _parsed(name: str, text: str, kind: Any) -> Any:
    if kind is bool:
        if text.lower() not in ("true", "false"):
            raise HyperparameterError(f"{name}: {text!r} is neither true nor false")
        return text.lower() == "true"
    try:
        return kind(text)
    except ValueError as error:
        wanted = {int: "a whole number", float: "a number"}[kind]
        raise HyperparameterError(f"{name}: {text!r} is not {wanted}") from error


def _check(name: str, value: Any, rule: Mapping[str, Any]) -> None:
    if "low" in rule and not rule["low"] <= value <= rule["high"]:
        raise HyperparameterError(f"{name}: {value} is not between {rule['low']} and {rule['high']}")
    if "allowed" in rule and value not in rule["allowed"]:
        raise HyperparameterError(f"{name}: {value!r} is not supported; use {' or '.join(rule['allowed'])}")
