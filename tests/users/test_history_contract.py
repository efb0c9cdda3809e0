import sqlite3
from contextlib import closing

import pytest

from object2vec.core.history import RECENT
from object2vec.users.histories import MergedHistories, open_session_store
from object2vec.users.sqlite import SqliteSessionStore
from tests.helpers.sample_events import event, pairs


def test_the_next_look_sees_what_was_added_oldest_first(history):
    history.add([event("1", "a", 300), event("2", "b", 100), event("3", "c", 200, user="v")])
    history.add([event("4", "d", 200)])
    assert pairs(history.recent("u")) == [("b", 100), ("d", 200), ("a", 300)]
    assert pairs(history.recent("v")) == [("c", 200)]
    assert history.recent("nobody") == []


def test_of_equal_events_the_first_stays(history):
    history.add([event("1", "a", 100)])
    history.add([event("1", "b", 200), event("1", "other user", 300, user="v")])
    assert pairs(history.recent("u")) == [("a", 100)]
    assert pairs(history.recent("v")) == [("other user", 300)]


def test_events_of_one_moment_are_all_there(history):
    history.add([event(str(n), f"i{n}") for n in range(30)])
    assert {event.item_id for event in history.recent("u")} == {f"i{n}" for n in range(30)}


def test_only_the_latest_are_given(history):
    history.add([event(str(n), f"i{n}", n) for n in range(RECENT + 30)])
    assert [seen.time for seen in history.recent("u")] == list(range(30, RECENT + 30))
    assert [seen.time for seen in history.recent("u", limit=2)] == [RECENT + 28, RECENT + 29]


def test_a_forgotten_user_has_no_past_and_may_begin_anew(history):
    history.add([event(str(n), time=n) for n in range(60)] + [event("x", user="v")])
    assert history.erase("u") == 60
    assert (history.recent("u"), len(history.recent("v"))) == ([], 1)
    assert history.erase("u") == 0
    history.add([event("1", "again")])
    assert pairs(history.recent("u")) == [("again", 100)]


@pytest.mark.parametrize("user", ["ä ö", "a/b", "'; DROP TABLE event", "x" * 256, "名" * 256])
def test_any_user_id(history, user):
    history.add([event("é" * 256, user=user)])
    assert len(history.recent(user)) == 1


def test_the_file_survives_a_restart(tmp_path):
    SqliteSessionStore(tmp_path / "a.db").add([event("1")])
    assert pairs(open_session_store(f"sqlite://{tmp_path}/a.db").recent("u")) == [("i", 100)]


@pytest.mark.parametrize("url", ["sessions", "dynamodb://", "sqlite://relative", "s3://bucket"])
def test_other_urls_say_what_is_allowed(url):
    with pytest.raises(ValueError, match="dynamodb://table or sqlite:///"):
        open_session_store(url)


def test_one_past_out_of_two_counts_the_common_part_once(tmp_path):
    uploaded, live = SqliteSessionStore(tmp_path / "a.db"), SqliteSessionStore(tmp_path / "b.db")
    uploaded.add([event("1", "old", 10), event("2", "both", 20)])
    live.add([event("3", "both", 20), event("4", "both", 30)])
    merged = MergedHistories(uploaded, live)
    assert pairs(merged.recent("u")) == [("old", 10), ("both", 20), ("both", 30)]
    assert pairs(merged.recent("u", limit=1)) == [("both", 30)]


def test_what_was_done_is_kept(history):
    history.add(
        [
            event("1", "a", 1, kind="purchase"),
            event("2", "b", 2, kind="rating", value=0.1),
            event("3", "c", 3, value=-1e200),
            event("4", "d", 4, kind="M"),
            event("5", "e", 5),
        ]
    )
    assert history.recent("u") == [
        ("a", 1, "purchase", None),
        ("b", 2, "rating", 0.1),
        ("c", 3, None, -1e200),
        ("d", 4, "M", None),
        ("e", 5, None, None),
    ]
    assert history.erase("u") == 5


def test_a_file_of_before_events_had_types_is_read_and_goes_on(tmp_path):
    with closing(sqlite3.connect(tmp_path / "a.db")) as old, old:
        old.execute(
            "CREATE TABLE event (user_id TEXT, event_id TEXT, item_id TEXT, timestamp INTEGER,"
            " PRIMARY KEY (user_id, event_id)) WITHOUT ROWID"
        )
        old.execute("INSERT INTO event VALUES ('u', '1', 'a', 5)")
    store = SqliteSessionStore(tmp_path / "a.db")
    store.add([event("2", "b", 6, kind="view")])
    assert store.recent("u") == [("a", 5, None, None), ("b", 6, "view", None)]


def test_one_history_says_what_each_event_means(tmp_path):
    store = SqliteSessionStore(tmp_path / "a.db")
    store.add([event("1", "a", 1, kind="dislike"), event("2", "b", 2, kind="impression"), event("3", "c", 3)])
    assert MergedHistories(store).recent("u") == [("a", 1, -1.0), ("c", 3, 1.0)]


def test_an_event_stored_before_types_were_is_the_curated_one_with_its_type(tmp_path):
    old, curated = SqliteSessionStore(tmp_path / "a.db"), SqliteSessionStore(tmp_path / "b.db")
    old.add([event("1", "a", 1)])
    curated.add([event("1", "a", 1, kind="return")])
    assert MergedHistories(old, curated).recent("u") == [("a", 1, -1.0)]
