"""One program under many user ids: ids that did the same things in the same rhythm count as one.

People may look at the same items one after another; that twenty do it with the same pauses, to ten seconds,
and that at four times or more, is no coincidence. Logs that know days alone show no rhythm.
"""

from typing import TYPE_CHECKING

from object2vec.core.time import DAY_S

if TYPE_CHECKING:
    from ibis.expr.types import Table  # functions without Ibis read the bounds below

RHYTHM_S = 10
"""Times since a user's first event that are as near as this are the same."""
LEAST_TIMES = 4
"""Of different times in one user's rhythm."""
LEAST_USERS = 20
_DAY_STEPS = DAY_S // RHYTHM_S
_PRIME = 1_000_000_007  # a sum over a user's events of numbers below it has room in 64 bits


def scripted_users(log: "Table") -> "Table":
    """Of a weighed log the ids beyond the first of each such group: `user_id`, `first_id`, and how many `ids`
    the group has. What an id did is compared by the sum of hashes, so the order of rows does not matter."""
    said = log.filter(log.weight != 0)
    since = said.timestamp - said.timestamp.min().over(group_by="user_id")
    marked = said.select("user_id", "item_id", step=(since + RHYTHM_S // 2) // RHYTHM_S)
    act = (marked.item_id + " " + marked.step.cast("string")).hash() % _PRIME
    people = (
        marked.mutate(act=act)
        .group_by("user_id")
        .aggregate(
            lambda acts: acts.count().name("events"),
            lambda acts: acts.act.sum().cast("int64").name("acts"),
            lambda acts: acts.step.nunique().name("times"),
            lambda acts: (acts.step % _DAY_STEPS).max().name("within_days"),
        )
    )
    rhythmic = people.filter((people.times >= LEAST_TIMES) & (people.within_days > 0))
    groups = rhythmic.group_by("events", "acts").aggregate(
        first_id=rhythmic.user_id.min(), ids=rhythmic.count()
    )
    groups = groups.filter(groups.ids >= LEAST_USERS)
    found = rhythmic.inner_join(groups, ["events", "acts"])
    return found.filter(found.user_id != found.first_id).select("user_id", "first_id", "ids")


def groups_of(scripted: "Table", most: int) -> "Table":
    """`first_id` and `ids` of the largest groups."""
    groups = scripted.select("first_id", "ids").distinct()
    return groups.order_by(groups.ids.desc(), "first_id").limit(most)
