"""Brings a step's batch to the device of the network.

Batches are drawn with numpy, on the CPU. Bags of words stay there, and come over when they are pooled.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import fields, is_dataclass, replace
from typing import TypeVar

import torch
from torch import Tensor

Tensors = TypeVar("Tensors")


def brought(batch: Tensors, device: torch.device) -> Tensors:
    """The batch with its tensors on the device."""
    if device.type == "cpu":
        return batch
    return _changed(batch, lambda tensor: tensor.to(device, non_blocking=True))


def pinned(batch: Tensors, device: torch.device) -> Tensors:
    """The batch in memory that a GPU copies from while it computes; itself where there is none."""
    return _changed(batch, Tensor.pin_memory) if device.type == "cuda" else batch


def half_precision(device: torch.device) -> AbstractContextManager[object]:
    """The context in which a GPU multiplies in bfloat16; elsewhere nothing changes."""
    return torch.autocast("cuda", torch.bfloat16) if device.type == "cuda" else nullcontext()


def _changed(value: Tensors, change: Callable[[Tensor], Tensor]) -> Tensors:
    if isinstance(value, Tensor):
        return change(value)  # type: ignore[return-value]  # a Tensor for a Tensor
    if not is_dataclass(value) or isinstance(value, type):
        return value
    parts = {field.name: _changed(getattr(value, field.name), change) for field in fields(value)}
    return replace(value, **parts)
