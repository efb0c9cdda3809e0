"""Writes the dataset that training and evaluation read: one folder a channel."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
from ibis.expr.types import Table

from object2vec.core.errors import InputError
from object2vec.core.event_weights import USUAL
from object2vec.core.progress import tell
from object2vec.dataset.engine import Connect, DataEngine, duckdb_engine
from object2vec.dataset.events import cuts_of, learned_events, period_notes
from object2vec.dataset.inputs import catalog_table, interactions_table, queries_table
from object2vec.dataset.prepare import all_items, counts, split, split_by_chance, split_queries
from object2vec.dataset.timeline import FEWEST, TimeCuts
from object2vec.dataset.unknown_items import unknown_item_notes
from object2vec.storage import item_log


class NothingToPrepareError(InputError):
    """There is neither a catalogue item nor an interaction."""

    def __init__(self) -> None:
        super().__init__(
            "There is nothing to train on: upload a catalogue to uploads/catalog/ or interactions to "
            "uploads/interactions/ first. The reports under reports/ say what became of earlier uploads."
        )


def write_dataset(
    catalog: Path,
    interactions: Path,
    queries: Path,
    output: Path,
    *,
    connect: Connect = duckdb_engine,
    event_weights: Mapping[str, float] = USUAL,
) -> dict[str, Any]:
    """Reads item-log segments from `catalog` and curated Parquet from `interactions` and `queries`; writes
    `auxiliary/{items.parquet,summary.json}` and `{train,validation,test}/{interactions,queries}.parquet`
    under `output`: the same files with every engine. The periods are those of the interactions; without any,
    those of the queries. `event_weights` are weights by event type, where they are not the usual ones.
    Returns the summary. Raises NothingToPrepareError."""
    with TemporaryDirectory() as folder, connect(Path(folder)) as engine:
        known = catalog_table(engine, item_log.read_folder(catalog), Path(folder))
        tell(0.1)
        events, events_print = interactions_table(engine, interactions)
        events = engine.kept(events.anti_join(known.removed, "item_id"))  # or they came back, without a text
        asked, asked_print = queries_table(engine, queries)
        learned = learned_events(engine, events, event_weights, Path(folder))
        tell(0.4)
        cuts = cuts_of(engine, learned.table)
        found = cuts or cuts_of(engine, asked)
        periods = found or TimeCuts(0, 0, 0, 0)
        by_chance = cuts is not None and not cuts.holds_out and _has(engine, learned.table, FEWEST)
        parts = split_by_chance(learned.table) if by_chance else split(learned.table, periods)
        items = all_items(known.items, events)
        (numbers,) = engine.rows(counts(items, parts))
        if not numbers["items"]:
            raise NothingToPrepareError
        _write(engine, items, output / "auxiliary" / "items.parquet")
        tell(0.6)
        for name, part in parts.items():
            _write(engine, part, output / name / "interactions.parquet")
        for name, part in split_queries(asked, periods).items():
            _write(engine, part, output / name / "queries.parquet")
        tell(0.9)
        unknown = unknown_item_notes(engine, events, known.items, known.file)
        (logged,) = engine.rows(asked.aggregate(queries=asked.count()))
    prints = f"{known.fingerprint} {events_print} {asked_print}"
    summary: dict[str, Any] = {
        **numbers,
        **logged,
        "catalog_items": known.count,
        "catalog_watermark": known.watermark,
        "time": asdict(found) if found else None,
        "split": "chance" if by_chance else "time",
        "events": learned.record(),
        "notes": [*learned.notes(), *unknown, *period_notes(numbers, cuts, by_chance=by_chance)],
        "fingerprint": hashlib.sha256(prints.encode()).hexdigest()[:16],
    }
    (output / "auxiliary" / "summary.json").write_bytes(orjson.dumps(summary, option=orjson.OPT_INDENT_2))
    return summary


def _has(engine: DataEngine, log: Table, events: int) -> bool:
    (found,) = engine.rows(log.limit(events).aggregate(events=lambda table: table.count()))
    return bool(found["events"] == events)


def _write(engine: DataEngine, table: Table, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    engine.write(table, path)
