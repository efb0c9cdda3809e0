"""Writes the dataset that training and evaluation read: one folder a channel."""

import hashlib
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
from ibis.expr.types import Table

from object2vec.core.errors import InputError
from object2vec.dataset.engine import Connect, Engine, duckdb_engine
from object2vec.dataset.inputs import catalog_table, interactions_table, queries_table, read_segments
from object2vec.dataset.prepare import all_items, counts, split, split_queries, time_cuts, time_span


class NothingToPrepareError(InputError):
    """There is neither a catalogue item nor an interaction."""

    def __init__(self) -> None:
        super().__init__(
            "There is nothing to train on: upload a catalogue to uploads/catalog/ or interactions to "
            "uploads/interactions/ first. The reports under reports/ say what became of earlier uploads."
        )


def write_dataset(
    catalog: Path, interactions: Path, queries: Path, output: Path, *, connect: Connect = duckdb_engine
) -> dict[str, object]:
    """Reads item-log segments from `catalog` and curated Parquet from `interactions` and `queries`; writes
    `auxiliary/{items.parquet,summary.json}` and `{train,validation,test}/{interactions,queries}.parquet`
    under `output`: the same files with every engine. The periods are those of the interactions; without any,
    those of the queries. Returns the summary. Raises NothingToPrepareError."""
    with TemporaryDirectory() as folder, connect(Path(folder)) as engine:
        known = catalog_table(engine, read_segments(catalog), Path(folder))
        events, events_print = interactions_table(engine, interactions)
        events = engine.kept(events.anti_join(known.removed, "item_id"))  # or they came back, without a text
        asked, asked_print = queries_table(engine, queries)
        span = _span(engine, events) or _span(engine, asked)
        cuts = time_cuts(*(span or (0, 0)))
        parts = split(events, cuts)
        items = all_items(known.items, events)
        (numbers,) = engine.rows(counts(items, parts))
        if not numbers["items"]:
            raise NothingToPrepareError
        _write(engine, items, output / "auxiliary" / "items.parquet")
        for name, part in parts.items():
            _write(engine, part, output / name / "interactions.parquet")
        for name, part in split_queries(asked, cuts).items():
            _write(engine, part, output / name / "queries.parquet")
        (logged,) = engine.rows(asked.aggregate(queries=asked.count()))
    summary: dict[str, object] = {
        **numbers,
        **logged,
        "catalog_items": known.count,
        "catalog_watermark": known.watermark,
        "time": asdict(cuts) if span else None,
        "fingerprint": hashlib.sha256(
            f"{known.fingerprint} {events_print} {asked_print}".encode()
        ).hexdigest()[:16],
    }
    (output / "auxiliary" / "summary.json").write_bytes(orjson.dumps(summary, option=orjson.OPT_INDENT_2))
    return summary


def _span(engine: Engine, log: Table) -> tuple[int, int] | None:
    (span,) = engine.rows(time_span(log))
    first, last = span["first"], span["last"]
    return None if first is None or last is None else (first, last)


def _write(engine: Engine, table: Table, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    engine.write(table, path)
