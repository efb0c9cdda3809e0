"""The formula of the pipeline's growth, and the shop it is measured on."""

from pathlib import Path

import duckdb
import pytest

from benchmarks.pipeline_growth import (
    INTERACTIONS,
    SIZES,
    Formula,
    Size,
    fitted,
    machines,
    metrics,
    write_shop,
)

COSTS = Formula(fixed=5.0, thousand_items=0.2, million_events=30.0)


def test_the_parts_of_a_cost_are_found_again() -> None:
    found = fitted({size: COSTS.of(size) for size in SIZES})
    assert (found.fixed, found.thousand_items, found.million_events) == pytest.approx((5.0, 0.2, 30.0))


def test_a_cost_has_no_part_below_zero() -> None:
    found = fitted({size: 100.0 - size.items / 10_000 for size in SIZES})
    assert min(found.fixed, found.thousand_items, found.million_events) == 0


def test_a_job_gets_the_cheapest_machine_that_holds_it_or_none() -> None:
    small = dict.fromkeys(metrics(), 3600.0)  # an hour, 3.6 GB
    assert machines(small).startswith("Prepare: 4 cores of m5, 1.0 h")
    assert "Train: 8 cores of r5, 1.0 h" in machines(small | {"train_mb": 40_000.0})
    assert "Index: more memory than any" in machines(small | {"index_mb": 2e6})


def test_the_made_up_shop_has_habits_and_favourites(tmp_path: Path) -> None:
    write_shop(tmp_path, Size(1_000, 20_000))
    log = duckdb.read_parquet(str(tmp_path / INTERACTIONS))
    kinds = log.aggregate("USER_ID, count(DISTINCT ITEM_ID[2:]::INT % 100) AS kinds")
    times = log.aggregate("ITEM_ID, count(*) AS times")
    assert kinds.aggregate("count(*), max(kinds)").fetchall() == [(400, 3)]
    assert times.aggregate("max(times) > 5 * median(times)").fetchall() == [(True,)]
