import pytest

from object2vec.core.time import TimeError, parse_time

NOON = 1_577_880_000  # 2020-01-01T12:00:00Z


@pytest.mark.parametrize(
    "written",
    [
        NOON,
        float(NOON),
        NOON + 0.75,
        NOON * 10**3,
        NOON * 10**6,
        NOON * 10**9 + 999,
        f"{NOON}",
        f" {NOON}.5 ",
        f"{NOON}000",
        "2020-01-01T12:00:00Z",
        "2020-01-01T12:00:00.987654321Z",
        "2020-01-01 12:00",
        "2020/1/1 12:00",
        "2020.01.01 12:00:00",
        "2020-01-01T14:00:00+02:00",
        "2020-01-01T14:00+0200",
        "2020-01-01 14:00:00 +0200",
        "2020-01-01T07:00-05",
        "2020-01-01 12:00:00 UTC",
        "20200101120000",
        20200101120000,
        "20200101T120000Z",
    ],
)
def test_one_moment_in_many_spellings(written):
    assert parse_time(written) == NOON


@pytest.mark.parametrize("written", ["20200101", 20200101, "2020-01-01", "2020-1-1"])
def test_a_date_is_its_midnight_in_utc(written):
    assert parse_time(written) == NOON - 12 * 3600


@pytest.mark.parametrize(
    ("written", "code"),
    [
        (0, "zero_timestamp"),
        ("0", "zero_timestamp"),
        ("1970-01-01T00:00:00Z", "zero_timestamp"),
        (0.0, "zero_timestamp"),
        (-1, "timestamp_out_of_range"),
        ("-5", "timestamp_out_of_range"),
        (5_000_000_000, "timestamp_out_of_range"),
        ("0001-01-01T00:00:00Z", "timestamp_out_of_range"),
        ("9999-12-31", "timestamp_out_of_range"),
        (10**25, "bad_timestamp"),
        ("", "bad_timestamp"),
        ("yesterday", "bad_timestamp"),
        ("2020-13-01", "bad_timestamp"),
        ("2020-02-30", "bad_timestamp"),
        ("01/02/2020", "bad_timestamp"),
        (True, "bad_timestamp"),
        (None, "bad_timestamp"),
        (float("nan"), "bad_timestamp"),
        ([5], "bad_timestamp"),
        ("1.73569E+09", "bad_timestamp"),
    ],
)
def test_what_is_no_time_of_an_event_says_why(written, code):
    with pytest.raises(TimeError) as raised:
        parse_time(written)
    assert raised.value.code == code


def test_no_number_belongs_to_two_units():
    for digits in range(1, 20):
        for number in (10 ** (digits - 1), 10**digits - 1, 41 * 10 ** max(digits - 2, 0)):
            try:
                seconds = parse_time(number)
            except TimeError as error:
                assert error.code == "timestamp_out_of_range"  # noqa: PT017
            else:
                assert 0 < seconds < 4_102_444_800
