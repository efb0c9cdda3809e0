"""Several processes count together, also beside a disk that takes nothing."""

from pathlib import Path

import pytest
from prometheus_client import Counter, Histogram, generate_latest

from local.counts import SharedCounts


class Process:
    def __init__(self, folder: Path, number: int) -> None:
        self.counts = SharedCounts(folder, number)
        self.found = Counter("found", "Found.", ("kind",), registry=self.counts.registry)
        self.took = Histogram("took", "Time.", buckets=(1.0, 2.0), registry=self.counts.registry)

    def lines(self) -> list[str]:
        return generate_latest(self.counts).decode().splitlines()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "metrics"


def test_whoever_is_asked_adds_up_what_all_have_counted(folder):
    one, other = Process(folder, 1), Process(folder, 2)
    one.found.labels("shoe").inc()
    one.took.observe(0.5)
    other.found.labels("shoe").inc(2)
    other.found.labels("hat").inc()
    other.took.observe(1.5)
    for process in (one, other):
        process.counts.tell()
    for lines in (one.lines(), other.lines()):
        assert {'found_total{kind="shoe"} 3.0', 'found_total{kind="hat"} 1.0', "took_sum 2.0"} <= set(lines)
        buckets = [line for line in lines if line.startswith(("took_bucket", "took_count"))]
        assert buckets == [
            'took_bucket{le="1.0"} 1.0',
            'took_bucket{le="2.0"} 2.0',
            'took_bucket{le="+Inf"} 2.0',
            "took_count 2.0",
        ]


def test_its_own_counts_are_those_of_now_and_not_twice(folder):
    process = Process(folder, 1)
    process.found.labels("hat").inc()
    process.counts.tell()
    process.found.labels("hat").inc()
    assert 'found_total{kind="hat"} 2.0' in process.lines()


def test_what_could_not_be_written_is_told_when_there_is_room_again(folder):
    one, other = Process(folder, 1), Process(folder, 2)
    one.found.labels("hat").inc()
    folder.write_bytes(b"")  # no file can be made below it
    one.counts.tell()
    assert 'found_total{kind="hat"} 1.0' in one.lines()
    assert 'found_total{kind="hat"} 1.0' not in other.lines()
    folder.unlink()
    one.counts.tell()
    assert 'found_total{kind="hat"} 1.0' in other.lines()


def test_a_damaged_file_is_left_out(folder):
    process = Process(folder, 1)
    process.found.labels("hat").inc()
    folder.mkdir()
    (folder / "2.json").write_bytes(b'{"found": [')
    assert 'found_total{kind="hat"} 1.0' in process.lines()
