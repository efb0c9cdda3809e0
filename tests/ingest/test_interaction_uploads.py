import pytest

from tests.helpers.curated import curated_rows

NOON = 1_577_880_000  # 2020-01-01T12:00:00Z


def test_csv_and_jsonl_give_the_same_rows(store, upload):
    upload("interactions/a.csv", b"USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE\nu,7,1577880000,buy,2\n")
    upload(
        "interactions/a.jsonl",
        b'{"USER_ID":"u","ITEM_ID":7,"TIMESTAMP":1577880000,"EVENT_TYPE":"buy","EVENT_VALUE":2}',
    )
    assert curated_rows(store) == [("u", "7", NOON, "buy", 2.0)] * 2


@pytest.mark.parametrize(
    "time",
    [
        "1577880000",
        "1577880000.0",
        "2020-01-01T12:00:00Z",
        "2020-01-01T12:00:00.9Z",
        "2020-01-01 12:00:00",
        "2020-01-01T14:00:00+02:00",
        "2020-01-01T07:00-05",
        " 1577880000 ",
    ],
)
def test_times_are_seconds_or_iso(store, upload, time):
    report = upload("interactions/a.csv", f"user_id,Item_Id,TIMESTAMP\nu,i,{time}\n".encode())
    assert report.accepted == 1, report.reasons
    assert curated_rows(store) == [("u", "i", NOON, None, None)]


BAD = {
    "u,i,0,,": "zero_timestamp",
    "u,i,1970-01-01,,": "zero_timestamp",
    "u,i,,,": "missing_timestamp",
    "u,i,-5,,": "timestamp_out_of_range",
    "u,i,5000000000,,": "timestamp_out_of_range",
    "u,i,4000000000,,": "timestamp_in_future",
    "u,i,1.57788E+09,,": "bad_timestamp",
    "u,i,2020-13-01,,": "bad_timestamp",
    "u,i,01/02/2020,,": "ambiguous_date",
    "4.00638E+12,i,5,,": "rounded_user_id",
    "u,4.00638E+12,5,,": "rounded_item_id",
    "u,i,infinity,,": "bad_timestamp",
    ",i,5,,": "missing_user_id",
    "u,,5,,": "missing_item_id",
    " u,i,5,,": "bad_user_id",
    f"u,{'i' * 257},5,,": "bad_item_id",
    f"u,i,5,{'e' * 257},": "bad_event_type",
    "u,i,5": "wrong_columns",
    "u,i,5,,,": "wrong_columns",
    'u,"i,5,,': "broken_quotes",
    "u,i\x1f,5,,": "control_character",
}


@pytest.mark.parametrize("quoted", [False, True], ids=["plain", "quoted"])
@pytest.mark.parametrize(("row", "code"), BAD.items())
def test_a_bad_row_is_named_and_kept(store, upload, row, code, quoted):
    good = '"a","i",5,"x\ny",1' if quoted else "a,i,5,x,1"
    header = (
        "USER_ID,ITEM_ID,TIMESTAMP,NOTE,EVENT_VALUE"
        if quoted
        else "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE"
    )
    if quoted and code == "bad_event_type":
        pytest.skip("the column is a note here")
    report = upload("interactions/a.csv", f"{header}\n{good}\n\n{row}\n{good}\n".encode())
    assert {code: [5 if quoted else 4]} == {code: reason.lines for code, reason in report.reasons.items()}
    assert (report.rows_read, report.accepted, report.rejected) == (3, 2, 1)
    assert store.get(report.quarantine) == f"{header}\n{row}\n".encode()
    assert len(curated_rows(store)) == 2


BAD_JSON = {
    b"{": "invalid_json",
    b'{"ITEM_ID":"i","TIMESTAMP":5}': "missing_user_id",
    b'{"USER_ID":true,"ITEM_ID":"i","TIMESTAMP":5}': "bad_user_id",
    b'{"USER_ID":"u","ITEM_ID":1.5,"TIMESTAMP":5}': "bad_item_id",
    b'{"USER_ID":"u","ITEM_ID":"i","TIMESTAMP":[5]}': "bad_timestamp",
    b'{"USER_ID":"u","ITEM_ID":"i","TIMESTAMP":5,"EVENT_TYPE":1.5}': "bad_event_type",
    b'{"USER_ID":"u","ITEM_ID":"i","TIMESTAMP":5,"EVENT_VALUE":NaN}': "not_finite",
    b'{"USER_ID":"u","user_id":"v","ITEM_ID":"i","TIMESTAMP":5}': "duplicate_field",
    b'{"USER_ID":"u\\u001f","ITEM_ID":"i","TIMESTAMP":5}': "bad_user_id",
    b'{"USER_ID":"\xff","ITEM_ID":"i","TIMESTAMP":5}': "not_utf8",
}


@pytest.mark.parametrize(("row", "code"), BAD_JSON.items())
def test_a_bad_json_row_is_named_and_kept(store, upload, row, code):
    good = b'{"user_id":"u","ITEM_ID":"i","TIMESTAMP":5,"context":1}\n'
    report = upload("interactions/a.jsonl", good + row + b"\n" + good)
    assert {code: [2]} == {code: reason.lines for code, reason in report.reasons.items()}
    assert report.ignored_columns == ["context"]
    assert len(curated_rows(store)) == 2


@pytest.mark.parametrize("value", ["nan", "-inf", "five", "N/A"])
def test_a_value_that_is_no_number_is_given_up_and_its_row_kept(store, upload, value):
    report = upload(
        "interactions/a.csv", f"USER_ID,ITEM_ID,TIMESTAMP,EVENT_VALUE\nu,i,5,{value}\nu,j,5,2\n".encode()
    )
    assert (report.accepted, report.rejected, report.quarantine) == (2, 0, None)
    assert report.cells["EVENT_VALUE"]["bad_event_value"].lines == [2]
    assert curated_rows(store) == [("u", "i", 5, None, None), ("u", "j", 5, None, 2.0)]


def test_bytes_that_are_not_utf8_cost_only_their_rows(store, upload):
    report = upload(
        "interactions/a.csv", "USER_ID,ITEM_ID,TIMESTAMP\nu,kä,4\n".encode() + b"u,k\xe4se,5\nu,brot,6\n"
    )
    assert report.reasons["not_utf8"].lines == [3]
    assert store.get(report.quarantine) == b"USER_ID,ITEM_ID,TIMESTAMP\nu,k\xe4se,5\n"
    assert curated_rows(store) == [("u", "brot", 6, None, None), ("u", "kä", 4, None, None)]


def test_further_columns_are_named_as_ignored(upload):
    report = upload("interactions/a.csv", b"USER_ID,ITEM_ID,TIMESTAMP,IMPRESSION\nu,i,5,x\n")
    assert report.ignored_columns == ["IMPRESSION"]


@pytest.mark.parametrize("value", ['"i\\u001f"', '"i\\u001e"', "1.5", "true", "[1]", '""', "null"])
def test_a_bad_json_row_in_a_block_of_like_rows(store, upload, value):
    rows = [f'{{"USER_ID": "u", "ITEM_ID": {item}, "TIMESTAMP": 5}}' for item in ('"i"', value, '"j"')]
    report = upload("interactions/a.jsonl", "\n".join(rows).encode())
    assert [reason.lines for reason in report.reasons.values()] == [[2]]
    assert curated_rows(store) == [("u", "i", 5, None, None), ("u", "j", 5, None, None)]
