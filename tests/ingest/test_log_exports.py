"""Logs as other systems export them: taken for what they are, and each column for what it means."""

import gzip
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from object2vec.ingest.preprocess import preprocess_upload
from object2vec.storage import FolderStore
from tests.helpers.curated import curated_rows
from tests.ingest.test_preprocess_properties import preprocess

T = 1_577_880_000  # 2020-01-01T12:00:00Z


def read(upload, store, name, data):
    report = upload(name, data if isinstance(data, bytes) else data.encode())
    assert report.problem is None, report.problem
    return report, curated_rows(store, name.split("/")[0])


EXPORTS = {
    "Amazon Personalize interactions": (
        "a.csv",
        "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE\nu,i,1577880000,Purchase,2\n",
        [("u", "i", T, "purchase", 2.0)],
    ),
    "MovieLens ratings": (
        "ratings.csv",
        "userId,movieId,rating,timestamp\n1,31,4.5,1577880000\n",
        [("1", "31", T, "rating", 4.5)],
    ),
    "MovieLens tags": (
        "tags.csv",
        "userId,movieId,tag,timestamp\n1,31,funny,1577880000\n",
        [("1", "31", T, "tag", None)],
    ),
    "Amazon reviews (2014 and 2018)": (
        "a.jsonl",
        '{"reviewerID": "A1", "asin": "0001", "reviewText": "Says \\"good\\"", "overall": 5.0, '
        '"unixReviewTime": 1577880000}\n',
        [("A1", "0001", T, "rating", 5.0)],
    ),
    "Amazon reviews (2023)": (
        "a.jsonl",
        '{"rating": 4.0, "title": "x", "asin": "B1", "parent_asin": "B0", "user_id": "A", '
        '"timestamp": 1577880000999}\n',
        [("A", "B0", T, "rating", 4.0)],
    ),
    "Shopify orders": (
        "orders.csv",
        "Name,Email,Created at,Lineitem quantity,Lineitem name,Lineitem sku\n"
        "#1,a@b.c,2020-01-01 14:00:00 +0200,2,Kettle,K-1\n",
        [("a@b.c", "K-1", T, "purchase", 2.0)],
    ),
    "Google Analytics 4 events": (
        "ga.csv",
        "event_name,event_timestamp,user_pseudo_id,item_id\nadd_to_cart,1577880000123456,9.8,K-1\n",
        [("9.8", "K-1", T, "add_to_cart", None)],
    ),
}


@pytest.mark.parametrize("title", EXPORTS)
def test_an_export_is_recognised(store, upload, title):
    name, data, rows = EXPORTS[title]
    report, found = read(upload, store, f"interactions/{name}", data)
    assert (report.recognised, found) == (title, rows)
    assert {field.name for field in report.fields} >= {"USER_ID", "ITEM_ID", "TIMESTAMP"}


@pytest.mark.parametrize(
    "data",
    [
        "Kunde;Artikelnummer;Bestelldatum;Menge\r\nü;007;01.01.2020 12:00;1,5\r\n",
        "sep=;\r\nKunde;Artikelnummer;Bestelldatum;Menge\r\nü;007;01.01.2020 12:00;1,5\r\n",
        "Client\tRéférence\tDate commande\tQuantité\nü\t007\t2020-01-01T12:00Z\t1.5\n",
        "id_usuario,producto,fecha_pedido,cantidad\nü,007,20200101120000,1.5\n",
        "utente,codice prodotto,data ordine,quantità\nü,007,2020/01/01 12:00:00,1.5\n",
        "klantnummer|artikelcode|besteldatum|aantal\nü|007|1577880000000|1.5\n",
        'Customer,Product,Order Date,Quantity\nü,007,"Jan 1, 2020 12:00 PM",1.5\n',
    ],
    ids=["German Excel", "sep", "French tabs", "Spanish", "Italian", "Dutch pipes", "English"],
)
@pytest.mark.parametrize("codec", ["utf-8", "cp1252"])
def test_headings_separators_and_times_of_many_places(store, upload, data, codec):
    report, rows = read(upload, store, "interactions/a.csv", data.encode(codec))
    assert rows == [("ü", "007", T, "purchase", 1.5)], report


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("ratings.dat", "1::31::4.5::1577880000\n2::31::3::1577880000\n"),
        ("u.data", "1\t31\t4.5\t1577880000\n2\t31\t3\t1577880000\n"),
    ],
)
def test_movielens_without_a_header(store, upload, name, data):
    report, rows = read(upload, store, f"interactions/{name}", data)
    assert rows == [("1", "31", T, "rating", 4.5), ("2", "31", T, "rating", 3.0)]
    assert report.rows_read == 2


def test_a_json_array(store, upload):
    data = '[\n  {"user_id": "u", "item_id": 7, "timestamp": "2020-01-01T12:00:00Z"},\n  {"user_id": "u"}\n]'
    report, rows = read(upload, store, "interactions/a.json", data)
    assert rows == [("u", "7", T, None, None)]
    assert report.reasons["missing_item_id"].lines == [3]
    assert store.get(report.quarantine) == b'{"user_id": "u"}\n'


def test_tags_are_queries_where_they_are_uploaded_as_such(store, upload):
    report, rows = read(
        partial(upload, clear=False),
        store,
        "queries/tags.csv",
        "userId,movieId,tag,timestamp\n1,31,funny,1577880000\n",
    )
    assert rows == [("funny", "31", None, T, "1")]
    assert report.recognised == "MovieLens tags"


def test_the_report_names_types_times_and_what_is_not_used(store, upload):
    report, _ = read(
        upload,
        store,
        "interactions/a.csv",
        "user_id,item_id,timestamp,event_type,reviewText,colour\n"
        "u,i,1577880000000, Add  To Cart,x,y\nu,j,1577880000001,add to cart,x,y\nu,k,2020-01-01,VIEW,x,y\n",
    )
    assert report.event_types == {"add to cart": 2, "view": 1}
    assert report.times == {"epoch milliseconds": 2, "ISO 8601": 1}
    assert report.unused.keys() == {"reviewText", "colour"}
    assert "catalogue" in report.unused["reviewText"]


def test_ids_that_a_table_made_fractions_are_read_as_the_numbers_they_were(store, upload):
    report, rows = read(
        upload, store, "interactions/a.csv", "user_id,item_id,timestamp\n7.0,a,5\n12.0,b.0,6\n"
    )
    assert rows == [("12", "b.0", 6, None, None), ("7", "a", 5, None, None)]
    assert "USER_ID ended in .0" in report.notes[0]


DATES = "user_id,item_id,date\n"


def test_the_clear_dates_of_a_column_explain_the_others(store, upload):
    report, rows = read(upload, store, "interactions/a.csv", DATES + "u,a,1/2/2020\nu,b,1/31/2020\n")
    assert [row[2] for row in rows] == [1_577_923_200, 1_580_428_800]
    assert report.times == {"month before day": 2}
    _, rows = read(upload, store, "interactions/a.csv", DATES + "u,a,1/2/2020\nu,b,31/1/2020\n")
    assert [row[2] for row in rows] == [1_580_515_200, 1_580_428_800]


def test_dates_that_nothing_explains_are_refused_and_said(store, upload):
    report, rows = read(
        upload, store, "interactions/a.csv", DATES + "u,a,1/2/2020\nu,b,3/4/2020\nu,c,2020-01-01\n"
    )
    assert report.reasons["ambiguous_date"].lines == [2, 3]
    assert store.get(report.quarantine) == (DATES + "u,a,1/2/2020\nu,b,3/4/2020\n").encode()
    assert len(rows) == 1


@pytest.mark.parametrize("form", ["csv", "csv.gz", "jsonl", "parquet"])
def test_a_wrong_clock_is_put_aside_and_decides_nothing(store, upload, parquet, form):
    times = [T + n * 3_600 for n in range(100)]
    times[7] = 300_000_000  # 1979
    if form == "parquet":
        data = parquet(
            f"SELECT 'u' AS user_id, i AS item_id, unnest({times}) AS timestamp FROM (SELECT 'i' AS i)"
        )
    elif form == "jsonl":
        data = b"".join(b'{"user_id": "u", "item_id": "i", "timestamp": %d}\n' % time for time in times)
    else:
        data = b"user_id,item_id,timestamp\n" + b"".join(b"u,i,%d\n" % time for time in times)
    report, rows = read(
        upload, store, f"interactions/a.{form}", gzip.compress(data) if form == "csv.gz" else data
    )
    assert report.reasons["timestamp_far_off"].lines == [9 if "csv" in form else 8]
    assert (report.accepted, len(rows)) == (99, 99)
    assert b"300000000" in (gzip.decompress if form == "csv.gz" else bytes)(store.get(report.quarantine))


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_the_order_of_the_rows_does_not_matter(data):
    rows = data.draw(
        st.lists(
            st.tuples(
                st.sampled_from(["u", "v", "7.0", " w"]),
                st.sampled_from(["i", "ä", "007"]),
                st.sampled_from(
                    [
                        "1577880000",
                        "1577880000000",
                        "1/2/2020",
                        "31/1/2020",
                        "2020-01-01",
                        "300000000",
                        "0",
                        "x",
                    ]
                ),
                st.sampled_from(["", "Buy", "view"]),
                st.sampled_from(["", "1", "N/A"]),
            ),
            min_size=1,
            max_size=30,
        )
    )
    outcomes = []
    for order in (rows, data.draw(st.permutations(rows))):
        text = "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE\n" + "".join(
            ",".join(row) + "\n" for row in order
        )
        store, report = preprocess("interactions/a.csv", text.encode())
        reasons = {code: reason.count for code, reason in report.reasons.items()}
        outcomes.append((curated_rows(store), reasons, report.event_types, report.times, report.notes))
    assert outcomes[0] == outcomes[1]


def test_a_column_of_spreadsheet_days_is_no_second_of_1970(store, upload):
    data = DATES + "u,a,43831\nu,b,43831.5\nu,c,43832\n"
    report, rows = read(upload, store, "interactions/a.csv", data)
    assert [row[2] for row in rows] == [T - 43_200, T, T + 43_200]
    assert report.times == {"days of a spreadsheet": 3}


def test_small_numbers_among_others_are_seconds(store, upload):
    _, rows = read(upload, store, "interactions/a.csv", DATES + "u,a,43831\nu,b,100000\n")
    assert [row[2] for row in rows] == [43_831, 100_000]


@settings(max_examples=10, deadline=None)
@given(st.data())
def test_any_order_and_number_of_deliveries_give_the_same_log(data):
    """Files uploaded in any order, again and again, reversed, with their rows in another order."""
    rows = st.tuples(
        st.sampled_from(["u", "v"]), st.sampled_from(["i", "j"]), st.integers(T, T + 9).map(str)
    ).map(",".join)
    files = [data.draw(st.lists(rows, min_size=1, max_size=6)) for _ in range(3)]
    outcomes = []
    for _ in range(2):
        with TemporaryDirectory() as folder:
            store = FolderStore(Path(folder))
            for number in data.draw(st.permutations([0, 1, 2])):
                text = "\n".join(
                    ["USER_ID,ITEM_ID,TIMESTAMP", *data.draw(st.permutations(files[number])), ""]
                )
                store.put(f"uploads/interactions/{number}.csv", text.encode())
            for number in [*data.draw(st.lists(st.integers(0, 2), max_size=5)), 2, 1, 0]:
                preprocess_upload(store, f"uploads/interactions/{number}.csv")
            outcomes.append(curated_rows(store))
    assert outcomes[0] == outcomes[1]
    assert len(outcomes[0]) == sum(map(len, files))
