"""`make chaos`: faults by name and seed against the parts that must lose nothing; writes docs/reliability.md.

Each round lays out a small shop, lets one piece of work run into one fault, starts again as a new process
would, and asks whether the promise holds. A round is named by its number: `--seed 7 --only 123` repeats it.
"""

import argparse
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from object2vec.storage import FolderStore
from tools.chaos_faults import Fault, FaultyStore, KilledError
from tools.chaos_promises import PROMISES
from tools.chaos_shop import FaultedShop, Promise

PAGE = Path("docs/reliability.md")
_BETWEEN = re.compile(r"(?<=<!-- table -->\n).*?(?=<!-- end of table -->)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Round:
    """One fault, at one write of one piece of work."""

    number: int
    promise: Promise
    fault: Fault
    write: int

    def holds(self) -> bool:
        """Whether the promise is kept."""
        if self.promise.played is not None:
            return self.promise.played(self.fault)
        with TemporaryDirectory() as folder:
            shop = FaultedShop(Path(folder))
            self.promise.prepare(shop)
            if self.fault.damage and self.promise.damaged:
                path = self.promise.damaged(shop)[self.write]
                data = path.read_bytes()
                path.unlink()  # other rounds have a second name of it
                path.write_bytes(self.fault.damage(data))
            faulty = FaultyStore(
                shop.store, self.fault, self.write, lambda: self.promise.work(shop, shop.store)
            )
            for _ in range(self.fault.times):
                with suppress(KilledError, Exception):  # a process that ends, or a message that comes again
                    self.promise.work(shop, faulty)
            shop.store, shop.jumped = FolderStore(Path(folder) / "store"), self.fault.clock
            self.promise.work(shop, shop.store)
            return self.promise.kept(shop)


def rounds(seed: int) -> Iterator[Round]:
    """Endless rounds, every pair of promise and fault equally often."""
    chance, number = random.Random(seed), 0
    writes = [promise.writes() for promise in PROMISES]
    while True:
        for promise, count in zip(PROMISES, writes, strict=True):
            for fault in promise.faults:
                number += 1
                yield Round(number, promise, fault, chance.randrange(count))


def page(results: dict[tuple[str, str], Counter[bool]], seconds: float, seed: int) -> str:
    """The table and what it was made by."""
    total = sum(sum(counts.values()) for counts in results.values())
    broken = sum(counts[False] for counts in results.values())
    lines = [
        "Each round runs one piece of work into one fault at a random write, starts again, and checks",
        "the promise. Its number and the seed repeat it: `python -m tools.chaos --seed 1 --only 12`.",
        "",
        f"{total:,} rounds in {seconds:.0f} s, seed {seed}: {broken} broken.",
        "",
        "| promise | fault | times | result |",
        "|---|---|---|---|",
    ]
    for (promise, fault), counts in results.items():
        result = f"**broken {counts[False]}**" if counts[False] else "held"
        lines.append(f"| {promise} | {fault} | {sum(counts.values())} | {result} |")
    return "\n".join(lines) + "\n"


def renewed(text: str, table: str) -> str:
    """The page with the table between its two marks, the rest as it is."""
    return _BETWEEN.sub(lambda _: table, text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 every promise held, 1 one was broken."""
    parser = argparse.ArgumentParser(prog="python -m tools.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=600.0, help="how long; default 600")
    parser.add_argument("--only", type=int, help="the number of one round to repeat")
    parser.add_argument("--page", type=Path, default=PAGE)
    asked = parser.parse_args(arguments)
    results: dict[tuple[str, str], Counter[bool]] = {}
    started = time.monotonic()
    for one in rounds(asked.seed):
        if asked.only is not None and one.number != asked.only:
            continue
        held = one.holds()
        results.setdefault((one.promise.name, one.fault.name), Counter())[held] += 1
        if not held:
            print(f"round {one.number}: {one.promise.name}: broken by {one.fault.name}, write {one.write}")
        if asked.only is not None:
            return 0 if held else 1
        if time.monotonic() - started > asked.seconds:
            break
    table = page(results, time.monotonic() - started, asked.seed)
    asked.page.write_text(renewed(asked.page.read_text(), table))
    return 1 if any(counts[False] for counts in results.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
