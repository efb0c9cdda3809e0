"""What a training is told about the log it learns from: the events that count, and what was left out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ibis.expr.types import Table

from object2vec.core.event_weights import Meanings, TypeCounts, meanings_of, type_sentence
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
    opinions,
    type_counts,
    weighed,
)

MOST_SCRIPTS = 10
"""Of groups of scripted users, and of crowds of throwaway ids, that are named."""


@dataclass(frozen=True, eq=False)
class LearnedEvents:
    """The events of a log that are learned from, weighed."""

    table: Table
    types: Sequence[TypeCounts]
    meanings: Meanings
    silent: int
    """Events left out because they say nothing."""
    repeats: int
    """The same user, item and day again and again."""
    limit: int
    """The most events of one user."""
    heavy: Sequence[tuple[str, int]]
    """The most active users with more than that, and how many, the repeats of a day among them."""
    over_limit: int
    """Events of such users that are left out."""
    scripts: Sequence[tuple[str, int]]
    """The largest groups of ids that did the same in the same rhythm: the first, and how many."""
    scripted: int
    """Events of the other ids of such groups, which are left out."""
    crowds: Sequence[RowValues]
    """The largest crowds of ids that came for one item at once and did nothing else."""
    throwaway: int
    """Events of ids beyond the bound of such a crowd, which are left out."""

    def record(self) -> dict[str, Any]:
        """For the summary."""
        return {
            "types": [self._type(found) for found in self.types],
            "left_out": {
                "silent": self.silent,
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
            lines.append(f"{self.repeats} events repeat what the same user did with the item that day.")
        if self.scripts:
            first, ids = self.scripts[0]
            lines.append(
                f"{ids} ids did the same things in the same rhythm as {first!r}, as one program does under"
                f" many names: such ids count as one ({self.scripted} events left out for that;"
                " auxiliary/summary.json names the first of each group)."
            )
        if self.crowds:
            crowd = self.crowds[0]
            lines.append(
                f"{crowd['ids']} ids came for {crowd['item_id']!r} within ten minutes and did nothing else,"
                f" as one program does that takes a new id for each event: {crowd['kept']} of them count"
                f" ({self.throwaway} events left out for that; auxiliary/summary.json names the items). If"
                " they were people, give them ids that they keep from visit to visit."
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
    """Of the whole log, without what was sent twice; `setting` gives weights by type."""
    types = counted_types(engine.rows(type_counts(log)))
    meanings = meanings_of(types, setting)
    file = scratch / "meanings.jsonl"
    file.write_bytes(meaning_lines(meanings))
    all_weighed = weighed(log, engine.json_lines(file, MEANINGS, "meanings"))
    scripted = engine.kept(scripted_users(all_weighed))
    scripts = [(row["first_id"], row["ids"]) for row in engine.rows(groups_of(scripted, MOST_SCRIPTS))]
    several = all_weighed.anti_join(scripted, "user_id") if scripts else all_weighed
    throwaway = engine.kept(throwaway_ids(several))
    crowds = engine.rows(crowds_of(throwaway, MOST_SCRIPTS))
    people = several.anti_join(throwaway, "user_id") if crowds else several
    said = engine.kept(opinions(people))
    said_something = people.filter(people.weight != 0)
    of_all, of_several, of_people, of_said = (
        _events(engine, part) for part in (all_weighed, several, people, said_something)
    )
    users = [(row["events"], row["users"]) for row in engine.rows(activity(said))]
    limit, kept = limit_of(users), sum(events * count for events, count in users)
    heavy = [(row["user_id"], row["events"]) for row in engine.rows(heavy_users(said_something, limit))]
    over = sum((events - limit) * count for events, count in users if events > limit)
    return LearnedEvents(
        limited(said, limit) if over else said,
        types,
        meanings,
        silent=of_people - of_said,
        repeats=of_said - kept,
        limit=limit,
        heavy=heavy,
        over_limit=over,
        scripts=scripts,
        scripted=of_all - of_several,
        crowds=crowds,
        throwaway=of_several - of_people,
    )


def _events(engine: DataEngine, log: Table) -> int:
    (counted,) = engine.rows(log.aggregate(events=log.count()))
    return int(counted["events"])


def cuts_of(engine: DataEngine, log: Table) -> TimeCuts | None:
    """Where the log's periods are cut; None without an event that has a time."""
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
    """What the split of a log cannot do, as sentences."""
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
        notes.append(
            "Nobody has events both before and after the training period: what comes next cannot be measured."
            " Is USER_ID the number of a visit? Then sessions end with it; give the shoppers' own ids."
        )
    return notes
