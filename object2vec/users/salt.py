"""The salt: random bytes of this store, without which nobody can try out whose id a hash was made of.

Hashes of people's ids are in the names of erasure reports and in the query log. Ids are often numbers that
count up, so a hash without a salt would be undone by counting. The salt lies in the store, since the reports
must be found again as long as they are kept.
"""

import hmac
import secrets
from contextlib import suppress

import orjson

from object2vec.core.keys import SALT
from object2vec.storage import ConflictError, NotFoundError, ObjectStore, put_over


def load_salt(store: ObjectStore) -> bytes:
    """The store's salt; empty if it has none yet, or a damaged one."""
    return _read(store)[0]


def ensure_salt(store: ObjectStore) -> bytes:
    """The store's salt, which the first caller makes."""
    while True:
        salt, etag = _read(store)
        if salt:
            return salt
        made = secrets.token_bytes(32)
        with suppress(ConflictError):  # another process makes one at the same time
            put_over(store, SALT, orjson.dumps({"salt": made.hex()}), etag)
            return made


def salted(salt: bytes, text: str, size: int) -> str:
    """A hash of `size` bytes in hexadecimal digits."""
    return hmac.digest(salt, text.encode("utf-8", "replace"), "sha256")[:size].hex()


def _read(store: ObjectStore) -> tuple[bytes, str]:
    """The salt and its etag."""
    try:
        data, etag = store.get_versioned(SALT)
    except NotFoundError:
        return b"", ""
    try:
        return bytes.fromhex(orjson.loads(data)["salt"]), etag
    except (ValueError, TypeError, KeyError):
        return b"", etag
