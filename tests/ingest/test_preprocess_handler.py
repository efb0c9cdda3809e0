import json
from types import SimpleNamespace

import pytest
from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError

from lambdas.preprocess import handler as module
from object2vec.ingest.report import load_report
from object2vec.storage import item_log

CONTEXT = SimpleNamespace(function_name="preprocess")


@pytest.fixture(autouse=True)
def _store_url(store, monkeypatch):
    monkeypatch.setenv("STORE_URL", store.url)
    module._store.cache_clear()
    yield
    module._store.cache_clear()


def message(key, number=1):
    """What SQS delivers for EventBridge's "Object Created"; its keys are not URL-encoded."""
    event = {
        "version": "0",
        "detail-type": "Object Created",
        "source": "aws.s3",
        "detail": {"bucket": {"name": "bucket"}, "object": {"key": key, "size": 5, "etag": "e"}},
    }
    return {"messageId": str(number), "body": json.dumps(event), "eventSource": "aws:sqs"}


def test_each_message_is_one_upload(store):
    keys = ["uploads/catalog/a b+c%20ä.csv", "uploads/interactions/x.csv"]
    store.put(keys[0], b"label,text\n1,a\n")
    store.put(keys[1], b"no header for this\n")
    answer = module.handler({"Records": [message(key, n) for n, key in enumerate(keys)]}, CONTEXT)
    assert answer == {"batchItemFailures": []}
    assert load_report(store, keys[0]).accepted == 1
    assert load_report(store, keys[1]).problem["code"] == "missing_columns"


def test_only_messages_on_which_the_store_failed_come_again(store, monkeypatch):
    for name in "ab":
        store.put(f"uploads/catalog/{name}.csv", b"label,text\n1,a\n")
    download = type(store).download

    def failing(self, key, path):
        if key.endswith("a.csv"):
            raise ConnectionError("store is down")
        download(self, key, path)

    monkeypatch.setattr(type(store), "download", failing)
    records = [message("uploads/catalog/a.csv", 1), message("uploads/catalog/b.csv", 2)]
    assert module.handler({"Records": records}, CONTEXT) == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert load_report(store, "uploads/catalog/a.csv") is None
    with pytest.raises(BatchProcessingError):
        module.handler({"Records": records[:1]}, CONTEXT)


def test_a_deleted_object_takes_its_rows_along(store):
    key = "uploads/catalog/a.csv"
    store.put(key, b"label,text\n1,a\n")
    module.handler({"Records": [message(key)]}, CONTEXT)
    store.delete(key)
    gone = message(key)
    gone["body"] = gone["body"].replace("Object Created", "Object Deleted")
    for _ in range(2):
        assert module.handler({"Records": [gone]}, CONTEXT) == {"batchItemFailures": []}
    assert load_report(store, key).deleted
    assert item_log.replay(item_log.read(store))[0] == {}
