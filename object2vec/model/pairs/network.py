"""The pair model: Amazon's Object2Vec, read from its documentation.

    in0 ─ tokens ─ encoder 0 ─ u ┐
                                 ├ comparator ─ MLP ─ softmax over classes, or one number
    in1 ─ tokens ─ encoder 1 ─ v ┘

https://docs.aws.amazon.com/sagemaker/latest/dg/object2vec-howitworks.html. Parts and defaults are those of
InferSent (Conneau et al. 2017, arXiv:1705.02364): vectors u, v of 4096 numbers, compared as u * v, (u, v) and
|u - v|, two layers of 512 above them. The encoders:
    hcnn              hierarchical convolutions, each layer max-pooled; Zhao et al. 2015, arXiv:1504.05070
    bilstm            LSTM in both directions, max over time; Graves & Schmidhuber 2005
    pooled_embedding  mean of the token vectors; Wieting et al. 2016, arXiv:1511.08198

In the shapes n is the batch, t the number of all tokens in it, L the longest sequence, e the size of a token
vector, d enc_dim. Padding enters no computation: sequences come flat, what is beyond an end is masked.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from object2vec.model.pairs.sequences import Sequences
from object2vec.model.pairs.shape import EncoderShape, PairShape

ACTIVATIONS: Mapping[str, type[nn.Module]] = {"tanh": nn.Tanh, "relu": nn.ReLU, "linear": nn.Identity}


class PairNetwork(nn.Module):
    """Two encoders, a comparator and a multilayer perceptron."""

    def __init__(self, shape: PairShape) -> None:
        super().__init__()
        self.shape = shape
        self.enc0 = PairEncoder(shape.enc0, shape.enc_dim, sparse=shape.sparse)
        self.enc1 = PairEncoder(shape.enc1, shape.enc_dim, sparse=shape.sparse)
        if shape.tied:
            self.enc1.tokens = self.enc0.tokens
        self.head = _mlp(shape)

    def forward(self, in0: "TokenBatch", in1: "TokenBatch") -> Tensor:
        """Logits (n, classes), or values (n, 1) of a regression."""
        return self._output(self.enc0(in0), self.enc1(in1))

    def score(self, left: Tensor, right: Tensor) -> Tensor:
        """Scores encodings (n, d) of both sides: probabilities (n, classes) that sum to 1, or values (n,
        1)."""
        output = self._output(left, right).float()
        return output.softmax(dim=1) if self.shape.classes else output

    def encode(self, side: int, batch: "TokenBatch") -> Tensor:
        """The vectors (n, d) of one side's objects."""
        vectors: Tensor = (self.enc1 if side else self.enc0)(batch)
        return vectors

    def _output(self, left: Tensor, right: Tensor) -> Tensor:
        output: Tensor = self.head(compare(left, right, self.shape.comparators))
        return output

    @torch.no_grad()
    def start_from(self, labels: Tensor) -> None:
        """Sets the output's bias to the mean of the labels (m,), so that training begins from there."""
        output = self.head[-1]
        assert isinstance(output, nn.Linear)
        if self.shape.classes:
            counts = torch.bincount(labels.long(), minlength=self.shape.classes)
            output.bias.copy_(torch.log((counts + 1) / (counts.sum() + self.shape.classes)))
        else:
            output.bias.fill_(labels.float().mean())


@dataclass(frozen=True, slots=True)
class TokenBatch:
    """n sequences on a device, flat: sequence k owns the next `lengths[k]` tokens."""

    tokens: Tensor  # (t,)
    lengths: Tensor  # (n,)

    @classmethod
    def of(cls, sequences: Sequences, device: torch.device | str = "cpu") -> "TokenBatch":
        """The sequences as tensors on a device."""
        tokens = torch.from_numpy(sequences.tokens.astype(np.int64))
        return cls(tokens.to(device), torch.from_numpy(sequences.lengths).to(device))

    def mask(self) -> Tensor:
        """(n, L), true where a sequence has a token; L is at least 1."""
        longest = max(1, int(self.lengths.max())) if len(self.lengths) else 1
        return torch.arange(longest, device=self.lengths.device) < self.lengths[:, None]


class PairEncoder(nn.Module):
    """Tokens to one vector of `dim` numbers; an empty sequence is allowed."""

    def __init__(self, shape: EncoderShape, dim: int, *, sparse: bool) -> None:
        super().__init__()
        self.tokens = nn.Embedding(shape.vocab_size, shape.token_dim, sparse=sparse)
        nn.init.normal_(self.tokens.weight, std=shape.token_dim**-0.5)
        self.pooled = shape.network == "pooled_embedding"
        self.layers: nn.Module
        if self.pooled:
            self.layers = nn.Identity() if shape.token_dim == dim else nn.Linear(shape.token_dim, dim)
        elif shape.network == "hcnn":
            self.layers = HierarchicalConvolutions(shape.token_dim, dim, shape.layers, shape.filter_width)
        else:
            self.layers = BidirectionalLSTM(shape.token_dim, dim, shape.layers)

    def forward(self, batch: TokenBatch) -> Tensor:
        if self.pooled:
            starts = batch.lengths.cumsum(0) - batch.lengths
            mean = functional.embedding_bag(
                batch.tokens, self.tokens.weight, starts, mode="mean", sparse=self.tokens.sparse
            )  # (n, e)
            pooled: Tensor = self.layers(mean)
            return pooled
        mask = batch.mask()
        flat = self.tokens(batch.tokens)  # (t, e)
        padded = flat.new_zeros(*mask.shape, flat.shape[1]).masked_scatter(mask[..., None], flat)
        vectors: Tensor = self.layers(padded, mask)
        return vectors  # (n, d)


class HierarchicalConvolutions(nn.Module):
    """Stacked convolutions; the vector is the maximum over time of every layer, concatenated."""

    def __init__(self, token_dim: int, dim: int, layers: int, width: int) -> None:
        super().__init__()
        channels = [dim // layers + (layer < dim % layers) for layer in range(layers)]
        inputs = [token_dim, *channels[:-1]]
        self.convolutions = nn.ModuleList(
            nn.Conv1d(before, after, width, padding="same")
            for before, after in zip(inputs, channels, strict=True)
        )

    def forward(self, padded: Tensor, mask: Tensor) -> Tensor:
        """(n, L, e) and its mask (n, L) → (n, d)."""
        hidden, pooled = padded.transpose(1, 2), []  # (n, e, L)
        for convolution in self.convolutions:
            hidden = convolution(hidden).relu() * mask[:, None]  # zeros beyond the end, as at the end itself
            pooled.append(hidden.amax(dim=2))  # not below 0, so what is masked never is the maximum
        return torch.cat(pooled, dim=1)


class BidirectionalLSTM(nn.Module):
    """An LSTM in both directions; the vector is the maximum over time. An odd `dim` leaves out one unit."""

    def __init__(self, token_dim: int, dim: int, layers: int) -> None:
        super().__init__()
        self.dim = dim
        self.lstm = nn.LSTM(token_dim, (dim + 1) // 2, layers, batch_first=True, bidirectional=True)

    def forward(self, padded: Tensor, mask: Tensor) -> Tensor:
        """(n, L, e) and its mask (n, L) → (n, d)."""
        lengths = mask.sum(dim=1).clamp(min=1).cpu()
        packed = pack_padded_sequence(padded, lengths, batch_first=True, enforce_sorted=False)
        states, _ = pad_packed_sequence(self.lstm(packed)[0], batch_first=True)  # (n, L, d)
        highest = states.masked_fill(~mask[..., None], -torch.inf).amax(dim=1)
        return highest.masked_fill(~mask.any(dim=1, keepdim=True), 0.0)[:, : self.dim]


def compare(left: Tensor, right: Tensor, comparators: tuple[str, ...]) -> Tensor:
    """Two encodings (n, d) as one vector, its parts in the order of the list; `concat` is 2 d wide."""
    parts = []
    for name in comparators:
        if name == "hadamard":
            parts.append(left * right)
        elif name == "concat":
            parts += [left, right]
        else:
            parts.append((left - right).abs())
    return torch.cat(parts, dim=1)


def _mlp(shape: PairShape) -> nn.Sequential:
    width = shape.enc_dim * sum(2 if name == "concat" else 1 for name in shape.comparators)
    layers: list[nn.Module] = [nn.Dropout(shape.dropout)]
    for _ in range(shape.mlp_layers):
        layers += [nn.Linear(width, shape.mlp_dim), ACTIVATIONS[shape.mlp_activation]()]
        layers.append(nn.Dropout(shape.dropout))
        width = shape.mlp_dim
    return nn.Sequential(*layers, nn.Linear(width, max(1, shape.classes)))
