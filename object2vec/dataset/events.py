"""The events of a log that a training learns from, and what was left out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ibis.expr.types import Table

from object2vec.core.event_weights import Meanings, TypeCounts, meanings_of, type_sentence
from object2vec.core.wording import counted
from object2vec.dataset.engine import DataEngine, RowValues
from object2vec.dataset.prepare import days, moments, time_span
from object2vec.dataset.scripted_users import groups_of, scripted_users
from object2vec.dataset.throwaway_ids import crowds_of, throwaway_ids
from object2vec.dataset.timeline import FEWEST, TimeCuts, Timeline, time_cuts
from object2vec.dataset.weighing import (
    MEANINGS,
    activity,
    counted_types,
    heavy_users,
    limit_of,
    limited,
    meaning_lines,
    type_counts,
    weighed,
    without_repeats,
)

MOST_SCRIPTS = 10
"""Most groups of scripted users, and most crowds of throwaway ids, that are named."""


@dataclass(frozen=True, eq=False)
class LearnedEvents:
    """The events of a log that are learned from, weighed."""

    table: Table
    types: Sequence[TypeCounts]
    meanings: Meanings
    without_weight: int
    """Events left out because their weight is 0."""
    repeats: int
    """Events left out because they repeat the same user, item and day."""
    limit: int
    """The most events of one user."""
    heavy: Sequence[tuple[str, int]]
    """The most active users with more events than the limit, and their number of events, repeats of a day
    included."""
    over_limit: int
    """Events of users over the limit that are left out."""
    scripts: Sequence[tuple[str, int]]
    """The largest groups of ids that did the same in the same rhythm: first id, number of ids."""
    scripted: int
    """Events of the other ids of such groups, which are left out."""
    crowds: Sequence[RowValues]
    """The largest crowds of ids that came for one item at once and did nothing else."""
    throwaway: int
    """Events of ids beyond the bound of such a crowd, which are left out."""

    def record(self) -> dict[str, Any]:
        """The counts as summary.json stores them."""
        return {
            "types": [self._type(found) for found in self.types],
            "left_out": {
                "silent": self.without_weight,
                "repeats": self.repeats,
                "over_limit": self.over_limit,
                "scripted": self.scripted,
                "throwaway": self.throwaway,
            },
            "scripts": [{"user_id": user, "ids": ids} for user, ids in self.scripts],
            "crowds": [*self.crowds],
            "limit_per_user": self.limit,
            "heavy_users": [{"user_id": user, "events": events} for user, events in self.heavy],
        }

    def notes(self) -> list[str]:
        """Sentences for people about what the training left out or changed."""
        lines = [type_sentence(found, self.meanings.by_type[found.event_type]) for found in self.types]
        if self.repeats:
            repeat = counted(self.repeats, "event repeats", "events repeat")
            lines.append(f"{repeat} what the same user did with the item that day.")
        if self.scripts:
            lines.append(
                f"{self.scripts[0][1]} ids did the same things in the same rhythm, as one program does under"
                f" many names: such ids count as one ({counted(self.scripted, 'event')} left out for that;"
                " auxiliary/summary.json names the first of each group)."
            )
        if self.crowds:
            crowd = self.crowds[0]
            lines.append(
                f"{crowd['ids']} ids came for {crowd['item_id']!r} within ten minutes and did nothing else,"
                f" as one program does that takes a new id for each event: {crowd['kept']} of them count"
                f" ({counted(self.throwaway, 'event')} left out for that; auxiliary/summary.json names the"
                " items). If they were people, give them ids that they keep from visit to visit."
            )
        if self.heavy:
            most, users = self.heavy[0][1], len(self.heavy)
            who = "One user has" if users == 1 else f"{users} users (or more) have"
            lines.append(
                f"{who} far more events than the others, up to {most}: at most {self.limit} of each are"
                f" learned from ({self.over_limit} left out for that; auxiliary/summary.json names them)."
            )
        return lines

    def _type(self, found: TypeCounts) -> dict[str, Any]:
        meaning = self.meanings.by_type[found.event_type]
        return {
            "event_type": found.event_type,
            "events": found.events,
            "weight": meaning.weight,
            "kind": meaning.kind,
            "value": meaning.value,
            "scale": list(meaning.scale) if meaning.scale else None,
        }


def learned_events(
    engine: DataEngine, log: Table, setting: Mapping[str, float], scratch: Path
) -> LearnedEvents:
    """The events of the whole log that a training learns from; `setting` gives weights by type."""
    types = counted_types(engine.rows(type_counts(log)))
    meanings = meanings_of(types, setting)
    file = scratch / "meanings.jsonl"
    file.write_bytes(meaning_lines(meanings))
    log = weighed(log, engine.json_lines(file, MEANINGS, "meanings"))
    scripted = engine.kept(scripted_users(log))
    scripts = [(row["first_id"], row["ids"]) for row in engine.rows(groups_of(scripted, MOST_SCRIPTS))]
    without_scripts = log.anti_join(scripted, "user_id") if scripts else log
    throwaway = engine.kept(throwaway_ids(without_scripts))
    crowds = engine.rows(crowds_of(throwaway, MOST_SCRIPTS))
    people = without_scripts.anti_join(throwaway, "user_id") if crowds else without_scripts
    weighted = people.filter(people.weight != 0)
    distinct = engine.kept(without_repeats(weighted))
    n_all, n_without_scripts, n_people, n_weighted = (
        _count(engine, part) for part in (log, without_scripts, people, weighted)
    )
    users = [(row["events"], row["users"]) for row in engine.rows(activity(distinct))]
    limit, n_distinct = limit_of(users), sum(events * count for events, count in users)
    over_limit = sum((events - limit) * count for events, count in users if events > limit)
    return LearnedEvents(
        limited(distinct, limit) if over_limit else distinct,
        types,
        meanings,
        without_weight=n_people - n_weighted,
        repeats=n_weighted - n_distinct,
        limit=limit,
        heavy=[(row["user_id"], row["events"]) for row in engine.rows(heavy_users(weighted, limit))],
        over_limit=over_limit,
        scripts=scripts,
        scripted=n_all - n_without_scripts,
        crowds=crowds,
        throwaway=n_without_scripts - n_people,
    )


def _count(engine: DataEngine, table: Table) -> int:
    (row,) = engine.rows(table.aggregate(events=table.count()))
    return int(row["events"])


def cuts_of(engine: DataEngine, log: Table) -> TimeCuts | None:
    """The times where the log's periods are cut; None without an event that has a time."""
    (span,) = engine.rows(time_span(log))
    if span["first"] is None:
        return None
    return time_cuts(timeline(engine, log), span["first"], span["last"])


def timeline(engine: DataEngine, log: Table) -> Timeline:
    """The times of a log, counted by the engine."""
    by_day = {row["day"]: row["events"] for row in engine.rows(days(log))}
    return Timeline(
        by_day, lambda day: {row["moment"]: row["events"] for row in engine.rows(moments(log, day))}
    )


def period_notes(numbers: Mapping[str, Any], cuts: TimeCuts | None, *, by_chance: bool) -> list[str]:
    """Sentences about what the split of a log cannot do."""
    if cuts is None:
        return []
    events = sum(numbers[name] for name in ("train", "validation", "test"))
    if by_chance:
        return [
            "All events have one time, so none comes before another: validation and test are a tenth each, by"
            " chance. Upload the times of the events to learn what comes next."
        ]
    if not cuts.holds_out:
        wanted = f", and with fewer than {FEWEST} of them none is held out" if events < FEWEST else ""
        return [f"All {events} events have one time{wanted}: nothing can be measured on what came later."]
    notes = []
    if not numbers["validation"]:
        notes.append(
            "There are too few different times for a validation period: training cannot stop by itself, and"
            " no ranker is learned."
        )
    if not numbers["returned"]:
        visits = "Is USER_ID the number of a visit? Then sessions end with it; give the shoppers' own ids."
        notes.append(
            "Nobody has events both before and after the training period: what comes next cannot be measured."
            + (f" {visits}" if events >= FEWEST else "")  # of a handful that is usual
        )
    return notes
