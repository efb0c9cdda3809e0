"""Whatever lies where one of our own files should, its reader gives a value, or the error that its callers
expect. Readers that have property tests of their own are listed with these in docs/reliability.md."""

import gzip
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from local.pages import latest_report
from object2vec.core.catalog import CatalogItem
from object2vec.core.erasure_ids import erasure_id
from object2vec.core.errors import BadRequestError, InputError
from object2vec.core.keys import CHECKPOINT, LOG_END, RETRAINING
from object2vec.ingest.mapping_file import parse_mappings
from object2vec.ingest.pictures.kept import SeenPicture
from object2vec.ingest.pictures.table import Claim, PictureTable, change
from object2vec.ingest.preprocess import preprocess_upload
from object2vec.ingest.report import load_report, report_key
from object2vec.ingest.rules import FileError
from object2vec.model.retrieval.artefact import ArtefactError, read_manifest
from object2vec.release.retraining import State, count_report, load_state
from object2vec.search import filters
from object2vec.search.queries.log import read_line
from object2vec.search.queries.report import load_latest
from object2vec.search.stored import StoredRules, StoredSynonyms
from object2vec.serving.payload import PayloadError, read_request
from object2vec.storage import FolderStore, item_log
from object2vec.storage.checked_file import CheckedFileError, read_checked, write_checked
from object2vec.storage.checkpoint_pointer import load_pointer
from object2vec.storage.log_checkpoint import write_checkpoint
from object2vec.storage.sealed import sealed
from object2vec.training.hyperparameter_set import HyperparameterError
from object2vec.training.hyperparameters import Hyperparameters, parse_hyperparameters
from object2vec.users.erasure import load_erasure, load_request, request_erasure
from object2vec.users.folded_months import load_folded, note_key
from object2vec.users.log import sift
from object2vec.users.uploaded import DamagedHistoryError, HistoryLayout, HistoryPointer, read_file

ANN = f"{erasure_id('ann')}.json"
UPLOAD = "uploads/catalog/a.csv"
HISTORY = "histories/a/all.json.gz"


def stored(key, read):
    """Reads an object of a store from its content."""

    def from_content(data, folder):
        store = FolderStore(folder)
        store.put(key, data)
        return read(store)

    return from_content


def trouble_of(document):
    def read(store):
        found = document(store)
        found.get()
        assert found.trouble != ""

    return read


def manifest_of_model(data, folder):
    (folder / "manifest.json").write_bytes(data)
    return read_manifest(folder)


EVENT = {
    "user_id": "u",
    "item_id": "i",
    "timestamp": 5,
    "event_id": "1",
    "event_type": "",
    "event_value": None,
}
REQUEST = {"user_id": "ann", "requested_at": 5, "session_events": 1, "history_files": []}
SEARCH = {
    "message": "query-log",
    "at": 5.0,
    "by": "x",
    "known": True,
    "query": "q",
    "hits": 1,
    "by_words": True,
}
RULE = {"id": "a", "action": "pin", "items": ["p"]}
JSON_READERS = {
    "report of an upload": (
        {"key": UPLOAD, "etag": "x", "rows_read": 1, "accepted": 1, "reasons": {}, "problem": None},
        stored(report_key(UPLOAD), lambda store: load_report(store, UPLOAD)),
        (),
    ),
    "report of an erasure": (
        {"id": ANN, "requested_at": 5, "leaving": {"a": {"b": 1}}, "history_files": []},
        stored(f"reports/erasures/{ANN}", lambda store: load_erasure(store, "ann")),
        (),
    ),
    "request of an erasure": (
        REQUEST,
        stored(f"erasures/{ANN}", lambda store: load_request(store, f"erasures/{ANN}")),
        (InputError,),
    ),
    "event log": (EVENT, lambda data, _: sift(data), ()),
    "pointer to histories": (
        {"version": "a", "bits": 3, "types": [], "others": [{"version": "b", "bits": 2}]},
        stored("histories/current.json", HistoryPointer.load),
        (),
    ),
    "query log": (
        SEARCH | {"filtered": False, "further": False, "items": [1]},
        lambda data, _: read_line(data),
        (),
    ),
    "query report": ({"searches": 1}, stored("reports/searches/latest.json", load_latest), ()),
    "latest execution": ({"id": "1", "ended": True}, stored("executions/latest.json", latest_report), ()),
    "mapping": (
        {"catalog/*": {"columns": {"title": "name"}, "encoding": "utf-8"}},
        lambda data, _: parse_mappings(data),
        (FileError,),
    ),
    "rules": ({"version": 1, "rules": [RULE]}, stored("rules/rules.json", trouble_of(StoredRules)), ()),
    "synonyms": (
        {"version": 1, "synonyms": [{"id": "a", "words": ["a", "b"]}]},
        stored("synonyms/synonyms.json", trouble_of(StoredSynonyms)),
        (),
    ),
    "payload of an endpoint": (
        {"instances": [{"in0": [1], "in1": [2]}]},
        lambda data, _: read_request(data, "application/json"),
        (PayloadError,),
    ),
    "pointer to the log's checkpoint": (
        {"number": 3, "format": 1},
        stored("catalog/checkpoint.json", load_pointer),
        (InputError,),
    ),
    "manifest of a model": (
        {"format_version": 9, "version": "a", "dim": 3},
        manifest_of_model,
        (ArtefactError,),
    ),
}
NUMBERS = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=8,
)


@st.composite
def damaged(draw, sample):
    """The sample with a member that is something else or gone, cut or with a byte changed; or anything."""
    how = draw(st.sampled_from(["member", "gone", "cut", "byte", "json", "bytes"]))
    if how == "bytes":
        return draw(st.binary(max_size=60))
    if how == "json":
        return orjson.dumps(draw(JSON), default=str, option=orjson.OPT_NON_STR_KEYS)
    name = draw(st.sampled_from(sorted(sample)))
    if how == "member":
        return orjson.dumps(sample | {name: draw(JSON)})
    if how == "gone":
        return orjson.dumps({key: value for key, value in sample.items() if key != name})
    return broken(orjson.dumps(sample), draw(st.integers(0, 10_000)), None if how == "cut" else draw(BITS))


BITS = st.integers(1, 255)


def broken(data, place, bits):
    """The data up to a place, or with some bits of the byte there flipped."""
    place %= len(data)
    return data[:place] if bits is None else data[:place] + bytes([data[place] ^ bits]) + data[place + 1 :]


@pytest.mark.parametrize("name", JSON_READERS)
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused_as_its_callers_expect(tmp_path_factory, name, data):
    sample, read, errors = JSON_READERS[name]
    folder = tmp_path_factory.mktemp("reader")
    read_or_refused(read, data.draw(damaged(sample)), folder, errors)


def log_end(store):
    for number in range(12):
        item_log.append(store, [CatalogItem(f"{number}", "a")])
    return LOG_END, lambda: item_log.end(store), ()


def checkpoint(store):
    log_end(store)
    write_checkpoint(store)
    return CHECKPOINT, lambda: load_pointer(store), (InputError,)


def histories_pointer(store):
    HistoryPointer(HistoryLayout("a", 3, ("view",)), [HistoryLayout("b", 2)]).save(store)
    return "histories/current.json", lambda: HistoryPointer.load(store), (HistoryPointer(),)


def folded_month(store):
    key = note_key("2026-01")
    store.put(key, sealed({"since": 5.0, "days": {"2026-01-02": "x"}}))
    return key, lambda: load_folded(store, key), (None,)


def retraining(store):
    store.put("reports/events/1.json", b'{"accepted": 12}')
    count_report(store, "reports/events/1.json")
    return RETRAINING, lambda: load_state(store), (State(),)


def erasure_request(store):
    request_erasure(store, "ann", 5, 1)
    key = f"erasures/{ANN}"

    def read():
        request = load_request(store, key)
        return request["user_id"], request["requested_at"], request["session_events"]

    return key, read, (InputError,)


def picture_table(store):
    change(store, Claim("", "uploads/images/a.zip", 5.0, ""), {"a.jpg": "0123"}, ())
    (key,) = {entry.key for entry in store.list("pictures/table/")}
    return key, lambda: list(PictureTable.read(store).pictures()), (InputError,)


STATES = [log_end, checkpoint, histories_pointer, folded_month, retraining, erasure_request, picture_table]


@pytest.mark.parametrize("state", STATES)
@given(place=st.integers(0, 10_000), bits=st.none() | BITS)
def test_a_changed_bit_of_a_state_is_damage_and_never_another_state(tmp_path_factory, state, place, bits):
    """A flipped bit in the number of the log's end made a gap, behind which nothing was found again."""
    store = FolderStore(tmp_path_factory.mktemp("reader"))
    key, read, damage = state(store)
    whole = read()
    store.put(key, broken(store.get(key), place, bits))
    try:
        assert read() in (whole, *damage)
    except InputError:
        assert InputError in damage


def read_or_refused(read, data, folder, errors):
    with suppress(*errors):
        read(data, folder)


def workbook():
    book, file = Workbook(), BytesIO()
    for row in (["label", "text"], ["1", "red"], ["2", "blue"]):
        book.active.append(row)
    book.save(file)
    return file.getvalue()


def parquet():
    file = BytesIO()
    pq.write_table(pa.table({"label": ["1", "2"], "text": ["red", "blue"]}), file)
    return file.getvalue()


ROWS = b'{"label": "1", "text": "red"}\n{"label": "2", "text": "blue"}\n'
UPLOADS = {
    "catalog/a.parquet": parquet(),
    "catalog/a.xlsx": workbook(),
    "catalog/a.json": b'[{"label": "1", "text": "red"}, {"label": "2", "text": "blue"}]',
    "catalog/a.xml": b"<all><item><id>1</id><title>a</title></item><item><id>2</id></item></all>",
    "catalog/a.tsv": b"label\ttext\n1\tred\n2\tblue\n",
    "catalog/a.jsonl.gz": gzip.compress(ROWS, mtime=0),
    "queries/a.csv": b"QUERY,ITEM_ID\nred,1\nblue,2\n",
    "pairs/train/a.jsonl": b'{"label": 0, "in0": [1], "in1": [2]}\n{"label": 1, "in0": [1], "in1": [3]}\n',
}


@pytest.mark.parametrize("name", UPLOADS)
@settings(max_examples=30)
@given(place=st.integers(0, 10_000), bits=st.none() | BITS)
def test_a_damaged_upload_is_a_report_that_counts_every_row(tmp_path_factory, name, place, bits):
    store, key = FolderStore(tmp_path_factory.mktemp("reader")), f"uploads/{name}"
    store.put(key, broken(UPLOADS[name], place, bits))
    report = preprocess_upload(store, key)
    assert report.rows_read == report.accepted + report.rejected + report.duplicate_ids
    assert report.accepted or report.rejected or report.problem or report.rows_read == 0


@given(place=st.integers(0, 10_000), bits=st.none() | BITS)
def test_a_damaged_file_of_histories_is_refused(tmp_path_factory, place, bits):
    whole = gzip.compress(orjson.dumps({"ann": [["a", 5], ["b", 6]]}), mtime=0)
    read = stored("histories/a/all.json.gz", lambda store: read_file(store, "histories/a/all.json.gz"))
    read_or_refused(
        read, broken(whole, place, bits), tmp_path_factory.mktemp("reader"), (DamagedHistoryError,)
    )


@given(place=st.integers(0, 10_000), bits=st.none() | BITS)
def test_a_damaged_file_of_numbers_is_refused(tmp_path_factory, place, bits):
    """Ranker, columns, statistics and co-purchase lie in such files. What is said beside the numbers has no
    checksum: only there a flip may go unnoticed."""
    path = Path(tmp_path_factory.mktemp("reader")) / "numbers"
    write_checked(path, {"a": np.arange(9), "b": np.ones((2, 3))}, "1", {"features": "[]"})
    path.write_bytes(broken(path.read_bytes(), place, bits))
    with suppress(CheckedFileError):
        arrays, _ = read_checked(path, ("a", "b"), "1")
        np.testing.assert_array_equal(arrays["a"], np.arange(9))
        np.testing.assert_array_equal(arrays["b"], np.ones((2, 3)))


@given(JSON | st.dictionaries(st.sampled_from(["price", "not", "brand"]), JSON, max_size=3))
def test_whatever_is_sent_as_filters_is_a_condition_or_refused(sent):
    with suppress(BadRequestError):
        filters.parse(sent)


@given(
    st.dictionaries(
        st.sampled_from(sorted(Hyperparameters.model_fields)) | st.text(max_size=9), st.text(max_size=9)
    )
)
def test_whatever_is_sent_as_hyperparameters_is_a_set_or_a_sentence(sent):
    with suppress(HyperparameterError):
        parse_hyperparameters(sent)


@given(st.lists(st.floats(-9, 9, width=16), max_size=9), st.lists(st.text(max_size=9), max_size=3))
def test_a_kept_picture_reads_as_it_was_written(numbers, words):
    seen = SeenPicture.parse(SeenPicture(np.array(numbers, np.float32), words).data)
    assert (seen.vector.tolist(), list(seen.words)) == (numbers, words)
