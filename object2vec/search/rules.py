"""Merchandising rules: what a shop wants shown first, more, less or not at all, whatever the model says.

    {"id": "hero", "action": "pin", "items": ["p1", "p2"], "queries": ["pizza"]}
    {"id": "own brand", "action": "boost", "filters": {"brand": "Ours"}, "weight": 0.3}
    {"id": "low stock", "action": "bury", "filters": {"stock": {"lt": 5}}, "weight": 0.5}
    {"id": "recalled", "action": "exclude", "filters": {"recalled": true}}

A rule with `queries` applies where a query has all words of one of them. Pinned items come first, in the
order given, if they pass the request's filters. A boost multiplies scores by 1 + weight, a bury by
1 - weight.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from object2vec.core.errors import BadRequestError
from object2vec.search import filters
from object2vec.search.analysis import Analysis, words
from object2vec.search.filters import ALL, Condition
from object2vec.search.versioned import parse_records

Action = Literal["pin", "boost", "bury", "exclude"]
ACTIONS: tuple[str, ...] = get_args(Action)
MAX_RULES = 100
MAX_ITEMS = 100
MAX_QUERIES = 100
MAX_BOOST, MAX_BURY = 10.0, 1.0
_FIELDS = {"id", "action", "items", "filters", "weight", "queries"}


@dataclass(frozen=True)
class Rule:
    """One rule. Its items are those named and those that fulfil the condition."""

    id: str
    action: Action
    items: tuple[str, ...] = ()
    condition: Condition | None = None
    weight: float = 0.5
    queries: tuple[str, ...] = ()
    """Texts, all words of one of which the query must have; none: any request."""
    stored: bool = False
    """Whether it comes from the stored rules rather than from the request."""

    @property
    def part(self) -> str:
        """Its name among the parts of a score."""
        return f"{self.action}:{self.id}"

    def applies_to(self, terms: frozenset[str], analysis: Analysis) -> bool:
        """Whether a query of these terms is one of the rule's."""
        return not self.queries or any(set(analysis.telling(wanted)) <= terms for wanted in self.queries)


def parse(records: Sequence[Mapping[str, Any]]) -> tuple[Rule, ...]:
    """Raises BadRequestError that names the rule and what is wrong with it."""
    return parse_records(records, "rule", MAX_RULES, _FIELDS, _rule)


def applicable(rules: Iterable[Rule], text: str, analysis: Analysis) -> tuple[Rule, ...]:
    """The rules that apply to a request with this query, by the word forms of a catalogue's languages."""
    terms = analysis.terms(text)
    return tuple(rule for rule in rules if rule.applies_to(terms, analysis))


def _rule(name: str, rule_id: str, record: Mapping[str, Any]) -> Rule:
    action = record.get("action")
    if action not in ACTIONS:
        raise BadRequestError(f"{name}: action must be one of {', '.join(ACTIONS)}")
    return Rule(
        id=rule_id,
        action=cast(Action, action),
        items=_texts(name, "items", record.get("items", []), MAX_ITEMS),
        condition=_condition(name, action, record),
        weight=_weight(name, action, record),
        queries=_queries(name, record.get("queries", [])),
    )


def _condition(name: str, action: str, record: Mapping[str, Any]) -> Condition | None:
    if action == "pin":
        if "filters" in record or not record.get("items"):
            raise BadRequestError(f"{name}: a pin names its items, and has no filters")
        return None
    if not record.get("items") and not record.get("filters"):
        raise BadRequestError(f"{name}: say which items, by items or filters")
    try:
        condition = filters.parse(record.get("filters", {}))
    except BadRequestError as error:
        raise BadRequestError(f"{name}: {error}") from error
    return None if condition in (ALL, filters.Every(())) else condition


def _weight(name: str, action: str, record: Mapping[str, Any]) -> float:
    if "weight" not in record:
        return 0.5
    most = {"boost": MAX_BOOST, "bury": MAX_BURY}.get(action)
    weight = record["weight"]
    if most is None:
        raise BadRequestError(f"{name}: only boost and bury have a weight")
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight <= most:
        raise BadRequestError(f"{name}: the weight of a {action} is a number above 0, at most {most:g}")
    return float(weight)


def _queries(name: str, queries: object) -> tuple[str, ...]:
    found = _texts(name, "queries", queries, MAX_QUERIES)
    if not all(map(words, found)):
        raise BadRequestError(f"{name}: a query needs a word")
    return found


def _texts(name: str, what: str, values: object, most: int) -> tuple[str, ...]:
    if not isinstance(values, list) or not all(isinstance(v, str) and 0 < len(v) <= 256 for v in values):
        raise BadRequestError(f"{name}: {what} must be a list of texts of 1 to 256 characters")
    if len(values) > most:
        raise BadRequestError(f"{name}: more than {most} {what}")
    return tuple(values)
