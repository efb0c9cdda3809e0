"""One run at a time, none lost, none doubled, wherever the caller is killed."""

import orjson
import pytest

from object2vec.core.event import Event
from object2vec.core.keys import EVENT_REPORTS
from object2vec.release.retraining import consider, count_report, load_state
from object2vec.storage import NotFoundError
from object2vec.users.curation import curate
from object2vec.users.log import EventLog
from tests.helpers.killing import KilledError, Killer


class Pipeline:
    """Runs by token, as SageMaker keeps them: the same token is the same run."""

    def __init__(self):
        self.started = []
        self.busy = False

    def running(self):
        return self.busy

    def start(self, token):
        if token not in self.started:
            self.started.append(token)


@pytest.fixture
def pipeline():
    return Pipeline()


def report(store, name, accepted):
    key = f"reports/uploads/interactions/{name}.json"
    store.put(key, orjson.dumps({"accepted": accepted}))
    count_report(store, key)


def day(store, date, accepted):
    key = f"{EVENT_REPORTS}{date}.json"
    store.put(key, orjson.dumps({"accepted": accepted}))
    count_report(store, key)


def look(store, pipeline, token="t", *, asked=False, threshold=100):
    return consider(store, pipeline, threshold=threshold, asked=asked, token=token)


def test_enough_new_interactions_start_a_run_and_are_then_counted_no_more(store, pipeline):
    report(store, "a", 60)
    assert not look(store, pipeline, "1")
    report(store, "b", 40)
    assert look(store, pipeline, "2")
    assert not look(store, pipeline, "3")
    assert pipeline.started == ["2"]
    assert load_state(store).new_interactions == 0


def test_an_upload_that_came_again_counts_once(store, pipeline):
    report(store, "a", 60)
    report(store, "a", 70)
    assert load_state(store).new_interactions == 70


def test_events_of_shoppers_count_once_they_are_curated(store, pipeline):
    requests = [[{"event_id": str(number)}] for number in range(3)]
    for number, request in enumerate(requests):
        EventLog(store).append(request, [Event(str(number), "u", "item", 1)], now=1)
    assert curate(store) == 3
    (key,) = (entry.key for entry in store.list(EVENT_REPORTS))
    count_report(store, key)
    assert not look(store, pipeline, threshold=4)
    assert look(store, pipeline, threshold=3)


def test_a_day_that_grows_counts_what_came_since_the_last_start(store, pipeline):
    report(store, "a", 40)
    day(store, "2026-11-23", 30)
    day(store, "2026-11-23", 60)
    assert look(store, pipeline, "1")
    day(store, "2026-11-23", 90)
    day(store, "2026-11-24", 69)
    assert load_state(store).new_interactions == 99
    day(store, "2026-11-24", 70)
    assert look(store, pipeline, "2")
    day(store, "2026-11-24", 70)
    assert load_state(store).new_interactions == 0
    assert pipeline.started == ["1", "2"]


def test_a_day_that_shrank_because_somebody_was_erased_takes_nothing_from_the_others(store, pipeline):
    day(store, "2026-11-23", 100)
    assert look(store, pipeline)
    day(store, "2026-11-23", 20)
    day(store, "2026-11-24", 30)
    assert load_state(store).new_interactions == 30


def test_the_days_of_a_year_do_not_pile_up(store, pipeline):
    for number in range(1, 29):
        day(store, f"2026-02-{number:02}", 100)
        assert look(store, pipeline, str(number))
    assert sorted(load_state(store).started_with)[0] == f"{EVENT_REPORTS}2026-02-22.json"


def test_nothing_starts_beside_a_run_and_what_came_meanwhile_starts_the_next(store, pipeline):
    pipeline.busy = True
    report(store, "a", 100)
    assert not look(store, pipeline, "1")
    assert not look(store, pipeline, "2", asked=True)
    pipeline.busy = False
    assert look(store, pipeline, "3")


def test_a_schedule_asks_whatever_has_come(store, pipeline):
    assert look(store, pipeline, asked=True, threshold=0)


def test_without_a_threshold_no_number_is_enough(store, pipeline):
    report(store, "a", 10**9)
    assert not look(store, pipeline, threshold=0)


def test_a_report_that_is_gone_is_an_error_that_comes_back(store):
    with pytest.raises(NotFoundError):
        count_report(store, "reports/uploads/interactions/gone.json")


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("at", range(5))
def test_killed_anywhere_it_is_one_run(store, at, done):
    pipeline, killer = Pipeline(), Killer(at, done)
    report(store, "a", 100)
    try:
        consider(killer.over(store), killer.over(pipeline), threshold=100, asked=False, token="t")
    except KilledError:
        look(store, pipeline, "t")
    look(store, pipeline, "t")
    assert pipeline.started == ["t"]
    assert load_state(store).new_interactions == 0
