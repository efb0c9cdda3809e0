"""The short form of the simulated year: nothing that one invocation does grows from month to month."""

import pytest

from benchmarks import year
from benchmarks.year import EXPIRY_DAYS, SHORT, Year
from object2vec.storage.log_checkpoint import MAX_SEGMENTS
from stacks.storage import EXPIRY_DAYS as OF_THE_BUCKET


@pytest.fixture(scope="module")
def months():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(year, "RELEASES_KEPT", 2)
        return Year(SHORT).play()


def test_the_rules_are_the_buckets(months):
    assert EXPIRY_DAYS.items() <= OF_THE_BUCKET.items()
    assert months.last == SHORT.days // 28 - 1


def test_a_write_costs_the_same_for_ever(months):
    for month in range(months.last + 1):
        assert months.worst("PUT /items", month).requests <= (4 if month == 0 else 3)
        assert months.worst("POST /events", month).requests == 1


@pytest.mark.parametrize("kind", ["curation", "snapshot", "pruner", "checkpoint"])
def test_what_runs_again_and_again_does_not_grow(months, kind):
    """From the third month on: by then there is a checkpoint, and the first month was folded."""
    settled = [months.worst(kind, month).requests for month in range(2, months.last + 1)]
    assert 0 < max(settled) <= min(settled) + 10


def test_a_rebuild_reads_a_checkpoint_and_at_most_a_thousand_segments_behind_it(months):
    for month in range(months.last + 1):
        assert 0 < months.worst("rebuild", month).requests < MAX_SEGMENTS + 100


def test_a_run_of_histories_asks_once_more_for_each_month_and_not_for_each_day(months):
    """The days of a month that is over are folded into one file, those of the last two or so are not yet."""
    first, last = months.worst("histories", 2), months.worst("histories", months.last)
    assert last.requests <= first.requests + months.last + 2 * SHORT.active


def test_an_erasure_asks_for_each_file_that_may_hold_the_person_once_or_twice(months):
    """The files of curated events: one a month, and one a day of the last two months or so."""
    first, last = months.worst("erasure", 2), months.worst("erasure", months.last)
    assert 0 < last.requests <= first.requests + 2 * months.last + 20


def test_folding_a_month_reads_its_days_once(months):
    assert max(months.worst("folding", month).requests for month in range(months.last + 1)) < 2 * 31 + 20


def test_the_indexer_reads_at_most_what_lies_behind_a_checkpoint(months):
    """It may build a base, write a checkpoint and remove the segments before it, all in one run."""
    worst = max(months.worst("indexer", month).requests for month in range(months.last + 1))
    assert worst < 3 * MAX_SEGMENTS + 300


def test_releases_do_not_pile_up(months):
    """Two before the live one here, and what two weeks of refused runs left."""
    kept = [months.bytes[month]["releases"] for month in range(months.last + 1)]
    assert kept[-1] <= 1.1 * kept[-2]
