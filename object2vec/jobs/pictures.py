"""The pictures job: uploaded pictures that wait are read by several machines at once, before a training.

Each machine takes the uploads whose keys fall to it, and reads one as the function does that reads them on
arrival (lambdas/pictures), which goes on beside it: what either has encoded is encoded for both. After a
change of encoder it first encodes its share of the kept pictures again. What is done lies in the store alone:
a run that is repeated, or follows one that was stopped, does the rest.
"""

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import orjson

from object2vec.core.keys import IMAGE_UPLOADS, REPORTS
from object2vec.core.pictures import PictureEncoder
from object2vec.core.progress import tell
from object2vec.core.wording import counted
from object2vec.ingest.owner import MakeOwner
from object2vec.ingest.ownership.versions import CONFIRM
from object2vec.ingest.pictures.attach import attach
from object2vec.ingest.pictures.encode import adopt, encode_again, not_encoded
from object2vec.ingest.pictures.kept import current_encoder
from object2vec.ingest.pictures.owner import PictureOwner
from object2vec.ingest.preprocess import preprocess_upload
from object2vec.ingest.report import Report, report_key
from object2vec.jobs.exit_message import reason_left
from object2vec.jobs.settings import PicturesJobSettings
from object2vec.model.pictures.encoder import EfficientNetLite
from object2vec.storage import ObjectStore, open_store

THREADS = 2 * (os.cpu_count() or 1)
"""Most uploads at once: over S3 most of the time is waiting (docs/lab/pictures.md)."""
AT_ONCE = 2_000
"""Uploads after which items get what their pictures say, for which the item log is read."""
SAID_EVERY_S = 10.0

_Result = TypeVar("_Result")


def main() -> None:
    """Runs on the store of its environment. Exits with 2 for input that cannot be used."""
    settings = PicturesJobSettings.read()
    with reason_left(settings.sagemaker_base_dir):
        share = Share.of_machine(settings.sagemaker_base_dir)
        print(work_off(open_store(settings.store_url), EfficientNetLite(), share).sentence)


@dataclass(frozen=True, slots=True)
class Share:
    """What falls to one of several machines."""

    place: int = 0
    machines: int = 1

    @classmethod
    def of_machine(cls, base: Path) -> "Share":
        """By the place that SageMaker gave this machine; without its file everything.

        https://docs.aws.amazon.com/sagemaker/latest/dg/build-your-own-processing-container.html"""
        config = base / "config" / "resourceconfig.json"
        if not config.is_file():
            return cls()
        resources = orjson.loads(config.read_bytes())
        hosts = sorted(resources["hosts"])
        return cls(hosts.index(resources["current_host"]), len(hosts))

    def of(self, keys: Sequence[str]) -> list[str]:
        """The keys that fall to this machine: each falls to one, whatever others there are."""
        return [key for key in keys if _number(key) % self.machines == self.place]


@dataclass(slots=True)
class WorkedOff:
    """What a machine did."""

    again: int = 0
    """Pictures that another encoder had encoded."""
    uploads: int = 0
    pictures: int = 0
    refused: int = 0
    failed: int = 0
    """Uploads that could not be read; they wait for the next run."""
    items: int = 0
    """Items that show other pictures, or have other vectors."""

    @property
    def sentence(self) -> str:
        """It in words."""
        if not (self.again or self.uploads or self.failed or self.items):
            return "no picture waits"
        failed = (
            f"; {counted(self.failed, 'upload')} failed, to be tried in the next run" if self.failed else ""
        )
        return (
            f"{counted(self.uploads, 'upload')} read: {counted(self.pictures, 'picture')},"
            f" {self.refused:,} refused; {counted(self.again, 'kept picture')} encoded again;"
            f" {counted(self.items, 'item')} changed{failed}"
        )


def work_off(store: ObjectStore, encoder: PictureEncoder, share: Share) -> WorkedOff:
    """Does a share of what waits. An upload that fails every time keeps no shop from training: it is said,
    and waits. Raises what the store does elsewhere."""
    done = WorkedOff()
    if current_encoder(store) not in (None, encoder.version):
        kept = share.of(not_encoded(store, encoder))
        for _ in _each(partial(encode_again, store, encoder), kept, "kept pictures encoded again"):
            done.again += 1
        adopt(store, encoder)  # who ends first helps the others
    done.items += attach(store)
    for report in _each(
        partial(_read, store, {IMAGE_UPLOADS: partial(PictureOwner, encoder=encoder)}),
        share.of(waiting_uploads(store)),
        "uploads of pictures read",
        after_some=lambda: _add_items(store, done),
    ):
        _add(done, report)
    return done


def _read(store: ObjectStore, owners: Mapping[str, MakeOwner], key: str) -> Report | None:
    try:
        return preprocess_upload(store, key, owners=owners)
    except Exception as error:  # the others are read all the same, as the function reads them
        print(f"{key} failed and waits for the next run: {type(error).__name__}: {error}")
        return None


def waiting_uploads(store: ObjectStore) -> list[str]:
    """Keys of the uploads of pictures without a newer report, from two listings. S3 counts whole seconds, so
    one of the same second is looked at."""
    reported = {entry.key: entry.modified for entry in store.list(f"{REPORTS}{IMAGE_UPLOADS}")}
    found = {
        entry.key.removesuffix(CONFIRM): None
        for entry in store.list(IMAGE_UPLOADS)
        if not entry.key.endswith("/")
        and reported.get(report_key(entry.key.removesuffix(CONFIRM)), 0.0) <= entry.modified
    }
    return list(found)


def _add(done: WorkedOff, report: Report | None) -> None:
    if report is None:
        done.failed += 1
        return
    done.uploads += 1
    done.pictures += report.accepted
    done.refused += report.rejected


def _add_items(store: ObjectStore, done: WorkedOff) -> None:
    done.items += attach(store)


def _each(
    work: Callable[[str], _Result],
    keys: Sequence[str],
    what: str,
    after_some: Callable[[], None] = lambda: None,
) -> Iterator[_Result]:
    """The results, with a line at the start and every ten seconds that says how long the rest will take."""
    if keys:
        print(f"0 of {len(keys):,} {what}")
    started = said = time.monotonic()
    with ThreadPoolExecutor(THREADS) as pool:
        for begun in range(0, len(keys), AT_ONCE):
            some = keys[begun : begun + AT_ONCE]
            for number, result in enumerate(pool.map(work, some), begun + 1):
                yield result
                tell(number / len(keys))
                now = time.monotonic()
                if now - said > SAID_EVERY_S:
                    said = now
                    print(_progress(number, len(keys), now - started, what))
            after_some()


def _progress(number: int, total: int, seconds: float, what: str) -> str:
    minutes = seconds / number * (total - number) / 60
    return f"{number:,} of {total:,} {what}, about {minutes:.0f} min left"


def _number(key: str) -> int:
    return int.from_bytes(hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()[:8], "big")
