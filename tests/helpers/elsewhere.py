"""A device that this machine does not have, for tests of what is to run on a GPU.

Its tensors compute on the CPU, exactly, but they refuse what a GPU's refuse: to meet a tensor of the CPU, or
to become an array without being copied back. The device type `lazy` is one that PyTorch names and that needs
no driver.
"""

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

DEVICE = torch.device("lazy")
_COPIES = {"aten::copy_", "aten::_to_copy"}


class ElsewhereTensor(torch.Tensor):
    """A tensor of the device; `here` has its numbers."""

    @staticmethod
    def __new__(cls, here):
        return torch.Tensor._make_wrapper_subclass(
            cls, here.shape, strides=here.stride(), dtype=here.dtype, device=DEVICE
        )

    def __init__(self, here):
        self.here = here

    @classmethod
    def __torch_dispatch__(cls, operation, _types, args=(), kwargs=None):
        return _run(operation, args, kwargs or {})

    def numpy(self):
        raise TypeError("a tensor of another device has no array here")


class Elsewhere(TorchDispatchMode):
    """The context in which tensors can be moved to `DEVICE`, or made there."""

    def __torch_dispatch__(self, operation, _types, args=(), kwargs=None):
        return _run(operation, args, kwargs or {})


def _run(operation, args, kwargs):
    name, device = operation._schema.name, kwargs.get("device")
    tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor)]
    there = [tensor for tensor in tensors if isinstance(tensor, ElsewhereTensor)]
    if there and name not in _COPIES:
        for tensor in tensors:
            if not isinstance(tensor, ElsewhereTensor) and tensor.dim():
                raise RuntimeError(f"{name}: {tuple(tensor.shape)} of the CPU meets a tensor of {DEVICE}")
    args, kwargs = tree_map(_numbers, (args, kwargs))
    if device is not None:
        kwargs["device"] = torch.device("cpu")
    result = operation(*args, **kwargs)
    known = {id(tensor.here): tensor for tensor in there}
    if name == "aten::copy_":
        return tensors[0]
    moved = bool(there) if device is None else torch.device(device).type == DEVICE.type

    def returned(value):
        if not isinstance(value, torch.Tensor):
            return value
        if id(value) in known:
            return known[id(value)]
        return ElsewhereTensor(value) if moved else value

    return tree_map(returned, result)


def _numbers(value):
    return value.here if isinstance(value, ElsewhereTensor) else value
