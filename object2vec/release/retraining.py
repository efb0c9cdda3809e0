"""Decides when to train again: on schedule, or when enough new interactions have come; never two runs at
once.

Each upload has a report; the events of shoppers have one report a day, which grows
(object2vec/users/curation.py). The state is `retraining/state.json`: the accepted rows of each report since
the last start, how much of each day's report was there by then, and the token of a start that may not have
happened yet. A start is written down before it is made, and the same token is the same run. So a caller that
is killed in between neither loses nor doubles a run.
"""

import logging
from dataclasses import asdict, dataclass, field
from typing import Protocol

import orjson

from object2vec.core.keys import EVENT_REPORTS, RETRAINING
from object2vec.storage import NotFoundError, ObjectStore
from object2vec.storage.sealed import sealed, unsealed

_log = logging.getLogger(__name__)

DAYS_KEPT = 7
"""Days whose counts are kept; a day's report no longer grows once the next day has begun."""


class Runs(Protocol):
    """The training pipeline's runs."""

    def running(self) -> bool:
        """Whether one is under way."""

    def start(self, token: str) -> None:
        """Starts one; the same token twice is one run."""


@dataclass(slots=True)
class State:
    """The counts since the last training was started."""

    reports: dict[str, int] = field(default_factory=dict)
    """Accepted interactions by the key of their report; a file uploaded again counts once."""
    started_with: dict[str, int] = field(default_factory=dict)
    """Events in the report of a day when the last run was started."""
    starting: str | None = None

    @property
    def new_interactions(self) -> int:
        """The number of interactions that came since the last training was started."""
        return sum(max(0, n - self.started_with.get(key, 0)) for key, n in self.reports.items())

    def after_start(self) -> "State":
        """The state once a run was started for everything counted."""
        days = self.started_with | {
            key: n for key, n in self.reports.items() if key.startswith(EVENT_REPORTS)
        }
        return State(started_with=dict(sorted(days.items())[-DAYS_KEPT:]))


def count_report(store: ObjectStore, report_key: str) -> None:
    """Counts the interactions that a report (of an upload, or of a day's events) says were accepted."""
    state = load_state(store)
    state.reports[report_key] = int(orjson.loads(store.get(report_key))["accepted"])
    _save(store, state)


def consider(store: ObjectStore, runs: Runs, *, threshold: int, asked: bool, token: str) -> bool:
    """Starts a run if one is due: it is `asked` for, or `threshold` new interactions have come (0: never).

    `token` names this occasion, the same each time it is considered. Returns whether a run was started.
    """
    state = load_state(store)
    if state.starting is None:
        due = asked or 0 < threshold <= state.new_interactions
        if not due or runs.running():
            return False
        state.starting = token
        _save(store, state)
    assert state.starting is not None
    runs.start(state.starting)
    _save(store, state.after_start())
    return True


def load_state(store: ObjectStore) -> State:
    """The state as it is; empty before anything was counted. After damage it is counted anew: a training may
    come later than it would have."""
    try:
        return State(**unsealed(store.get(RETRAINING)))
    except NotFoundError:
        return State()
    except (ValueError, TypeError):
        _log.error("%s is damaged: what is new since the last training is counted from now on", RETRAINING)
        return State()


def _save(store: ObjectStore, state: State) -> None:
    store.put(RETRAINING, sealed(asdict(state)))
