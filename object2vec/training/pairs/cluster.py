"""The processes of one training; several together train exactly as one would.

Every process reads all data and takes its slice of every batch; gradients and metrics are averaged. So the
number of machines changes how long training takes, not what comes out of it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import torch
from torch import Tensor, distributed

from object2vec.core.environment import ProgramSettings
from object2vec.training.pairs.data import PairDataError

_PORT = 29_500


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

    def sum(self, values: Tensor) -> Tensor:
        """The sums (k,) of the values (k,) over all processes."""
        if self.size > 1:
            distributed.all_reduce(values)
        return values

    def check_same(self, fingerprint: str) -> None:
        """Raises PairDataError where processes read different data."""
        if self.size == 1:
            return
        found: list[str | None] = [None] * self.size
        distributed.all_gather_object(found, fingerprint)
        if len(set(found)) > 1:
            raise PairDataError(
                "the machines got different pairs: set S3DataDistributionType=FullyReplicated everywhere"
            )


@contextmanager
def joined(base: Path) -> Iterator[Cluster]:
    """The cluster that torchrun's environment or SageMaker's resourceconfig.json describes, connected.

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
    meeting: dict[str, Any] = {}  # torch reads torchrun's variables itself
    if not by_torchrun:
        meeting = {"init_method": f"tcp://{hosts[0]}:{_PORT}", "rank": hosts.index(host), "world_size": size}
    distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo", **meeting)
    try:
        yield Cluster(distributed.get_rank(), size, host)
        # The first process holds the store that the others connect to: none leaves before all are done.
        distributed.barrier()
    finally:
        distributed.destroy_process_group()
