"""Times of a whole column are read by the rule for one value."""

import re
from datetime import UTC, datetime

import duckdb
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from object2vec.core.time import END, TimeError, parse_time
from object2vec.ingest.logs.times import STYLES, define_time_macros, first_part, limits_of

DAY = 86_400
NOON = 1_577_880_000  # 2020-01-01T12:00:00Z

DAY_OR_MONTH_FIRST = re.compile(r"[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2}")

moments = st.datetimes(datetime(1960, 1, 1), datetime(2110, 1, 1))
written = st.tuples(
    moments,
    st.sampled_from(
        [
            "%Y-%m-%d",
            "%Y-%m-%dT%H:%M:%SZ",
            "%Y-%m-%d %H:%M",
            "%Y/%m/%d %H:%M:%S",
            "%Y%m%d",
            "%Y%m%dT%H%M%SZ",
            "%Y%m%d%H%M%S",
            "%Y-%m-%dT%H:%M:%S.%f",
            "%Y-%m-%d %H:%M:%S +0530",
            "%Y.%m.%d",
            "%Y-%m-%dT%H:%M-11:30",
        ]
    ),
).map(lambda pair: pair[0].strftime(pair[1]))
numbers = st.integers(-(10**18), 10**19).map(str) | st.integers(0, 18).flatmap(
    lambda digits: st.integers(10**digits, 42 * 10**digits).map(str)
)
odd = st.text("0123456789-/.:TZ +", max_size=14)


@pytest.fixture(scope="module")
def database():
    database = duckdb.connect(config={"threads": 1})
    database.execute("SET TimeZone = 'UTC'")
    define_time_macros(database)
    return database


def in_sql(database, text, latest=END):
    return database.execute(
        """SELECT code, time_problem(code, $2::BIGINT)
            FROM (SELECT coalesce(time_code($1), text_code(nullif($1, ''), 'unknown')) AS code)""",
        [text, latest],
    ).fetchone()


def by_itself(text):
    try:
        return parse_time(text), None
    except TimeError as error:
        return None, error.code


@settings(max_examples=300, deadline=None)
@given(text=written | numbers | odd)
@example("20200230")
@example("2020-02-30T00:00")
@example("+5")
@example("5.")
@example("1_000")
@example("0x10")
@example("1970-01-01T00:00:00+01:00")
@example("99999999999999999999")
def test_a_column_is_read_by_the_rule_for_one_value(database, text):
    code, problem = in_sql(database, text.strip())
    if code is None or DAY_OR_MONTH_FIRST.match(text.strip()):  # empty, or what only its column explains
        assert by_itself(text) == (None, "bad_timestamp")
        return
    assert ((None if problem else code // 16), problem) == by_itself(text)


@pytest.mark.parametrize(
    ("text", "style"),
    [
        (f"{NOON}", "epoch seconds"),
        (f"{NOON}000", "epoch milliseconds"),
        (f"{NOON}000000", "epoch microseconds"),
        (f"{NOON}000000000", "epoch nanoseconds"),
        ("20200101120000", "dates without separators"),
        ("202001011200", "dates without separators"),
        ("43831.5", "days of a spreadsheet"),
        ("43831,5", "days of a spreadsheet"),
        ("2020-01-01 12:00 PM", "ISO 8601"),
        ("20200101 12:00:00", "ISO 8601"),
        ("01/Jan/2020:12:00:00 +0000", "names of months"),
        ("Wed Jan 01 12:00:00 2020", "names of months"),
        ("2020-01-01T12:00Z", "ISO 8601"),
        ("Jan 1, 2020 12:00 PM", "names of months"),
        ("Wed, 01 Jan 2020 12:00:00 GMT", "names of months"),
        ("Wed, 01 Jan 2020 13:00:00 +0100", "names of months"),
        ("1 January 2020 12:00", "names of months"),
        ("01-Jan-2020 12:00:00", "names of months"),
    ],
)
def test_the_style_is_known(database, text, style):
    code, _ = in_sql(database, text)
    assert (code // 16, STYLES[code % 16]) == (NOON, style)


def test_a_time_after_the_latest_has_not_happened(database):
    assert in_sql(database, str(NOON), NOON) == (NOON * 16, None)
    assert in_sql(database, str(NOON + 1), NOON)[1] == "timestamp_in_future"


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("31.01.2020", "unknown", "2020-01-31 00:00"),
        ("1.2.2020 9:05", "unknown", "2020-02-01 09:05"),
        ("31/1/2020", "unknown", "2020-01-31 00:00"),
        ("1/31/2020 12:30 AM", "unknown", "2020-01-31 00:30"),
        ("1/2/2020", "day", "2020-02-01 00:00"),
        ("1/2/20, 1:02:03 pm", "month", "2020-01-02 13:02"),
        ("1/2/2020", "unknown", "ambiguous_date"),
        ("31/1/2020", "month", "bad_timestamp"),
        ("30.2.2020", "day", "bad_timestamp"),
        ("1/1/1970", "day", "zero_timestamp"),
        ("1/1/2020 13:00 pm", "day", "bad_timestamp"),
    ],
)
def test_dates_with_the_day_or_the_month_first(database, text, order, expected):
    code, problem = database.execute(
        f"SELECT code, time_problem(code, {END}) FROM (SELECT text_code($1, $2) AS code)", [text, order]
    ).fetchone()
    found = problem or f"{datetime.fromtimestamp(code // 16, UTC):%Y-%m-%d %H:%M}"
    assert found == expected


@pytest.mark.parametrize(
    ("days_first", "months_first", "expected"),
    [
        (0, 0, "unknown"),
        (1, 0, "day"),
        (0, 7, "month"),
        (5, 5, "unknown"),
        (1_000, 3, "day"),
        (3, 1_000, "month"),
    ],
)
def test_which_comes_first_is_decided_by_the_clear_ones(days_first, months_first, expected):
    assert first_part(days_first, months_first) == expected


def limits(days):
    values, counts = np.unique(np.array(days), return_counts=True)
    return limits_of(values, counts)


@pytest.mark.parametrize(
    "days",
    [
        [18_000],
        [18_000, 18_001],
        [5, 5, 5, 6],
        list(range(14_000, 18_000)),
        [14_000] * 5 + [18_000] * 95,
        [16_000, *[18_000 + n % 30 for n in range(1_000)]],
        [0, 1, 2, 3],
    ],
    ids=["one", "two", "ordinals", "ten years", "two heaps", "an old row of a young log", "from zero"],
)
def test_true_logs_lie_within_their_limits(days):
    found = limits(days)
    assert found.first <= min(days) * DAY
    assert max(days) * DAY < found.end
    assert found.zero_end == 0 or min(days) * DAY >= found.zero_end


@pytest.mark.parametrize("span", [1, 30, 365, 3_653])
def test_a_wrong_clock_lies_outside(span):
    found = limits([0, 1, 30_000, *[18_000 + n % span for n in range(1_000)]])
    assert found.zero_end == 2 * DAY
    assert found.end <= 30_000 * DAY or span == 3_653
    assert found.first <= 18_000 * DAY < found.end
