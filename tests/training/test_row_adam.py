import torch
from torch import nn

from object2vec.model.retrieval.network import LocalRows
from object2vec.training.row_adam import RowAdam

RATE = 0.1


def test_rows_that_every_step_touches_move_as_with_torchs_adam():
    """One number a row: the second moment of a row is then that of its number."""
    start = torch.tensor([[1.0], [-2.0], [3.0]])
    table, peer = start.clone(), nn.Parameter(start.clone())
    ours, theirs = RowAdam(table, [nn.Parameter(torch.zeros(1))], RATE), torch.optim.Adam([peer], lr=RATE)
    for step in range(5):
        local = LocalRows(table, torch.zeros(3, dtype=torch.long), [torch.arange(3)])
        (local.vectors.pow(2) * (step + 1)).sum().backward()
        ours.step(local)
        theirs.zero_grad()
        (peer.pow(2) * (step + 1)).sum().backward()
        theirs.step()
    torch.testing.assert_close(table, peer.detach())


def test_other_rows_stay_and_count_their_own_steps():
    table = torch.ones(3, 2)
    optimizer = RowAdam(table, [nn.Parameter(torch.zeros(1))], RATE)
    for row in (0, 0, 1):
        local = LocalRows(table, torch.zeros(3, dtype=torch.long), [torch.tensor([row])])
        local.vectors.sum().backward()
        optimizer.step(local)
    torch.testing.assert_close(table[1], torch.full((2,), 1 - RATE))  # a first step goes as far as the rate
    torch.testing.assert_close(table[2], torch.ones(2))
    assert table[0, 0] < table[1, 0]
