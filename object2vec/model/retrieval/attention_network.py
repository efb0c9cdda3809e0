"""The attention of attention.py in torch, for training."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from object2vec.core.arrays import Matrix
from object2vec.model.retrieval.attention import Attention

_SMALLEST = 1e-6


class AttentionNetwork(nn.Module):
    """Every item of a window asks the items before it. `dropout` is the share of numbers left out of each
    step's input and output while training (Srivastava et al. 2014)."""

    def __init__(self, tables: Attention, dropout: float = 0.0) -> None:
        super().__init__()
        self.tables = nn.ParameterDict(
            {name: nn.Parameter(torch.from_numpy(table.copy())) for name, table in tables.named().items()}
        )
        self.heads, self.reach = tables.distance.shape[1:]
        self.depends_on = tables.depends_on
        self._blocks, self._dropout = tables.blocks, dropout

    def forward(self, items: Tensor) -> Tensor:
        """(u, t, d) items of windows, oldest first → (u, t, d) what each adds to the vector of the session
        that ends with it. What comes after an item, padding too, does not change its answer."""
        states = self._dropped(_scaled(items))
        bias = self._bias(items.shape[1])
        for block in range(self._blocks):
            states = states + self._dropped(self._attended(block, states, bias[block]))
            inner = _scaled(states) @ self._table("wide")[block]
            states = states + self._dropped(functional.silu(inner) @ self._table("narrow")[block])
        answers: Tensor = _scaled(states) @ self._table("head")
        return answers

    def export(self) -> dict[str, Matrix]:
        """The tables by name, for `Weights`."""
        return {name: table.detach().cpu().numpy() for name, table in self.tables.items()}

    def _attended(self, block: int, states: Tensor, bias: Tensor) -> Tensor:
        windows, count, dim = states.shape
        joint = _scaled(states) @ self._table("qkv")[block]
        queries, keys, values = joint.view(windows, count, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        logits = queries @ keys.transpose(2, 3) / math.sqrt(dim // self.heads) + bias
        answers = (self._dropped(logits.softmax(dim=3)) @ values).transpose(1, 2)
        attended: Tensor = answers.reshape(windows, count, dim) @ self._table("out")[block]
        return attended

    def _bias(self, count: int) -> Tensor:
        """(B, heads, count, count) by the distance of an item from the asking one; -inf for what it must not
        see."""
        distance = self._table("distance")
        places = torch.arange(count, device=distance.device)
        ages = places[:, None] - places
        hidden = (ages < 0) | (ages >= self.reach)
        return distance[:, :, ages.clamp(0, self.reach - 1)].masked_fill(hidden, -torch.inf)

    def _table(self, name: str) -> Tensor:
        table: Tensor = self.tables[f"attention_{name}"]
        return table

    def _dropped(self, states: Tensor) -> Tensor:
        return functional.dropout(states, self._dropout, self.training)


def _scaled(states: Tensor) -> Tensor:
    return states * torch.rsqrt(states.square().mean(dim=-1, keepdim=True) + _SMALLEST)
