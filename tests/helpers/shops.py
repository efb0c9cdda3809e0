"""Tiny shops with one right answer, in the layout of the prepare job."""

import itertools
import json
import random
from pathlib import Path

import duckdb
import pytest

from object2vec.training.fit import fit
from object2vec.training.row_adam import RowAdam


def write_shop(
    folder: Path, items: list[tuple[str, str, dict]], splits: dict[str, list[tuple[str, str, int]]]
) -> Path:
    """`items` are id, text, metadata; `splits` hold (user, item, time)."""
    with duckdb.connect() as db:
        (folder / "auxiliary").mkdir(parents=True)
        db.execute("CREATE TABLE item (item_id VARCHAR, text VARCHAR, metadata VARCHAR)")
        for item_id, text, metadata in sorted(items):
            db.execute("INSERT INTO item VALUES (?, ?, ?)", [item_id, text, json.dumps(metadata)])
        db.execute(f"COPY item TO '{folder / 'auxiliary' / 'items.parquet'}'")
        for split in ("train", "validation", "test"):
            (folder / split).mkdir()
            db.execute(
                "CREATE OR REPLACE TABLE event (user_id VARCHAR, item_id VARCHAR, timestamp BIGINT,"
                " event_type VARCHAR, event_value DOUBLE)"
            )
            for user, item, time in splits.get(split, []):
                db.execute("INSERT INTO event VALUES (?, ?, ?, 'purchase', 1)", [user, item, time])
            db.execute(f"COPY event TO '{folder / split / 'interactions.parquet'}'")
    return folder


def two_clusters(folder: Path, *, texts: bool) -> Path:
    """Users buy cats' things or cars' things, never both, 12 of the 14 in any order."""
    cats = [(f"cat{n:02}", f"cat food number {n} for kittens" if texts else "", {}) for n in range(14)]
    cars = [(f"oil{n:02}", f"motor oil grade {n} for engines" if texts else "", {}) for n in range(14)]
    splits = {"train": [], "validation": [], "test": []}
    rng = random.Random(0)
    for user in range(40):
        for step, (item, _, _) in enumerate(rng.sample(cats if user % 2 else cars, 12)):
            split = "train" if step < 8 else "validation" if step < 10 else "test"
            splits[split].append((f"u{user:02}", item, step * 86_400))
    return write_shop(folder, cats + cars, splits)


def fit_with_an_interruption(dataset, start, folder, settings, *, at_step):
    """What `fit` gives after the same training was interrupted, from the checkpoints it left."""
    steps, step = itertools.count(), RowAdam.step

    def interrupted(*arguments):
        if next(steps) == at_step:
            raise KeyboardInterrupt
        step(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RowAdam, "step", interrupted)
        with pytest.raises(KeyboardInterrupt):
            fit(dataset, start, folder / "model", settings, checkpoints=folder / "checkpoints")
    return fit(dataset, start, folder / "model", settings, checkpoints=folder / "checkpoints")
