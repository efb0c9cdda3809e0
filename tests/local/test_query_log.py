"""The local query log: a file a day, and the report that the server makes of it."""

from datetime import UTC, datetime

import orjson
import pytest

from local.api import LocalApi
from local.gateway_event import gateway_event
from local.query_log import FolderLog
from local.work_folder import WorkFolder
from object2vec.search.queries.log import QueryLogWriter
from tests.helpers.clock import Clock

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp()
DAY = 86_400.0


@pytest.fixture
def clock():
    return Clock(NOON)


@pytest.fixture
def log(tmp_path, clock):
    return FolderLog(tmp_path / "log", clock)


def taken(log, clock, *moments):
    written = QueryLogWriter(log.write, "key", clock)
    for clock.now in moments:
        written.took("u", [str(clock.now)])


def moments(lines):
    return [orjson.loads(line)["at"] for line in lines]


def test_lines_come_back_in_order_whatever_the_day(log, clock):
    taken(log, clock, NOON + DAY, NOON, NOON + 1)
    assert moments(log.lines(NOON, NOON + 2 * DAY)) == [NOON, NOON + 1, NOON + DAY]
    assert moments(log.lines(NOON + 1, NOON + DAY)) == [NOON + 1]
    assert log.lines(NOON - DAY, NOON) == []


def test_a_month_is_kept(log, clock, tmp_path):
    taken(log, clock, NOON - 31 * DAY, NOON - 30 * DAY, NOON)
    log.remove_old()
    assert sorted(path.name for path in (tmp_path / "log").iterdir()) == [
        "2026-01-30.jsonl",
        "2026-03-01.jsonl",
    ]


def test_what_is_no_file_is_passed_over(log, clock, tmp_path):
    """An erasure ended with an error, after it was done."""
    taken(log, clock, NOON)
    (tmp_path / "log/2026-02-27.jsonl").mkdir()
    (tmp_path / "log/2026-02-28.jsonl").symlink_to("/nowhere")
    log.forget("ann")
    log.remove_old()
    assert moments(log.lines(NOON - 3 * DAY, NOON + 1)) == [NOON]
    assert log.size > 0


def test_its_size_tells_of_new_lines(log, clock):
    assert log.size == 0
    taken(log, clock, NOON)
    before = log.size
    taken(log, clock, NOON + DAY)
    assert log.size > before > 0


def test_a_disk_that_takes_nothing_costs_lines_and_no_answers(log, clock, tmp_path):
    (tmp_path / "log").write_bytes(b"")  # no file can be made below it
    taken(log, clock, NOON)
    (tmp_path / "log").unlink()
    taken(log, clock, NOON + 1)
    assert moments(log.lines(NOON, NOON + 2)) == [NOON + 1]


def test_searches_that_mention_an_id_are_forgotten_and_nothing_else(log, clock):
    written = QueryLogWriter(log.write, "key", clock)
    queries = ['Ann "7"', 'orders of ANN "7"', 'joann "7"', 'ann "7" ', "socks"]
    for number, query in enumerate(queries):
        clock.now = NOON + number * DAY / 3
        searched(written, query)
    clock.now = NOON + 2 * DAY
    written.took('ann "7"', ['ann "7"'])
    size = log.size
    log.forget('Ann "7"')
    clock.now += 1
    searched(written, "late")
    left = [orjson.loads(line).get("query") for line in log.lines(NOON, NOON + 3 * DAY)]
    assert left == ['joann "7"', "socks", None, "late"]
    assert log.size > size


def test_who_is_erased_is_not_in_the_log_by_a_search_for_their_id(tmp_path):
    folder = WorkFolder(tmp_path)
    log = FolderLog(folder.query_log)
    written = QueryLogWriter(log.write, "key")
    searched(written, "ann b")
    searched(written, "socks")
    assert LocalApi(folder).answer(gateway_event("DELETE", "/users/Ann%20B"), None)["statusCode"] == 200
    (file,) = folder.query_log.iterdir()
    assert b"socks" in file.read_bytes()
    assert b"ann" not in file.read_bytes()


def searched(written, query):
    written.searched(
        query, [], user_id="u", address="", hits=0, by_words=False, filtered=False, further=False
    )
