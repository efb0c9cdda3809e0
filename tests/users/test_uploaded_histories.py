import duckdb
import pytest

from object2vec.core.history import RECENT
from object2vec.users import uploaded
from object2vec.users.uploaded import UploadedHistories, build_histories


@pytest.fixture
def curate(store, tmp_path):
    def write(name, rows):
        values = ", ".join(f"('{user}', '{item}', {time}::BIGINT)" for user, item, time in rows)
        path = tmp_path / "rows.parquet"
        duckdb.sql(f"FROM (VALUES {values}) AS t(user_id, item_id, timestamp)").write_parquet(str(path))
        store.upload(path, f"curated/interactions/{name}.parquet")

    return write


def test_nothing_uploaded_is_no_past(store):
    assert build_histories(store) == ""
    assert UploadedHistories(store).recent("u") == []


def test_a_user_of_several_uploads_has_one_past(store, curate):
    curate("a", [("u", "late", 30), ("u", "early", 10), ("v", "x", 5)])
    curate("events/b", [("u", "between", 20)])
    build_histories(store)
    histories = UploadedHistories(store)
    assert histories.recent("u") == [("early", 10), ("between", 20), ("late", 30)]
    assert histories.recent("u", limit=1) == [("late", 30)]
    assert histories.recent("w") == []


def test_only_the_latest_are_kept(store, curate):
    curate("a", [("u", f"i{n}", n) for n in range(RECENT + 50)])
    build_histories(store)
    assert [seen.time for seen in UploadedHistories(store).recent("u")] == list(range(50, RECENT + 50))


@pytest.mark.parametrize("at_once", [7, 1_000])
def test_many_users_are_spread_over_files_and_parts(store, curate, monkeypatch, at_once):
    monkeypatch.setattr(uploaded, "USERS_PER_FILE", 2)
    monkeypatch.setattr(uploaded, "_USERS_AT_ONCE", at_once)
    curate("a", [(f"user {n}", f"item {n}", n) for n in range(100)])
    version = build_histories(store)
    assert 30 < len(list(store.list(f"histories/{version}/"))) <= 256
    histories = UploadedHistories(store)
    assert all(histories.recent(f"user {n}") == [(f"item {n}", n)] for n in range(100))


def test_a_new_upload_is_seen_after_a_while_and_old_files_go(store, curate):
    now = [0.0]
    histories = UploadedHistories(store, clock=lambda: now[0])
    curate("a", [("u", "a", 1)])
    first = build_histories(store)
    assert build_histories(store) == first
    assert histories.recent("u") == [("a", 1)]
    for name, time in (("b", 2), ("c", 3)):
        curate(name, [("u", name, time)])
        build_histories(store)
    assert histories.recent("u") == [("a", 1)]
    now[0] += 11
    assert histories.recent("u") == [("a", 1), ("b", 2), ("c", 3)]
    assert not list(store.list(f"histories/{first}/"))


def test_the_last_upload_taken_back_leaves_no_past(store, curate):
    curate("a", [("u", "a", 1)])
    build_histories(store)
    store.delete("curated/interactions/a.parquet")
    build_histories(store)
    assert UploadedHistories(store).recent("u") == []
