"""Words of messages and pages."""

import re

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~!&])")


def counted(count: int, one: str, several: str = "") -> str:
    """A number and what it counts: `1 row`, `2,000 rows`; `several` where that is not `one` with an s."""
    return f"{count:,} {one if count == 1 else several or f'{one}s'}"


def as_markdown(text: str) -> str:
    """A text that Markdown shows as it is, whatever it looks like."""
    return _MARKDOWN.sub(r"\\\1", text)
