from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path

import duckdb
import orjson
import pytest

from lambdas.settings import UserDataSettings
from lambdas.user_data.handler import erase_pending
from object2vec.core.erasure_ids import erasure_id
from object2vec.ingest.preprocess import preprocess_upload
from object2vec.release.manifest import trained_model
from object2vec.search.known_items import KnownItems
from object2vec.search.queries.log import QueryLogWriter
from object2vec.search.queries.report import write_report
from object2vec.users import erasure_worker, history_build
from object2vec.users.curation import curate
from object2vec.users.erasure import erased_ids_since, load_erasure, pending
from object2vec.users.erasure_worker import carry_out
from object2vec.users.history_build import build_histories
from object2vec.users.service import EventService
from object2vec.users.sqlite import SqliteSessionStore
from object2vec.users.uploaded import UploadedHistories
from tests.helpers.killing import KilledError
from tests.helpers.observed_store import ObservedStore
from tools import erasure_audit

NOW = 1_795_000_000


@pytest.fixture
def sessions(tmp_path):
    return SqliteSessionStore(tmp_path / "sessions.db")


@pytest.fixture
def service(store, sessions):
    return EventService(
        store,
        sessions,
        unknown_items=KnownItems(store).unknown,
        trained_model=partial(trained_model, store),
        clock=lambda: NOW,
    )


@pytest.fixture
def shop(store, service):
    """Ann and Bob are everywhere."""
    uploads = {
        "interactions/both.csv": b"USER_ID,ITEM_ID,TIMESTAMP\nann,a,5\nbob,b,6\nann,c,7\nann,,8\n",
        "interactions/bob.csv": b"USER_ID,ITEM_ID,TIMESTAMP\nbob,b,6\n",
        "interactions/alone.csv": b"USER_ID,ITEM_ID,TIMESTAMP\nann,a,5\n",
        "queries/log.csv": b"QUERY,ITEM_ID,USER_ID\npizza,a,ann\ncola,b,\n",
    }
    for name, data in uploads.items():
        store.put(f"uploads/{name}", data)
        preprocess_upload(store, f"uploads/{name}")
    service.record([sent("ann", "1"), sent("bob", "1")])
    curate(store)
    service.record([sent("ann", "2"), sent("bob", "2")])
    build_histories(store)
    return store


def sent(user, event_id):
    return {"user_id": user, "event_id": event_id, "item_id": "x"}


def rows_of(store, user):
    root = Path(store.url.removeprefix("file://"))
    files = [str(root / entry.key) for entry in store.list("curated/") if entry.key.endswith(".parquet")]
    table = duckdb.read_parquet(files, union_by_name=True)
    return len(table.filter(f"user_id = '{user}'"))


def everything(store):
    return {entry.key: store.get(entry.key) for entry in store.list("")}


def test_everything_of_the_person_and_of_nobody_else_goes(shop, service, sessions):
    bob, others = rows_of(shop, "bob"), len(sessions.recent("bob"))
    answers = UploadedHistories(shop, clock=iter([0.0, 0.0, 11.0, 11.0]).__next__)
    assert answers.recent("ann")
    service.erase("ann")
    assert answers.recent("ann") == sessions.recent("ann") == []
    (request,) = pending(shop)
    erasure = carry_out(shop, sessions, request, NOW + 5, trained_model=trained_model(shop))
    assert rows_of(shop, "ann") == 0
    assert (rows_of(shop, "bob"), len(sessions.recent("bob"))) == (bob, others)
    assert UploadedHistories(shop).recent("ann") == []
    assert UploadedHistories(shop).recent("bob")
    assert (erasure.session_events, erasure.logged_events) == (2, 1)
    assert sorted(erasure.curated_rows.values()) == [1, 1, 1, 2]
    assert pending(shop) == []
    assert load_erasure(shop, "ann") == erasure
    mine = ("uploads/", "quarantine/", "reports/uploads/")
    assert [
        key for key, data in everything(shop).items() if b"ann" in data and not key.startswith(mine)
    ] == []


def test_the_report_names_what_is_left_to_the_owner_and_not_the_person(shop, service, sessions):
    service.erase("ann")
    erasure = carry_out(shop, sessions, pending(shop)[0], NOW, trained_model=trained_model(shop))
    assert erasure.uploads == [
        "uploads/interactions/alone.csv", "uploads/interactions/both.csv", "uploads/queries/log.csv",
    ]  # fmt: skip
    assert erasure.verbatim == [
        "quarantine/uploads/interactions/both.csv", "reports/uploads/interactions/both.csv.json",
    ]  # fmt: skip
    assert '"ann"' not in orjson.dumps(orjson.loads(shop.get(erasure.report))).decode()


def test_a_worker_that_was_killed_is_completed_by_the_next(shop, service, sessions, monkeypatch):
    service.erase("ann")
    (request,) = pending(shop)
    erase, seen = erasure_worker._erase_rows, []

    def dying(*arguments):
        seen.append(arguments)
        if len(seen) == 4:
            raise KeyboardInterrupt
        return erase(*arguments)

    monkeypatch.setattr(erasure_worker, "_erase_rows", dying)
    with pytest.raises(KeyboardInterrupt):
        carry_out(shop, sessions, request, NOW, trained_model=trained_model(shop))
    assert pending(shop) == [request]
    erasure = carry_out(shop, sessions, request, NOW, trained_model=trained_model(shop))
    assert rows_of(shop, "ann") == 0
    assert sum(erasure.curated_rows.values()) == 5
    assert carry_out(shop, sessions, request, NOW, trained_model=trained_model(shop)) is None


def test_a_file_that_is_uploaded_anew_meanwhile_is_looked_at_again(shop, service, sessions, monkeypatch):
    service.erase("ann")
    download, raced = type(shop).download, []

    def racing(self, key, path):
        download(self, key, path)
        if key.startswith("curated/interactions/both") and not raced:
            raced.append(key)
            self.put("uploads/interactions/both.csv", b"USER_ID,ITEM_ID,TIMESTAMP\nann,new,5\nbob,b,6\n")
            preprocess_upload(self, "uploads/interactions/both.csv")

    monkeypatch.setattr(type(shop), "download", racing)
    carry_out(shop, sessions, pending(shop)[0], NOW, trained_model=trained_model(shop))
    assert raced
    assert rows_of(shop, "ann") == 0


def test_a_batch_from_which_somebody_else_is_erased_meanwhile_is_looked_at_again(
    shop, service, sessions, monkeypatch
):
    service.erase("ann")
    replace_batch, done = shop.replace, []

    def replaced_before(key, data, etag):
        if key.startswith("events/") and not done:
            done.append(key)
            now, current = shop.get_versioned(key)
            replace_batch(key, now + b"\n", current)
        return replace_batch(key, data, etag)

    monkeypatch.setattr(shop, "replace", replaced_before)
    for key in pending(shop):
        carry_out(shop, sessions, key, 0, trained_model=None)
    assert done
    assert not any(b'"ann"' in shop.get(entry.key) for entry in shop.list("events/"))


REPORT = "reports/uploads/interactions/both.csv.json"


@pytest.mark.parametrize("why", ["damaged report", "lost report", "new mapping"])
def test_a_file_that_is_read_anew_brings_nobody_back(shop, service, sessions, why):
    service.erase("ann")
    carry_out(shop, sessions, pending(shop)[0], NOW, trained_model=trained_model(shop))
    if why == "damaged report":
        shop.put(REPORT, b"{")
    elif why == "lost report":
        shop.delete(REPORT)
    else:
        shop.put("uploads/mapping.json", b'{"interactions/*.csv": {"separator": ","}}')
    report = reading(shop)("uploads/interactions/both.csv")
    assert rows_of(shop, "ann") == 0
    assert (report.accepted, report.left_out["erased"].count, report.left_out["erased"].examples) == (
        1,
        2,
        [],
    )
    shop.put("uploads/interactions/later.csv", b"USER_ID,ITEM_ID,TIMESTAMP\nann,a,5\nbob,b,6\n")
    reading(shop)("uploads/interactions/later.csv")
    assert rows_of(shop, "ann") == 1  # she came back, with a file of later
    report = reading(shop)("uploads/queries/log.csv")
    assert report.accepted == 2  # read before, and not again


def test_who_is_erased_while_a_file_is_published_stays_erased(store, service):
    key = "uploads/interactions/both.csv"
    store.put(key, b"USER_ID,ITEM_ID,TIMESTAMP\nann,a,5\nbob,b,6\n")
    asked = iter([[], [erasure_id("ann")], [erasure_id("ann")], [erasure_id("ann")]])
    report = preprocess_upload(store, key, erased_since=lambda _: next(asked))
    assert (rows_of(store, "ann"), rows_of(store, "bob")) == (0, 1)
    assert (report.accepted, report.left_out["erased"].count) == (1, 1)


def test_a_file_of_erased_people_alone_holds_nothing(store):
    key = "uploads/interactions/alone.csv"
    store.put(key, b"USER_ID,ITEM_ID,TIMESTAMP\nann,a,5\n")
    report = preprocess_upload(store, key, erased_since=lambda _: [erasure_id("ann")])
    assert (report.accepted, report.problem, list(store.list("curated/"))) == (0, None, [])


def reading(store):
    """The preprocess function's reading of an upload."""
    return partial(preprocess_upload, store, erased_since=partial(erased_ids_since, store))


def test_somebody_unknown_is_a_report_of_nothing(shop, service, sessions):
    before = rows_of(shop, "bob")
    erasure, model = service.erase("nobody")
    assert (erasure.session_events, model) == (0, None)
    done = carry_out(shop, sessions, pending(shop)[0], NOW, trained_model=trained_model(shop))
    assert (done.curated_rows, done.logged_events, done.model, done.finished_at) == ({}, 0, None, NOW)
    assert rows_of(shop, "bob") == before


def test_asking_twice_tells_what_the_first_found_and_what_is_left(shop, service, sessions):
    service.erase("ann")
    first = carry_out(shop, sessions, pending(shop)[0], NOW, trained_model="trained-1")
    service.erase("ann")
    again = carry_out(shop, sessions, pending(shop)[0], NOW + 5, trained_model="trained-1")
    assert again == replace(first, requested_at=again.requested_at, finished_at=NOW + 5)
    assert again.uploads
    shop.delete("uploads/interactions/both.csv")
    service.erase("ann")
    last = carry_out(shop, sessions, pending(shop)[0], NOW + 9, trained_model="trained-2")
    assert "uploads/interactions/both.csv" not in last.uploads
    assert (last.curated_rows, last.model) == (first.curated_rows, None)


def test_the_report_names_the_history_files_that_the_api_has_changed(shop, service, sessions):
    (file,) = [entry.key for entry in shop.list("histories/") if entry.key.endswith("all.json.gz")]
    asked, _ = service.erase("ann")
    assert asked.history_files == [file]
    service.erase("ann")  # nothing is left in it, and the request still waits
    assert load_erasure(shop, "ann").history_files == [file]
    done = carry_out(shop, sessions, pending(shop)[0], NOW, trained_model=None)
    assert done.history_files == [file]


def test_asking_twice_before_the_worker_comes_counts_both(shop, service, sessions):
    service.erase("ann")
    service.record([sent("ann", "3")])
    service.erase("ann")
    assert carry_out(shop, sessions, pending(shop)[0], NOW, trained_model=None).session_events == 3


def test_an_upload_whose_rows_were_all_refused_is_named(shop, service, sessions):
    shop.put("uploads/interactions/bad.csv", b"USER_ID,ITEM_ID,TIMESTAMP\nann,,5\n")
    preprocess_upload(shop, "uploads/interactions/bad.csv")
    service.erase("ann")
    erasure = carry_out(shop, sessions, pending(shop)[0], NOW, trained_model=None)
    assert "uploads/interactions/bad.csv" in erasure.uploads


def test_a_query_report_that_shows_the_id_is_named_and_audited(store, service, sessions, tmp_path):
    """Two people typed it; the report has it without capitals, and its page with Markdown's escapes."""
    written = QueryLogWriter((lines := []).append, "key", lambda: NOW - 60)
    for user, query in product(("1", "2"), ("orders of Ann_B", "joann_b")):
        written.searched(
            query, [], user_id=user, address="", hits=0, by_words=False, filtered=False, further=False
        )
    write_report(store, lambda since, until: lines if since < NOW - 60 < until else [], NOW)
    reports = sorted(entry.key for entry in store.list("reports/searches/"))
    for user, found in (("Ann_B", reports), ("Ann", []), ("nn_B", [])):
        service.erase(user)
        report = carry_out(store, sessions, pending(store)[0], NOW, trained_model=None)
        assert report.verbatim == found
        assert len(list(erasure_audit.places(tmp_path, user))) == len(found)


def test_a_request_that_is_damaged_stops_no_other(shop, service, sessions, tmp_path):
    service.erase("bob")
    shop.put("erasures/0.json", b"")
    settings = UserDataSettings(store_url=shop.url, history_url=f"sqlite://{tmp_path / 'sessions.db'}")
    (damaged,) = erase_pending(settings)
    assert "erasures/0.json" in str(damaged)
    assert rows_of(shop, "bob") == 0
    assert pending(shop) == ["erasures/0.json"]


@pytest.mark.parametrize("moment", ["put", "create", "replace"])
def test_who_is_erased_while_events_are_curated_stays_erased(shop, service, sessions, moment):
    """The whole erasure happens between a write of the curation and what it does next."""
    done = []

    def around(name, request):
        answer = request()
        if name in ("create", "replace") and not done:
            done.append(name)
            service.erase("ann")
            carry_out(shop, sessions, pending(shop)[0], NOW, trained_model=None)
        return answer

    def before(name, request):
        if name in ("create", "replace") and not done:
            done.append(name)
            service.erase("ann")
            carry_out(shop, sessions, pending(shop)[0], NOW, trained_model=None)
        return request()

    bobs = rows_of(shop, "bob")
    curate(ObservedStore(shop, before if moment == "put" else around))
    curate(shop)
    assert done
    assert rows_of(shop, "ann") == 0
    assert rows_of(shop, "bob") == bobs + 1


@pytest.mark.parametrize("erased", ["before the write", "after the write"])
def test_who_is_erased_before_a_run_is_killed_is_taken_out_by_the_next(shop, service, sessions, erased):
    done = []

    def erase():
        service.erase("ann")
        carry_out(shop, sessions, pending(shop)[0], NOW, trained_model=None)

    def around(name, request):
        if name not in ("create", "replace"):
            return request()
        if erased != "after the write" and not done:
            done.append(name)
            erase()
        request()  # a ConflictError for the first try: the erasure was quicker
        if erased == "after the write":
            erase()
        raise KilledError

    bobs = rows_of(shop, "bob")
    with pytest.raises(KilledError):
        curate(ObservedStore(shop, around))
    curate(shop)
    assert rows_of(shop, "ann") == 0
    assert rows_of(shop, "bob") == bobs + 1
    curate(shop)
    assert rows_of(shop, "bob") == bobs + 1


def test_a_batch_that_another_worker_has_curated_loses_nobody(shop, service):
    done = []

    def around(name, request):
        if name in ("create", "replace") and not done:
            done.append(name)
            curate(shop)
        return request()

    curate(ObservedStore(shop, around))
    assert done
    assert rows_of(shop, "ann") == 6


def test_a_batch_that_is_cut_off_keeps_its_whole_lines(store, service, sessions):
    service.record([sent("ann", "1"), sent("bob", "1"), sent("cat", "1")])
    (entry,) = store.list("events/")
    store.put(entry.key, store.get(entry.key)[:-10])
    service.erase("ann")
    carry_out(store, sessions, pending(store)[0], NOW, trained_model=None)
    curate(store)
    assert (rows_of(store, "ann"), rows_of(store, "bob"), rows_of(store, "cat")) == (0, 1, 0)
    assert b"cat" in store.get(f"quarantine/{entry.key}")


def test_a_removed_session_is_not_in_the_file_any_more(service, sessions, tmp_path):
    service.record([sent("a-long-name-of-a-person", "1"), sent("bob", "1")])
    service.erase("a-long-name-of-a-person")
    files = [path for path in tmp_path.glob("sessions.db*") if b"a-long-name" in path.read_bytes()]
    assert files == []
    assert b"bob" in (tmp_path / "sessions.db").read_bytes()


def test_the_audit_names_every_file_that_holds_an_id(shop, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["audit", "ann", "--work", str(tmp_path)])
    assert erasure_audit.main() == 1
    found = capsys.readouterr().out.splitlines()
    assert {"sessions.db", "store/uploads/queries/log.csv", "store/histories"} <= {
        "store/histories" if "histories" in line else line for line in found
    }
    monkeypatch.setattr("sys.argv", ["audit", "nobody", "--work", str(tmp_path)])
    assert erasure_audit.main() == 0
    monkeypatch.setattr("sys.argv", ["audit", "nobody", "--work", str(tmp_path / "misspelt")])
    with pytest.raises(SystemExit, match="2"):
        erasure_audit.main()
    assert "misspelt is no folder" in capsys.readouterr().err


def test_a_history_that_is_written_meanwhile_goes_when_the_request_is_closed(
    shop, service, sessions, monkeypatch
):
    """The erasure comes after the run has read the curated data, and before it writes the histories."""
    write, asked = history_build._write, []
    service.record([sent("ann", "3"), sent("bob", "3")])
    curate(shop)
    service.erase("ann")
    (request,) = pending(shop)

    def erased_meanwhile(*arguments):
        asked.append(carry_out(shop, sessions, request, NOW, trained_model=None, close=False))
        write(*arguments)

    monkeypatch.setattr(history_build, "_write", erased_meanwhile)
    build_histories(shop)
    assert asked[0].finished_at == NOW
    assert UploadedHistories(shop).recent("ann")
    assert carry_out(shop, sessions, request, NOW, trained_model=None, close=False) is None  # done once
    carry_out(shop, sessions, request, NOW + 9, trained_model=None)
    assert UploadedHistories(shop).recent("ann") == []
    assert UploadedHistories(shop).recent("bob")
    assert pending(shop) == []
