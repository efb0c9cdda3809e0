"""One program under many user ids: ids that did the same things in the same rhythm count as one.

Twenty ids with the same items and the same pauses (to 10 s), at four or more times, are one program. Logs
with dates only have no rhythm.
"""

from typing import TYPE_CHECKING

from object2vec.core.time import DAY_S

if TYPE_CHECKING:
    from ibis.expr.types import Table  # functions without Ibis read the bounds below

RHYTHM_S = 10
"""Seconds by which two times since a user's first event may differ to count as the same."""
LEAST_TIMES = 4
"""Least number of distinct times in a user's rhythm."""
LEAST_USERS = 20
_DAY_STEPS = DAY_S // RHYTHM_S
_PRIME = 1_000_000_007  # a sum over a user's events of numbers below it has room in 64 bits


def scripted_users(log: "Table") -> "Table":
    """The ids of a weighed log beyond the first of each group of one program: `user_id`, `first_id`, and the
    number of `ids` in the group. The actions of an id are compared by the sum of their hashes, so the order
    of rows does not matter."""
    weighted = log.filter(log.weight != 0)
    since = weighted.timestamp - weighted.timestamp.min().over(group_by="user_id")
    steps = weighted.select("user_id", "item_id", step=(since + RHYTHM_S // 2) // RHYTHM_S)
    action = (steps.item_id + " " + steps.step.cast("string")).hash() % _PRIME
    people = (
        steps.mutate(action=action)
        .group_by("user_id")
        .aggregate(
            lambda rows: rows.count().name("events"),
            lambda rows: rows.action.sum().cast("int64").name("actions_hash"),
            lambda rows: rows.step.nunique().name("times"),
            lambda rows: (rows.step % _DAY_STEPS).max().name("within_days"),
        )
    )
    rhythmic = people.filter((people.times >= LEAST_TIMES) & (people.within_days > 0))
    groups = rhythmic.group_by("events", "actions_hash").aggregate(
        first_id=rhythmic.user_id.min(), ids=rhythmic.count()
    )
    groups = groups.filter(groups.ids >= LEAST_USERS)
    found = rhythmic.inner_join(groups, ["events", "actions_hash"])
    return found.filter(found.user_id != found.first_id).select("user_id", "first_id", "ids")


def groups_of(scripted: "Table", most: int) -> "Table":
    """`first_id` and `ids` of the largest groups."""
    groups = scripted.select("first_id", "ids").distinct()
    return groups.order_by(groups.ids.desc(), "first_id").limit(most)
