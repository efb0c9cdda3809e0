import pytest

from object2vec.core.history import RECENT, Seen
from object2vec.users.histories import MergedHistories, open_history
from object2vec.users.sqlite import SqliteHistory
from tests.helpers.sample_events import event


def test_the_next_look_sees_what_was_added_oldest_first(history):
    history.add([event("1", "a", 300), event("2", "b", 100), event("3", "c", 200, user="v")])
    history.add([event("4", "d", 200)])
    assert history.recent("u") == [("b", 100), ("d", 200), ("a", 300)]
    assert history.recent("v") == [Seen("c", 200)]
    assert history.recent("nobody") == []


def test_of_equal_events_the_first_stays(history):
    history.add([event("1", "a", 100)])
    history.add([event("1", "b", 200), event("1", "other user", 300, user="v")])
    assert history.recent("u") == [("a", 100)]
    assert history.recent("v") == [("other user", 300)]


def test_events_of_one_moment_are_all_there(history):
    history.add([event(str(n), f"i{n}") for n in range(30)])
    assert {item for item, _ in history.recent("u")} == {f"i{n}" for n in range(30)}


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
    assert history.recent("u") == [("again", 100)]


@pytest.mark.parametrize("user", ["ä ö", "a/b", "'; DROP TABLE event", "x" * 256, "名" * 256])
def test_any_user_id(history, user):
    history.add([event("é" * 256, user=user)])
    assert len(history.recent(user)) == 1


def test_the_file_survives_a_restart(tmp_path):
    SqliteHistory(tmp_path / "a.db").add([event("1")])
    assert open_history(f"sqlite://{tmp_path}/a.db").recent("u") == [("i", 100)]


@pytest.mark.parametrize("url", ["sessions", "dynamodb://", "sqlite://relative", "s3://bucket"])
def test_other_urls_say_what_is_allowed(url):
    with pytest.raises(ValueError, match="dynamodb://table or sqlite:///"):
        open_history(url)


def test_one_past_out_of_two_counts_the_common_part_once(tmp_path):
    uploaded, live = SqliteHistory(tmp_path / "a.db"), SqliteHistory(tmp_path / "b.db")
    uploaded.add([event("1", "old", 10), event("2", "both", 20)])
    live.add([event("3", "both", 20), event("4", "both", 30)])
    merged = MergedHistories(uploaded, live)
    assert merged.recent("u") == [("old", 10), ("both", 20), ("both", 30)]
    assert merged.recent("u", limit=1) == [("both", 30)]
