"""However rows are split over files, in whatever order those are read, and however often: the same result."""

import tempfile
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from object2vec.ingest.preprocess import preprocess_upload
from object2vec.storage import FolderStore, item_log
from tests.helpers.curated import curated_rows

START = 1_577_880_000


def items(rows):
    return b"".join(
        orjson.dumps({"label": f"i{n}", "text": "tea " * n, "metadata": {"price": n}}) + b"\n" for n in rows
    )


def sheet(rows):
    return b"id;title;price\n" + b"".join(b"i%d;tea %d;%d,50\n" % (n, n, n) for n in rows)


def events(rows):
    return b"USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE\n" + b"".join(
        b"u%d,i%d,%d,view\n" % (n % 3, n % 5, START + n // 2) for n in rows
    )


def json_events(rows):
    return b"".join(
        orjson.dumps({"user": f"u{n % 3}", "items": [{"item_id": f"i{n}"}], "time": START + n}) + b"\n"
        for n in rows
    )


def queries(rows):
    return b"QUERY,ITEM_ID,LABEL\n" + b"".join(b"tea %d,i%d,%d\n" % (n, n, n % 3) for n in rows)


def pairs(rows):
    return b"".join(orjson.dumps({"label": n % 2, "in0": [n], "in1": [n + 1]}) + b"\n" for n in rows)


KINDS = {
    "catalog/{}.jsonl": items,
    "catalog/{}.csv": sheet,
    "interactions/{}.csv": events,
    "interactions/{}.jsonl": json_events,
    "queries/{}.csv": queries,
    "pairs/train/{}.jsonl": pairs,
}


def state(store, name):
    """Stored result of the uploads of a kind."""
    if name.startswith("catalog"):
        return item_log.replay(item_log.read(store))[0]
    if name.startswith("pairs"):
        return sorted(
            line.rstrip()
            for entry in store.list("curated/pairs/")
            for line in store.get(entry.key).splitlines()
        )
    return sorted(map(repr, curated_rows(store)))


@pytest.mark.parametrize("name", KINDS)
@settings(max_examples=6, deadline=None)
@given(data=st.data())
def test_split_order_and_deliveries_change_nothing(name, data):
    count = data.draw(st.integers(1, 12))
    places = data.draw(st.lists(st.integers(0, 2), min_size=count, max_size=count))
    rows = data.draw(st.permutations(range(1, count + 1)))
    files = {
        f"uploads/{name.format(place)}": KINDS[name](
            [row for row, at in zip(rows, places, strict=True) if at == place]
        )
        for place in {*places}
    }
    deliveries = data.draw(
        st.permutations([*files, *data.draw(st.lists(st.sampled_from([*files]), max_size=2))])
    )
    with tempfile.TemporaryDirectory() as whole, tempfile.TemporaryDirectory() as split:
        one, several = FolderStore(Path(whole)), FolderStore(Path(split))
        one.put(f"uploads/{name.format('all')}", KINDS[name](range(1, count + 1)))
        preprocess_upload(one, f"uploads/{name.format('all')}")
        for key, content in files.items():
            several.put(key, content)
        for key in deliveries:
            preprocess_upload(several, key)
        assert state(several, name) == state(one, name)
