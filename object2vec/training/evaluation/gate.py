"""The gate: whether a new model may replace the live one, decided on what shoppers are served.

The rules, in this order:
1. Shoppers who came back decide (sessions, where nobody comes back), if there are `FEWEST` of them. The
   served list (with the ranker, where the model has one) must reach at least what the popular list reaches,
   and must not be worse than the live model's served list; nor in any segment by known events.
2. With fewer shoppers the verdict on recommendations is "too few to tell", and search decides: the search
   log, or queries made from texts. Search (words and model) must reach at least what words alone reach, and
   must not be worse than search with the live model. The seed, which has learned nothing from the shoppers,
   gives way to a first model unless search with that is clearly worse than words alone or with the seed.
3. With neither, a model replaces the seed, which knows nothing of the shop; a live model that was trained on
   the shop stays.
*Worse* is beyond chance or by more than the margin (`verdict.py`); *clearly worse*, of a segment, which is
one of several and small, and of a first model, is both. A test in which every system is near 1 decides
nothing. A log that should have been measured and was not (many shoppers, hardly one of them in the test
period) is refused: a fault in the times must not pass as a shop without interactions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from object2vec.core.wording import counted
from object2vec.training.evaluation.intervals import Measured
from object2vec.training.evaluation.verdict import (
    FEWEST,
    Compared,
    behind,
    compared,
    decided,
    is_clearly_worse,
    paragraph,
)

HARDLY_ANY = 0.05
"""Least share of the shoppers with several events who must be in the test period: it holds a tenth of the
events, so that a smaller share of many shoppers means a fault in the times."""
GateDecision = Compared | Literal["too few to tell", "not measured", "nothing to tell from"]
USERS, SESSIONS, QUERIES, TEXT = "next_item", "session", "query", "text"
"""Names of the tests that decide."""
_WHO = {USERS: "shoppers who came back", SESSIONS: "sessions"}
_SEARCHES = {QUERIES: "queries of the search log", TEXT: "queries made from texts"}


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """The gate's decision, with its reasons."""

    passed: bool
    decision: GateDecision
    reason: str
    """A paragraph that a shop owner understands."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The NDCG@10 of each system in each test, and how many users could be measured."""

    tests: Mapping[str, Measured]  # those of USERS, SESSIONS, QUERIES and TEXT that there are
    segments: Mapping[int, Measured] = field(default_factory=dict)  # by known events
    shoppers: int = 0  # users of the whole log with more than one event
    live_is_seed: bool = True


def judge(evidence: Evidence) -> GateVerdict:
    """The verdict by the rules above."""
    if found := _deciding(evidence, _WHO):
        return _by_behaviour(evidence, *found)
    measured = max((evidence.tests[n].count for n in _WHO if n in evidence.tests), default=0)
    if measured < min(FEWEST, HARDLY_ANY * evidence.shoppers) and evidence.shoppers >= FEWEST:
        return GateVerdict(
            False,
            "not measured",
            f"refused: {evidence.shoppers:,} shoppers have several interactions, but {measured or 'none'} of"
            " them could be measured, because hardly anyone has both an earlier event and one in the latest"
            " period. Recommendations are not released unmeasured. Look at the TIMESTAMP column: a single row"
            " of 1970 or of the far future shifts every period; the upload's report names such rows.",
        )
    if found := _deciding(evidence, _SEARCHES):
        return _by_search(*found, _before(evidence, measured), first=evidence.live_is_seed and measured > 0)
    reasons = " ".join([*_before(evidence, measured), *_undecided(evidence)])
    return GateVerdict(
        evidence.live_is_seed,
        "too few to tell" if measured else "nothing to tell from",
        f"passed: unmeasured. {reasons} What is live so far has learned nothing from this shop's items and"
        " interactions, so the new model replaces it."
        if evidence.live_is_seed
        else f"refused: {reasons} The live model was trained on this shop and stays until more can be"
        " measured.",
    )


def _deciding(evidence: Evidence, tests: Mapping[str, str]) -> tuple[Measured, str] | None:
    """The first of some tests that can decide, with its words in `tests`; None if there is none."""
    found = ((evidence.tests[name], words) for name, words in tests.items() if name in evidence.tests)
    return next(((test, words) for test, words in found if _tells(test)), None)


def _tells(test: Measured) -> bool:
    """Whether a test has enough to decide, and tells systems apart."""
    return test.count >= FEWEST and not test.saturated


def served(values: Mapping[str, object], name: str) -> str:
    """The name of the system that is served for `model` or `live`: the one with its ranker, if it has one."""
    return f"{name}+ranker" if f"{name}+ranker" in values else name


def _by_behaviour(evidence: Evidence, test: Measured, who: str) -> GateVerdict:
    ours, live = served(test.values, "model"), served(test.values, "live")
    popular, before = test.difference(ours, "popularity"), test.difference(ours, live)
    segments = {
        known: segment.difference(served(segment.values, "model"), served(segment.values, "live"))
        for known, segment in evidence.segments.items()
        if _tells(segment)
    }
    lost = [known for known, difference in segments.items() if is_clearly_worse(difference)]
    why = [
        *([] if popular.mean >= 0 else ["The new model is behind the most popular items."]),
        *behind("The new model", "the live model", before),
        *_by_lost(lost),
    ]
    passed = not why
    low, high = test.interval(ours)
    lines = [
        *why,
        f"{test.count:,} {who} were held out, and each list of ten was compared with what they took next (1"
        f" is a list with all of it at the top).",
        f"The new model, as it is served, reaches {popular.ours:.4f} ({low:.4f} to {high:.4f}).",
        compared("the most popular items", popular),
        compared("the live model", before),
        *_by_length(evidence.segments),
    ]
    return GateVerdict(
        passed, decided(passed=passed, difference=before), paragraph(passed=passed, lines=lines)
    )


def _by_lost(lost: Sequence[int]) -> list[str]:
    """A sentence about shoppers for whom the new model is clearly worse."""
    if not lost:
        return []
    known = " and ".join(map(str, lost))
    return [
        f"The live model is clearly better for shoppers with {known} known event{'s' if lost != [1] else ''}."
    ]


def _by_length(segments: Mapping[int, Measured]) -> list[str]:
    """A sentence about shoppers of whom little is known, if there are enough of them."""
    count = max((segment.count for segment in segments.values()), default=0)
    if count < FEWEST:
        return []
    parts = []
    for known, segment in segments.items():
        ours = segment.values[served(segment.values, "model")].mean()
        popular = segment.values["popularity"].mean()
        parts.append(f"{known}: {ours:.4f} against {popular:.4f}")
    return [
        f"By how many events are known of a shopper, against the most popular items ({count:,} shoppers):"
        f" {'; '.join(parts)}."
    ]


def _by_search(test: Measured, what: str, before: Sequence[str], *, first: bool) -> GateVerdict:
    """The verdict by search; `first`: of the first model that learned from the shop's few shoppers."""
    words, live = test.difference("bm25+model", "bm25"), test.difference("bm25+model", "bm25+live")
    why = [
        *([] if words.mean >= 0 else ["Words together with the new model are behind words alone."]),
        *behind("Search with the new model", "search with the live one", live),
    ]
    better = not why
    passed = better or (first and not is_clearly_worse(words) and not is_clearly_worse(live))
    low, high = test.interval("bm25+model")
    lines = [
        *([] if passed else why),
        *before,
        f"Search decides: {test.count:,} {what} each had to find the right text in the first ten.",
        f"Words together with the new model reach {words.ours:.4f} ({low:.4f} to {high:.4f}).",
        compared("words alone (BM25)", words),
        compared("words together with the live model", live),
    ]
    if passed and not better:
        lines.append(
            "The live model has learned nothing from this shop: a loss that may be chance does not keep it."
        )
    return GateVerdict(passed, decided(passed=passed, difference=live), paragraph(passed=passed, lines=lines))


def _before(evidence: Evidence, measured: int) -> list[str]:
    """The reason why recommendations do not decide."""
    saturated = any(
        evidence.tests[n].saturated and evidence.tests[n].count >= FEWEST for n in _WHO if n in evidence.tests
    )
    if saturated:
        return ["Every system puts nearly all that shoppers took at the top, so they decide nothing."]
    if measured:
        return [
            f"Only {counted(measured, 'shopper')} could be measured: too few to tell"
            f" (at least {FEWEST} are needed)."
        ]
    return ["There are no interactions of shoppers to measure recommendations with."]


def _undecided(evidence: Evidence) -> list[str]:
    """The reason why search does not decide either."""
    tests = [evidence.tests[name] for name in _SEARCHES if name in evidence.tests]
    if any(test.saturated and test.count >= FEWEST for test in tests):
        return ["Every system finds nearly every text, so search decides nothing."]
    count = max((test.count for test in tests), default=0)
    enough = counted(count, "text is", "texts are")
    return [f"{enough} long enough to make a query from: too few to judge search by."]
