"""What the rows of a file of interactions are, once its columns are known: lines of orders, ratings, likings.

Columns go by their `normal` heading in a table, by their path in nested records.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from object2vec.ingest.logs.by_values import (
    Sample,
    act_columns,
    are_acts,
    are_likings,
    are_other_acts,
    are_states,
    is_time,
)
from object2vec.ingest.logs.exports import ORDER, Fields, constant, customer, order_type
from object2vec.ingest.logs.fields import FieldPart, FieldSource, TellingColumn, one_of
from object2vec.ingest.logs.headings import (
    ADDED,
    EMAILS,
    LIKINGS,
    NO_ACTS,
    NOT_TAKEN_BACK,
    ORDER_TIMES,
    ORDERS,
    PRICES,
    QUANTITIES,
    RATINGS,
    SESSIONS,
    STATUS_TYPES,
    STATUSES,
    TAKEN_BACK,
    TAKEN_BACK_COUNTS,
    TESTS,
    TYPES,
    VISITORS,
    YES_OR_NO,
    known_form,
    normal,
)
from object2vec.ingest.logs.value_rules import SESSION

Named = Mapping[str, Sequence[str]]
"""Names of columns, by heading in its `normal` form."""
_NUMBER = "[0-9]"
NOT_BOUGHT, TEST = "not bought", "test row"
"""Types of what counts for nothing: a line of which nothing was ordered, and a row that tried the shop."""
_NONE_OF_IT = {"": "", **dict.fromkeys(("0", "0.0", "0.00", "0.000", "0,0", "0,00", "0,000"), NOT_BOUGHT)}
_YES_NO = frozenset((*YES_OR_NO, *NOT_TAKEN_BACK, "wahr", "vrai", "tak", "sim", "x", "t"))
_MINUS = "^ *-"
_SOME_ORDERED = "(^|[1-9][^ ]* )order "


def as_orders(found: Fields, named: Named, sample: Sample, said: Collection[str] = ()) -> Fields:
    """Where rows are lines of orders, by the order's number, its time or its states: an order without a
    customer is a shopper of its own, and one that came back is no purchase. Fields that were `said` stay."""
    order = next(_named(ORDERS, named), None)
    status = next(_named(STATUSES, named), None)
    graded = _headings(found.get("EVENT_VALUE")) & RATINGS
    if status is None and not graded and _tells_of_orders(found, named, sample):
        status = _state_column(found, sample)
    are_orders = (
        order is not None
        or bool(_headings(found.get("TIMESTAMP")) & ORDER_TIMES)
        or (status is not None and are_states(_filled(sample, status)))
    )
    if not are_orders or "ITEM_ID" not in found:
        return found
    orders = dict(found)
    if order is not None and "USER_ID" not in said:
        users = found["USER_ID"].names if "USER_ID" in found else []
        users = [name for name in users if not _heading(name).startswith("device")]  # that of a till
        users += [name for name in _named(EMAILS, named) if users and name not in users][:1]  # of a guest
        orders["USER_ID"] = customer(*users, order=order)
    if status is not None and "EVENT_TYPE" not in found:
        orders["EVENT_TYPE"] = order_type(status)
    return orders


def said_states(found: Fields, sample: Sample, said: Collection[str]) -> Fields:
    """A type of event that was said to be in a column of states means what these mean where they are found:
    a word for one that came back is no purchase, and any other state is one."""
    source = found.get("EVENT_TYPE")
    if source is None or "EVENT_TYPE" not in said:
        return found
    values = [text for name in source.names for text in _filled(sample, name)]
    is_state = are_states(values) or (bool(_headings(source) & {*STATUSES}) and not are_other_acts(values))
    otherwise = "purchase" if is_state else ""
    return {**found, "EVENT_TYPE": replace(source, words=STATUS_TYPES, otherwise=otherwise)}


def as_opinions(found: Fields, named: Named, sample: Sample) -> Fields:
    """The fields with a type of event, and with a liking, where most values of such a column read so; a grade
    of no other type is a rating, and a quantity one of a purchase where the file tells of orders. Of any
    other quantity only a minus counts: it is no grade, and may be that of a cart."""
    opinions = dict(found)
    for column, headings, reads in (("EVENT_TYPE", TYPES, are_acts), ("EVENT_VALUE", LIKINGS, are_likings)):
        taken = {name for source in opinions.values() for name in source.names}
        free = (one for one in _named(headings, named) if one not in taken)
        name = next((one for one in free if reads(_filled(sample, one))), None)
        if column not in opinions and name is not None:
            opinions[column] = one_of(name)
    if "EVENT_TYPE" not in opinions and (name := _act_column(opinions, sample)):
        opinions["EVENT_TYPE"] = one_of(name)
    value = opinions.get("EVENT_VALUE")
    if _headings(value) & RATINGS:
        opinions.setdefault("EVENT_TYPE", constant("rating"))
    if value is not None and "EVENT_TYPE" not in opinions and _headings(value) & {*QUANTITIES}:
        is_order = bool(_headings(opinions.get("TIMESTAMP")) & ORDER_TIMES)
        order = None if is_order else _order_of_some(named, sample)
        if order is not None:
            opinions["EVENT_TYPE"] = _bought_where_numbered(value, order)
        elif _tells_of_orders(opinions, named, sample):
            opinions["EVENT_TYPE"] = replace(value, only=_NUMBER, words=_NONE_OF_IT, otherwise="purchase")
        else:
            opinions["EVENT_VALUE"] = value = replace(value, only=_MINUS)
    if value is not None and _headings(value) & {*LIKINGS}:
        opinions["EVENT_VALUE"] = replace(value, words=YES_OR_NO)
        like = replace(value, words=dict.fromkeys(YES_OR_NO, "like"), words_alone=True)
        opinions.setdefault("EVENT_TYPE", like)
    return opinions


def marked(found: Fields, named: Named, sample: Sample) -> Fields:
    """Lines of orders of which a column tells whether, when, or that all of them were cancelled or came back:
    those are no purchases. Rows that are said to be a test count for nothing, whatever they are of."""
    source = found.get("EVENT_TYPE", FieldSource(otherwise=_of_orders(found)))
    taken = {name for one in found.values() for name in one.names}

    def free(headings: Sequence[str]) -> list[str]:
        return [name for name in _named(headings, named) if name not in taken]

    marks: list[TellingColumn] = []
    if source.otherwise == "purchase" and not source.joined:
        marks += [
            TellingColumn(name, state, NOT_TAKEN_BACK)
            for state, headings in TAKEN_BACK.items()
            for name in free(headings)
            if _tells_yes_or_when(_filled(sample, name))
        ]
        value = found.get("EVENT_VALUE", FieldSource())
        ordered = next((name for name in value.names if _headings(value) & {*QUANTITIES}), "")
        marks += [
            TellingColumn(name, state, (), ordered)
            for state, headings in TAKEN_BACK_COUNTS.items()
            for name in free(headings)
            if ordered
        ]
    marks += [
        TellingColumn(name, TEST, NOT_TAKEN_BACK)
        for name in free(TESTS)
        if _tells_test(name, _filled(sample, name))
    ]
    return {**found, "EVENT_TYPE": replace(source, marks=tuple(marks))} if marks else found


def _tells_test(name: str, texts: Sequence[str]) -> bool:
    """Whether a column says yes or no; numbers under `test` alone may be those of a comparison's groups."""
    numbers = _heading(name) == "test" and any(text.isdecimal() for text in texts)
    return bool(texts) and not numbers and all(text.lower() in _YES_NO for text in texts)


def _of_orders(found: Fields) -> str:
    """`purchase` where the rows are lines of orders, by their numbers."""
    users = found.get("USER_ID", FieldSource()).parts
    return "purchase" if any(part.prefix == ORDER for part in users) else ""


def _tells_yes_or_when(texts: Sequence[str]) -> bool:
    return all(text.lower() in _YES_NO or text in _YES_NO or is_time(text) for text in texts)


def visitors_apart(found: Fields) -> Fields:
    """Where a shopper is known by name in some rows and as a visitor in others, the visitor of each row tells
    whose the others are. Sessions are counted like shoppers often, so that theirs is marked."""
    source = found.get("USER_ID", FieldSource())
    visitors = tuple(part for part in source.parts if _heading(part.name) in VISITORS)
    if "VISITOR_ID" in found or visitors in ((), tuple(source.parts)):
        return found
    apart = tuple(_apart(part) for part in source.parts)
    return {**found, "USER_ID": replace(source, parts=apart), "VISITOR_ID": replace(source, parts=visitors)}


def _apart(part: FieldPart) -> FieldPart:
    return part._replace(prefix=SESSION) if _heading(part.name) in SESSIONS else part


def _act_column(found: Fields, sample: Sample) -> str | None:
    """The column that names the act of each row, whatever its heading."""
    taken = {name for source in found.values() for name in source.names}
    free = {
        name: cells for name, cells in sample.items() if name not in taken and _heading(name) not in NO_ACTS
    }
    return next(iter(act_columns(free)), None)


def _state_column(found: Fields, sample: Sample) -> str | None:
    """The column that tells what became of orders, whatever its heading."""
    taken = {name for source in found.values() for name in source.names}
    free = (name for name in sample if name not in taken)
    return next((name for name in free if are_states(_filled(sample, name))), None)


def _order_of_some(named: Named, sample: Sample) -> str | None:
    """The column of the numbers of orders, where only some rows have one: they alone are purchases."""
    numbers = (name for name in _named(ORDERS, named) if name in sample)
    return next((name for name in numbers if 0 < 2 * len(_filled(sample, name)) <= len(sample[name])), None)


def _bought_where_numbered(quantity: FieldSource, order: str) -> FieldSource:
    """A purchase in rows with the number of an order, unless their quantity is none."""
    parts = (*quantity.parts[:1], FieldPart(order, "order "))
    return FieldSource(parts, joined=True, only=_SOME_ORDERED, words={"": ""}, otherwise="purchase")


def _tells_of_orders(found: Fields, named: Named, sample: Sample) -> bool:
    """By the number of an order, a time that only orders have, or a price."""
    times = _headings(found.get("TIMESTAMP"))
    if times & ADDED:
        return False
    telling = [*_named((*ORDERS, *PRICES), named)]
    return bool(times & ORDER_TIMES) or any(name not in sample or _filled(sample, name) for name in telling)


def _named(headings: Sequence[str], named: Named) -> Iterator[str]:
    """Columns with one of these names, the likeliest first."""
    return (name for heading in headings for name in named.get(heading, ()))


def _headings(source: FieldSource | None) -> set[str]:
    """The headings of what a field is read from."""
    return set() if source is None else {*map(_heading, source.names)}


def _heading(name: str) -> str:
    return known_form(normal(name.rpartition(".")[2]))


def _filled(sample: Sample, name: str) -> list[str]:
    return [*filter(None, map(str.strip, sample.get(name, ())))]
