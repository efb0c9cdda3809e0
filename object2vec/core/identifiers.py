"""Which texts may be the id of an item, a user or an event."""

import re

MAX_ID = 256
_BAD_ID = re.compile(r"^ | $|[\x00-\x1f\x7f]")


def is_id(text: str) -> bool:
    """Whether a text has 1 to `MAX_ID` characters, without control characters or outer spaces."""
    return 0 < len(text) <= MAX_ID and (text.isalnum() or not _BAD_ID.search(text))
