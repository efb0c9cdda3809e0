"""The processes of one training, on one machine or several.

Each is told what is drawn or decided once, learns from its share, and applies what all have learned. So the
number of processes changes how long training takes, and not what comes out of it.
"""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar, cast

import orjson
import torch
from torch import Tensor, distributed
from torch.distributed.rendezvous import rendezvous

from object2vec.core.arrays import Rows
from object2vec.core.environment import ProgramSettings
from object2vec.core.errors import InputError

_PORT = 29_500
_ARRIVAL = timedelta(minutes=30)
"""How long the first process waits for the others to come, and they for it."""
_PATIENCE = timedelta(days=1)
"""How long a process waits for the others: one may read texts for the teacher, or learn the ranker. A process
that ended is noticed at once, whatever this is."""

Said = TypeVar("Said")


class OtherEndedError(RuntimeError):
    """Another process of the training has ended, or never came, so that this one cannot go on."""


class TorchrunSettings(ProgramSettings):
    """The variables that torchrun sets for each process."""

    rank: int | None = None
    """None if torchrun did not start this process."""
    world_size: int = 1
    local_rank: int = 0


@dataclass(frozen=True, slots=True)
class Cluster:
    """This process among `size` of them."""

    rank: int = 0
    size: int = 1
    host: str = "algo-1"

    @property
    def leads(self) -> bool:
        """Whether this is the process that prints and writes."""
        return self.rank == 0

    @property
    def device(self) -> torch.device:
        """The process's own accelerator, else the CPU."""
        if not torch.cuda.is_available():
            return torch.device("cpu")
        return torch.device("cuda", TorchrunSettings.read().local_rank)

    def share(self, examples: Rows) -> Rows:
        """Every `size`-th of the examples (n,), so that each belongs to one process; all of them where this
        process would have none."""
        mine = examples[self.rank :: self.size]
        return mine if len(mine) else examples

    def part(self, count: int) -> int:
        """This process's part of a batch of so many."""
        return -(-count // self.size)

    def told(self, decide: Callable[[], Said]) -> Said:
        """What `decide` gives the process that leads. Its InputError is raised in all of them."""
        if self.size == 1:
            return decide()
        said: list[Any] = [None]
        if self.leads:
            try:
                said = [decide()]
            except InputError as error:
                said = [error]
        distributed.broadcast_object_list(said)
        if isinstance(said[0], InputError):
            raise said[0]
        return cast(Said, said[0])

    def of_all(self, value: Said) -> list[Said]:
        """The value of each process, in their order."""
        if self.size == 1:
            return [value]
        values: list[Any] = [None] * self.size
        distributed.all_gather_object(values, value)
        return values

    def sum(self, values: Tensor) -> Tensor:
        """The sums (k,) of the values (k,) over all processes."""
        if self.size > 1:
            distributed.all_reduce(values)
        return values

    def sum_rows(self, rows: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """The table rows (u,) that any process has, in rising order, and the sums (u, d) of the values that
        they have there. What is sent grows with the rows of a step, and not with the table."""
        if self.size == 1:
            return rows, values
        counts = [rows.new_zeros(1) for _ in range(self.size)]
        distributed.all_gather(counts, rows.new_tensor([len(rows)]))
        sent = values.new_zeros(max(int(count) for count in counts), 1 + values.shape[1])
        sent[: len(rows), 0] = rows.to(torch.int32).view(torch.float32)  # their bits
        sent[: len(rows), 1:] = values
        received = [torch.empty_like(sent) for _ in counts]
        distributed.all_gather(received, sent)
        everything = torch.cat([table[: int(count)] for table, count in zip(received, counts, strict=True)])
        numbers = everything[:, 0].contiguous().view(torch.int32).long()
        distinct, place = torch.unique(numbers, return_inverse=True)
        return distinct, values.new_zeros(len(distinct), values.shape[1]).index_add_(
            0, place, everything[:, 1:]
        )

    def check_same(self, fingerprint: str) -> None:
        """Raises InputError where processes read different data, models or settings."""
        if len(set(self.of_all(fingerprint))) > 1:
            raise InputError(
                "the machines got different data, models or hyperparameters: set"
                " S3DataDistributionType=FullyReplicated for every channel"
            )


ALONE = Cluster()
"""A training in one process."""


@contextmanager
def joined(base: Path) -> Iterator[Cluster]:
    """The cluster that torchrun's environment or SageMaker's resourceconfig.json describes, connected. Raises
    OtherEndedError where another process of it does not come, or ends before its work is done.

    https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html"""
    config = base / "input" / "config" / "resourceconfig.json"
    resources = orjson.loads(config.read_bytes()) if config.is_file() else {}
    hosts = sorted(resources.get("hosts", ["algo-1"]))
    host = resources.get("current_host", hosts[0])
    torchrun = TorchrunSettings.read()
    by_torchrun = torchrun.rank is not None
    size = torchrun.world_size if by_torchrun else len(hosts)
    if size == 1:
        yield Cluster(host=host)
        return
    rank = torchrun.rank if torchrun.rank is not None else hosts.index(host)
    place = "env://" if by_torchrun else f"tcp://{hosts[0]}:{_PORT}"
    try:
        store, *_ = next(rendezvous(place, rank, size, timeout=_ARRIVAL))
    except distributed.DistError as error:
        raise OtherEndedError(
            "another machine of this training did not come: its own log says why"
        ) from error
    backend = "nccl" if torch.cuda.is_available() else "gloo"
    distributed.init_process_group(backend, timeout=_PATIENCE, store=store, rank=rank, world_size=size)
    try:
        yield Cluster(rank, size, host)
        # The first process holds the store that the others connect to: none leaves before all are done.
        distributed.barrier()
    except RuntimeError as error:
        if isinstance(error, distributed.DistError) or "gloo" in str(error):
            raise OtherEndedError(
                "another machine of this training has ended: its own log says why"
            ) from error
        raise
    finally:
        gc.collect()  # a group that something still holds at the interpreter's end can abort the process
        distributed.destroy_process_group()
