"""How a search is compared with others, wherever it is kept."""

import unicodedata


def normal(query: str) -> str:
    """A query as it is counted: one spelling of its characters, no capitals, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", query).casefold().split())
