"""Sampled softmax over the candidates of a batch."""

import torch
from torch import Tensor
from torch.nn import functional


def softmax_loss(
    logits: Tensor, positive: Tensor, ignored: Tensor | None = None, weights: Tensor | None = None
) -> Tensor:
    """Mean cross entropy over all positive pairs, weighted by `weights` (n, c) if there are any.

    logits (n, c); positive (n, c) boolean, any number in a row. The other positives of a row, and what is
    `ignored` (n, c), are left out of a pair's denominator: they are no negatives.
    """
    excluded = positive if ignored is None else positive | ignored
    negatives = torch.logsumexp(logits.masked_fill(excluded, -torch.inf), dim=1)  # (n,)
    row, column = positive.nonzero(as_tuple=True)
    chosen = logits[row, column]
    losses = torch.logaddexp(negatives[row], chosen) - chosen
    if weights is None:
        return losses.mean()
    shares = weights[row, column]
    return (losses * shares).sum() / shares.sum()


def diagonal_loss(logits: Tensor, ignored: Tensor | None = None) -> Tensor:
    """`softmax_loss` where candidate i belongs to row i alone, as plain cross entropy.

    logits (n, m), m ≥ n: those from n on belong to no row; what is `ignored` (n, m) is no negative."""
    kept = logits if ignored is None else logits.masked_fill(ignored, -torch.inf)
    return functional.cross_entropy(kept, torch.arange(len(logits), device=logits.device))


def single_loss(logits: Tensor, target: Tensor, ignored: Tensor | None = None) -> Tensor:
    """`softmax_loss` of rows with one positive each, `target` (n,), in a third of the time. `logits` are
    changed."""
    if ignored is not None:  # a row's own target may be among them: somebody came back to it
        logits = logits.masked_fill_(ignored.scatter(1, target[:, None], False), -torch.inf)
    return functional.cross_entropy(logits, target)


def log_inclusion(expected: Tensor) -> Tensor:
    """log of the chance that an item is among the candidates, from the expected number of its draws.

    Subtracted from its logits it makes the sampled softmax estimate the full one (Bengio & Senécal 2008;
    Yi et al. 2019, "Sampling-bias-corrected neural modeling for large corpus item recommendations").
    """
    return torch.log(-torch.expm1(-expected))
