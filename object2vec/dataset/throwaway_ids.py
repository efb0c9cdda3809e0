"""The ids beyond the bound of their crowd (`crowd_bounds.py`), as Ibis expressions for DuckDB and Spark."""

import ibis
from ibis.expr.types import Table

from object2vec.core.event_weights import LEAST_PURCHASE
from object2vec.dataset.crowd_bounds import ALWAYS, BUSIEST, QUARTER_S, TIMES_OTHERS, TIMES_USUAL, WINDOW_S

_PRIME = 1_000_000_007  # a sum over an id's items of numbers below it has room in 64 bits


def throwaway_ids(log: Table) -> Table:
    """The ids of a weighed log beyond the bound of their crowd: `user_id`, and of the crowd `item_id` (the
    first of its items), `begins` (epoch seconds), the number of `ids` and of those that are `kept`."""
    events = log.filter(log.weight != 0).select("user_id", "item_id", "timestamp", "weight")
    visits = _visits(events)
    crowds = visits.group_by("sought", "window").aggregate(
        ids=visits.count(),
        item_id=visits.item_id.min(),
        moments=visits["first"].nunique(),
        exact=((visits["first"] + 1) % QUARTER_S > 1).sum(),
    )
    windows = (events.timestamp // WINDOW_S).nunique().as_scalar()
    sudden = (crowds.ids > ALWAYS) & (crowds.moments > 1) & (2 * crowds.exact > crowds.ids)
    large = crowds.filter(sudden & (windows > BUSIEST))
    told = large.left_join(_usual(crowds), "sought").select(*large.columns, "usual")
    told = told.left_join(_drawn(events, visits), ["sought", "window"]).select(*told.columns, "drawn")
    usual, others = told.usual.fill_null(0), ibis.greatest(told.drawn.fill_null(0) - told.ids, 0)
    bounded = told.mutate(kept=ibis.greatest(ALWAYS, TIMES_USUAL * usual, TIMES_OTHERS * others))
    return _beyond(visits, bounded.filter(bounded.ids > bounded.kept))


def _visits(events: Table) -> Table:
    """The ids of which all events lie within one window's time: `user_id`, the `first` of them, its `window`,
    a number `sought` for the set of items, and one of these, `item_id`."""
    people = events.group_by("user_id").aggregate(
        first=events.timestamp.min(), last=events.timestamp.max(), most=events.weight.max()
    )
    lightest = events.filter(events.weight > 0).weight.min().as_scalar()
    tells_no_purchases = lightest >= LEAST_PURCHASE
    bought_nothing = (people.most < LEAST_PURCHASE) | tells_no_purchases
    once = people.filter((people["last"] - people["first"] < WINDOW_S) & bought_nothing)
    items = events.select("user_id", "item_id").distinct().inner_join(once, "user_id")
    marked = items.mutate(window=items.first // WINDOW_S, mark=items.item_id.hash() % _PRIME)
    return marked.group_by("user_id", "first", "window").aggregate(
        sought=marked.mark.sum().cast("int64"), item_id=marked.item_id.min()
    )


def _usual(crowds: Table) -> Table:
    """Number of ids of the busiest window beyond `BUSIEST`, by what was sought."""
    order = [crowds.ids.desc(), crowds.window]
    ranked = crowds.mutate(rank=ibis.row_number().over(group_by="sought", order_by=order))
    return ranked.filter(ranked.rank == BUSIEST).select("sought", usual="ids")


def _drawn(events: Table, visits: Table) -> Table:
    """Number of ids that came for the item that drew the fewest, by what was sought and window."""
    by_window = events.mutate(window=events.timestamp // WINDOW_S)
    drawn = by_window.group_by("item_id", "window").aggregate(drawn=by_window.user_id.nunique())
    wanted = visits.select("user_id", "sought", "window")
    each = events.select("user_id", "item_id").inner_join(wanted, "user_id")
    each = each.select("sought", "window", "item_id").distinct()
    found = each.inner_join(drawn, ["item_id", "window"])
    return found.group_by("sought", "window").aggregate(drawn=found.drawn.min())


def _beyond(visits: Table, crowds: Table) -> Table:
    of_crowds = crowds.select("sought", "window", "ids", "kept", crowd_item="item_id")
    crowd = visits.inner_join(of_crowds, ["sought", "window"])
    place = ibis.row_number().over(group_by=["sought", "window"], order_by=["first", "user_id"])
    placed = crowd.mutate(place=place, begins=crowd.window * WINDOW_S)
    beyond = placed.filter(placed.place >= placed.kept)
    return beyond.select("user_id", "begins", "ids", "kept", item_id="crowd_item")


def crowds_of(throwaway: Table, most: int) -> Table:
    """`item_id`, `begins`, `ids` and `kept` of the largest crowds."""
    crowds = throwaway.select("item_id", "begins", "ids", "kept").distinct()
    return crowds.order_by(crowds.ids.desc(), "item_id", "begins").limit(most)
