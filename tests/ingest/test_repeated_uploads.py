"""Uploads delivered several times by the queue, and other ones under the same key."""

from dataclasses import replace

import orjson
import pytest

from object2vec.ingest.preprocess import preprocess_upload
from object2vec.ingest.report import load_report, report_key
from object2vec.storage import item_log
from tests.helpers.curated import curated_rows

HEADER = b"USER_ID,ITEM_ID,TIMESTAMP\n"


def state(store):
    return {entry.key: entry.etag for entry in store.list("")}


@pytest.mark.parametrize(
    ("name", "data"),
    [("interactions/a.csv", HEADER + b"u,i,5\nbad\n"), ("catalog/a.csv", b"label,text\n1,a\n1,b\nbad\n")],
)
def test_a_second_delivery_changes_nothing(store, upload, name, data):
    first = upload(name, data)
    before = state(store)
    assert preprocess_upload(store, f"uploads/{name}") == first
    assert state(store) == before


def test_a_report_of_an_earlier_version_is_read(store, upload):
    report = upload("catalog/a.csv", b"label,text\n1,a\n1,b\n")
    assert (report.duplicate_ids, report.duplicate_id_lines) == (1, [2])
    saved = orjson.loads(store.get(report_key(report.key)))
    saved["superseded"], saved["superseded_lines"] = (
        saved.pop("duplicate_ids"),
        saved.pop("duplicate_id_lines"),
    )
    store.put(report_key(report.key), orjson.dumps(saved))
    assert load_report(store, report.key) == report


def test_a_delivery_after_a_crash_leads_to_the_same_state(store, upload):
    first = upload("interactions/a.csv", HEADER + b"u,i,5\n")
    upload("catalog/a.csv", b"label,text\n1,a\n")
    for key in ("uploads/interactions/a.csv", "uploads/catalog/a.csv"):
        store.delete(report_key(key))  # as if the process had ended before its report
        again = preprocess_upload(store, key)
        assert again.accepted == 1
    assert replace(load_report(store, first.key), seconds=first.seconds) == first
    assert curated_rows(store) == [("u", "i", 5, None, None)]
    assert len(item_log.replay(item_log.read(store))[0]) == 1


def test_other_content_under_the_same_key_replaces(store, upload):
    upload("interactions/a.csv", HEADER + b"u,i,5\nbad\n")
    upload("interactions/b.csv", HEADER + b"v,j,6\n")
    report = upload("interactions/a.csv", HEADER + b"u,k,7\n")
    assert curated_rows(store) == [("u", "k", 7, None, None), ("v", "j", 6, None, None)]
    assert report.quarantine is None
    assert not list(store.list("quarantine/"))


def test_a_replacement_without_a_good_row_leaves_none(store, upload):
    upload("interactions/a.csv", HEADER + b"u,i,5\n")
    upload("interactions/a.csv", b"")
    assert curated_rows(store) == []


def test_an_edit_between_two_deliveries_survives(store, upload):
    upload("catalog/a.csv", b"label,text\n1,old\n")
    item_log.append(store, [item_log.CatalogItem("1", "edited")])
    preprocess_upload(store, "uploads/catalog/a.csv")
    assert item_log.replay(item_log.read(store))[0]["1"].text == "edited"


def test_keys_that_look_alike_do_not_share_a_curated_object(store, upload):
    for name in ("interactions/a-b.csv", "interactions/a/b.csv", "interactions/a b+%20.csv"):
        assert upload(name, HEADER + b"u,i,5\n").accepted == 1
    assert len(curated_rows(store)) == 3


def test_a_version_that_arrives_during_the_reading_is_read_too(store, upload):
    class Racing(type(store)):
        raced = False

        def download(self, key, path):
            super().download(key, path)
            if not self.raced:
                self.raced = True
                self.put(key, HEADER + b"u,new,6\n")

    store.put("uploads/interactions/a.csv", HEADER + b"u,old,5\n")
    racing = Racing(store._root)
    report = preprocess_upload(racing, "uploads/interactions/a.csv")
    assert curated_rows(store) == [("u", "new", 6, None, None)]
    assert load_report(store, report.key) == report
