"""A file owns the rows it brought: replaced, deleted, shared with other files and with the API."""

from concurrent.futures import ThreadPoolExecutor
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from object2vec.core.catalog import CatalogItem
from object2vec.ingest.catalog.owner import CatalogOwner
from object2vec.ingest.logs.owner import LogOwner
from object2vec.ingest.ownership import publishing
from object2vec.ingest.ownership.versions import Announced
from object2vec.ingest.pairs import PairsOwner
from object2vec.ingest.preprocess import preprocess_upload
from object2vec.ingest.report import load_report
from object2vec.storage import FolderStore, item_log
from object2vec.storage.log_checkpoint import remove_old, write_checkpoint
from object2vec.storage.log_records import records
from tests.helpers.curated import curated_rows
from tests.helpers.uploads import EVENTS, catalogue, items, outcome, put_at, put_item

A, B = "uploads/catalog/a.jsonl", "uploads/catalog/b.jsonl"
LOG, PAIRS = "uploads/interactions/e.csv", "uploads/pairs/p.jsonl"
LATER = 4_000_000_000.0


@pytest.fixture
def upload_at(store):
    def put(key, rows, moment):
        put_at(store, key, rows if isinstance(rows, bytes) else catalogue(rows), moment)
        return preprocess_upload(store, key)

    return put


def test_what_a_replacement_no_longer_holds_is_gone(store, upload_at):
    upload_at(A, {"1": "one", "2": "two", "3": "three"}, 10)
    before = item_log.end(store)
    report = upload_at(A, {"1": "one", "2": "TWO", "4": "four"}, 20)
    assert items(store) == {"1": "one", "2": "TWO", "4": "four"}
    assert (report.added, report.changed, report.removed, report.unchanged) == (1, 1, 1, 1)
    assert "1 added, 1 changed, 1 removed, 1 unchanged" in report.summary()
    (segment,) = item_log.read(store, after=before)
    assert sorted(change.id for change in segment.changes) == ["2", "3", "4"]


@pytest.mark.parametrize(
    ("key", "data"),
    [
        (A, catalogue({"1": "one", "2": "two"})),
        (LOG, EVENTS + b"u,i,5\nu,j,6\nbad\n"),
        ("uploads/queries/q.csv", b"QUERY,ITEM_ID\nq,i\nq,j\n"),
        (PAIRS, b'{"label": 1, "in0": [1], "in1": [2]}\n{"label": 0, "in0": [1], "in1": [3]}\n'),
    ],
)
def test_a_deleted_upload_takes_its_rows_along(store, upload_at, key, data):
    assert upload_at(key, data, 10).added == 2
    store.delete(key)
    report = preprocess_upload(store, key)
    assert (report.deleted, report.removed, report.accepted) == (True, 2, 0)
    assert report.summary() == f"{key}: deleted, 2 rows removed"
    assert items(store) == {}
    assert not [entry for entry in store.list("curated/") if entry.size]
    assert not [*store.list("quarantine/"), *store.list("catalog/files/")]
    assert preprocess_upload(store, key) == load_report(store, key) == report
    assert upload_at(key, data, 20).added == 2


def test_of_two_files_the_later_upload_wins_and_leaves_the_other_ones_version(store, upload_at):
    upload_at(B, {"1": "b", "2": "b"}, 20)
    upload_at(A, {"1": "a", "3": "a"}, 10)
    assert items(store) == {"1": "b", "2": "b", "3": "a"}
    upload_at(A, {"1": "a", "3": "a"}, 30)
    assert items(store) == {"1": "a", "2": "b", "3": "a"}
    store.delete(A)
    preprocess_upload(store, A)
    assert items(store) == {"1": "b", "2": "b"}


ORDERS = [
    (["upload", "put", "delete file"], "put"),
    (["put", "upload"], "file"),
    (["put", "upload", "delete file"], "put"),
    (["upload", "remove", "delete file"], None),
    (["upload", "remove"], None),
    (["remove", "upload"], "file"),
    (["remove", "upload", "delete file"], None),
    (["upload", "put", "upload without"], "put"),
    (["upload", "put", "upload"], "file"),
    (["upload", "upload row that removes"], None),
    (["put", "upload row that removes"], None),
    (["put", "upload row that removes", "delete file"], "put"),
    (["upload row that removes", "put"], "put"),
]


@pytest.mark.parametrize(("order", "expected"), ORDERS)
@pytest.mark.parametrize("compacted", [False, True])
def test_files_and_writes_of_the_api_in_every_order(store, upload_at, order, expected, compacted):
    actions = {
        "upload": lambda t: upload_at(A, {"1": "file"}, t),
        "upload without": lambda t: upload_at(A, {"2": "file"}, t),
        "upload row that removes": lambda t: upload_at(A, {"1": None}, t),
        "put": lambda t: put_item(store, "1", "put", t),
        "remove": lambda t: put_item(store, "1", None, t),
        "delete file": lambda _: (store.delete(A), preprocess_upload(store, A)),
    }
    for moment, name in enumerate(order):
        actions[name](10.0 + moment)
        if compacted:
            write_checkpoint(store)
            remove_old(store, needed=[], now=LATER)
    assert items(store).get("1") == expected


def test_an_upload_of_before_is_not_ahead_of_a_write_that_came_while_it_waited(store, upload_at):
    put_item(store, "1", "put", 20)
    upload_at(A, {"1": "file"}, 10)
    assert items(store) == {"1": "put"}


def test_in_one_second_s3s_sequencer_decides_whenever_it_comes(tmp_path):
    events = [(A, "0055AED6DCD90281E5"), (B, "0055AED6DCD90281E4FF")]
    for order in permutations([*events, *events]):
        store = FolderStore(tmp_path / str(len(list(tmp_path.iterdir()))))
        for key, _ in events:
            put_at(store, key, catalogue({"1": key}), 10)
        preprocess_upload(store, B)
        for key, sequencer in order:
            preprocess_upload(store, key, Announced(store.head(key).etag, sequencer))
        assert items(store) == {"1": A}


def test_a_file_of_before_files_owned_rows_owns_them_from_its_next_version_on(store, upload_at):
    log = item_log.LogEnd(store)
    lines = b'{"label":"1","text":"old","metadata":{}}\n{"label":"2","text":"old","metadata":{}}\n'
    log.append(lambda _: lines)
    upload_at(A, {"1": "new"}, 10)
    assert items(store) == {"1": "new", "2": "old"}
    store.delete(A)
    preprocess_upload(store, A)
    assert items(store) == {"2": "old"}


@pytest.mark.parametrize(
    ("key", "row", "header"), [(A, b'{"label": "%d", "text": "t"}\n', b""), (LOG, b"u,i%d,5\n", EVENTS)]
)
class TestHeldBack:
    def file(self, row, header, count):
        return header + b"".join(row % number for number in range(count))

    def test_a_version_that_drops_most_changes_nothing(self, store, upload_at, key, row, header):
        upload_at(key, self.file(row, header, 100), 10)
        before = (items(store), curated_rows(store))
        for data in (self.file(row, header, 49), b"", b"\x00\x01 no table", header + b"\n"):
            report = upload_at(key, data, 20)
            assert report.problem["code"] == "held_back"
            assert f"{key}.confirm" in report.summary()
            assert (items(store), curated_rows(store)) == before
            assert preprocess_upload(store, key) == report

    def test_it_is_let_through_by_a_marker_that_came_after_it(self, store, upload_at, key, row, header):
        upload_at(key, self.file(row, header, 120), 10)
        put_at(store, f"{key}.confirm", b"", 15)
        assert upload_at(key, self.file(row, header, 20), 20).problem["code"] == "held_back"
        put_at(store, f"{key}.confirm", b"", 25)
        report = preprocess_upload(store, f"{key}.confirm")
        assert (report.key, report.problem, report.accepted) == (key, None, 20)
        assert (report.removed, report.unchanged) == (100, 20)
        assert len(items(store)) + len(curated_rows(store)) == 20

    def test_half_of_it_a_small_one_and_a_whole_one_again_are_taken(self, store, upload_at, key, row, header):
        upload_at(key, self.file(row, header, 100), 10)
        assert upload_at(key, self.file(row, header, 50), 20).problem is None
        assert upload_at(key, self.file(row, header, 1), 30).problem is None
        upload_at(key, self.file(row, header, 100), 40)
        upload_at(key, b"", 50)
        assert upload_at(key, self.file(row, header, 90), 60).problem is None
        assert len(items(store)) + len(curated_rows(store)) == 90

    def test_a_deleted_file_needs_no_confirmation(self, store, upload_at, key, row, header):
        upload_at(key, self.file(row, header, 100), 10)
        store.delete(key)
        assert preprocess_upload(store, key).removed == 100


def test_a_broken_file_is_not_read_again_at_every_event(store, upload_at, monkeypatch):
    report = upload_at(A, b"\x1f\x8bno text", 10)
    assert report.problem is not None
    monkeypatch.delattr(type(store), "download")
    assert preprocess_upload(store, A) == report


def test_a_damaged_report_is_written_again(store, upload_at):
    report = upload_at(LOG, EVENTS + b"u,i,5\n", 10)
    store.put(f"reports/{LOG}.json", b'{"key": ')
    again = preprocess_upload(store, LOG)
    assert (again.accepted, again.added, again.etag) == (1, 1, report.etag)


@pytest.mark.parametrize("ends", [KeyboardInterrupt, MemoryError, OSError])
@pytest.mark.parametrize(("key", "data"), [(A, b'{"label":"2","text":""}'), (LOG, EVENTS), (PAIRS, b"")])
def test_a_reading_that_is_ended_publishes_nothing(store, upload_at, monkeypatch, ends, key, data):
    upload_at(A, {"1": "a"}, 10)
    upload_at(LOG, EVENTS + b"u,i,5\n", 10)
    upload_at(PAIRS, b'{"label": 1, "in0": [1], "in1": [2]}\n', 10)
    before = outcome(store, A, LOG, PAIRS)
    owner = {A: CatalogOwner, LOG: LogOwner, PAIRS: PairsOwner}[key]
    read = owner.read

    def ended(self, kind, mapping):
        if data:
            read(self, kind, mapping)
        raise ends

    monkeypatch.setattr(owner, "read", ended)
    put_at(store, key, data, 20)
    with pytest.raises(ends):
        preprocess_upload(store, key)
    assert outcome(store, A, LOG, PAIRS) == before
    monkeypatch.undo()
    assert preprocess_upload(store, key).etag == store.head(key).etag


KEYS = (A, B, LOG)
TEXTS = st.dictionaries(st.sampled_from("123"), st.none() | st.sampled_from("xy"), max_size=3)
HAPPENS = st.one_of(
    st.tuples(st.just("upload"), st.sampled_from((A, B)), TEXTS),
    st.tuples(st.just("upload"), st.just(LOG), st.lists(st.sampled_from("ij"), max_size=3)),
    st.tuples(st.just("delete"), st.sampled_from(KEYS), st.none()),
    st.tuples(st.just("put"), st.sampled_from("123"), st.none() | st.sampled_from("pq")),
)
DELIVERIES = st.lists(st.sampled_from(KEYS), max_size=2)


def expected(story):
    """What holds in the end, by the rule: of all holders the latest."""
    files, written = {}, {}
    for moment, (what, key, content) in enumerate(story):
        if what == "upload":
            files[key] = (moment, content)
        elif what == "delete":
            files.pop(key, None)
        else:
            written[key] = (moment, content)
    held = [(moment, rows) for key, (moment, rows) in files.items() if key != LOG]
    found = {}
    for item in "123":
        holders = [(moment, rows[item]) for moment, rows in held if item in rows]
        holders += [written[item]] if item in written else []
        if holders and (text := max(holders)[1]) is not None:
            found[item] = text
    log = sorted(("u", item, 5, None, None) for item in files.get(LOG, (0, []))[1])
    return found, log


def happen(store, moment, what, key, content):
    if what == "delete":
        store.delete(key)
    elif what == "put":
        put_item(store, key, content, 1_000.0 + moment)
    elif key == LOG:
        put_at(
            store, key, EVENTS + b"".join(b"u,%s,5\n" % item.encode() for item in content), 1_000.0 + moment
        )
    else:
        put_at(store, key, catalogue(content), 1_000.0 + moment)


@settings(max_examples=60, deadline=None)
@given(
    story=st.lists(st.tuples(HAPPENS, DELIVERIES), min_size=1, max_size=8),
    last=st.permutations([*KEYS, *KEYS]),
    compact=st.integers(0, 8),
    records=st.integers(1, 3),
)
def test_any_order_and_number_of_deliveries_leads_to_the_same(
    tmp_path_factory, story, last, compact, records
):
    store = FolderStore(tmp_path_factory.mktemp("store"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(publishing, "SEGMENT_RECORDS", records)
        for moment, (event, deliveries) in enumerate(story):
            happen(store, moment, *event)
            for key in deliveries:
                preprocess_upload(store, key)
            if moment == compact:
                write_checkpoint(store)
                remove_old(store, needed=[], now=LATER)
        for key in last:
            preprocess_upload(store, key)
    found, log = expected([event for event, _ in story])
    assert items(store) == found
    assert [row[:5] for row in curated_rows(store)] == log
    for key in KEYS:
        entry, report = store.head(key), load_report(store, key)
        assert entry is None or (report.etag, report.uploaded) == (entry.etag, entry.modified)
        assert entry is not None or report is None or report.deleted


def test_many_workers_and_the_api_at_once(tmp_path):
    """Five functions on four files that share items, each event delivered twice, while items are written, one
    file among them: of the writers that nothing holds in an order, whoever has the later time wins."""
    store = FolderStore(tmp_path)
    for number in (1, 3, 5, 7):
        put_item(store, str(number), "put", 5.0)
    keys = [f"uploads/catalog/{name}.jsonl" for name in "abcd"]
    for moment, key in enumerate(keys):
        put_at(store, key, catalogue({str(n): key for n in range(moment, moment + 4)}), 10.0 + moment)

    def deliver(key: str) -> None:
        preprocess_upload(FolderStore(tmp_path), key)

    def upload(key: str, data: bytes) -> None:
        store.put(key, data)
        deliver(key)

    def write(number: int) -> None:
        item_log.append(store, [CatalogItem(str(number), "put")])

    with ThreadPoolExecutor(5) as pool:
        for each in [pool.submit(deliver, key) for key in [*keys, *keys]]:
            each.result(timeout=120)
        store.delete(keys[1])
        both = [pool.submit(deliver, keys[1]), pool.submit(write, 2)]
        both += [pool.submit(upload, keys[3], catalogue({str(n): "new" for n in (2, 4, 6, 8)}))]
        both += [pool.submit(write, number) for number in (0, 4, 6, 8, 4, 6, 8)]
        both += [pool.submit(deliver, key) for key in (keys[3], keys[1])]
        for each in both:
            each.result(timeout=120)
    written, uploaded = api_times(store), store.head(keys[3]).modified
    expected = {str(n): "new" if uploaded > written[str(n)] else "put" for n in (2, 4, 6, 8)}
    expected |= {"0": "put", "1": keys[0], "3": keys[2], "5": keys[2], "7": "put"}
    assert items(store) == expected


def api_times(store):
    """Time of the API's last write of each item that it wrote."""
    lines = (record for _, data in item_log.read_raw(store) for _, _, record in records(data))
    return {record["label"]: record["at"] for record in lines if "at" in record}


def test_a_write_that_waited_while_a_file_came_is_later_than_the_file(store, upload_at):
    """It had read the clock before the file was uploaded, and its number was taken by the file."""
    times = iter([10.0, 30.0])

    def read_clock():
        moment = next(times)
        if moment == 10.0:
            upload_at(A, {"1": "file"}, 20.0)
        return moment

    item_log.append(store, [CatalogItem("1", "put")], read_clock)
    assert items(store) == {"1": "put"}
    assert api_times(store) == {"1": 30.0}
    upload_at(A, {"1": "file", "2": "file"}, 25.0)  # looks at the item again
    assert items(store) == {"1": "put", "2": "file"}


@pytest.mark.parametrize("damage", [b"", b"PAR1", b"x" * 500])
def test_damaged_curated_rows_are_replaced(store, upload_at, damage):
    (curated,) = upload_at(LOG, EVENTS + b"u,i,5\n", 10).outputs
    store.put(curated, damage)
    report = upload_at(LOG, EVENTS + b"u,j,6\n", 20)
    assert (report.problem, report.accepted) == (None, 1)
    assert any("damaged" in note for note in report.notes)
    assert [row[1] for row in curated_rows(store)] == ["j"]
