"""Customers who search all the time while something else is going on."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from e2e.api import Api

PAUSE = 0.2


@contextmanager
def customers(api: Api) -> Iterator["Counter[str]"]:
    """Counts how often they got which answer, while the context lasts."""
    seen: Counter[str] = Counter()
    enough = Event()

    def ask() -> None:
        while not enough.wait(PAUSE):
            seen[_said(api)] += 1

    customer = Thread(target=ask, daemon=True)
    customer.start()
    try:
        yield seen
    finally:
        enough.set()
        customer.join()


def _said(api: Api) -> str:
    """Status and first hit of a search, or what went wrong."""
    try:
        answer = api.get("/search", query="herbal infusion", limit="1")
        return f"{answer.status} {answer.body['hits'][0]['text'] if answer.status == 200 else answer.body}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
