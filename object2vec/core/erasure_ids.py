"""How an erased person is known: by a digest, which is not the user id but tells who has one whether it was
erased."""

import hashlib

_LENGTH = 32

ERASURE_ID_SQL = f"left(sha256(user_id), {_LENGTH})"
"""`erasure_id` of the column `user_id`, in DuckDB's SQL."""


def erasure_id(user_id: str) -> str:
    """The id of a person's erasure."""
    return hashlib.sha256(user_id.encode()).hexdigest()[:_LENGTH]
