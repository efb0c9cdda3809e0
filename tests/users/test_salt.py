"""People's ids are hashed with a salt of the store: whoever sees the hashes alone cannot try out ids."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from object2vec.core.keys import SALT
from object2vec.storage import FolderStore
from object2vec.users.erasure import load_erasure, request_erasure
from object2vec.users.salt import ensure_salt, load_salt


def erasure_of(folder, user):
    return request_erasure(FolderStore(folder), user, 1, 0).id


def test_the_same_person_has_another_hash_in_another_store(tmp_path):
    assert erasure_of(tmp_path / "a", "1001") != erasure_of(tmp_path / "b", "1001")
    assert erasure_of(tmp_path / "a", "1001") == erasure_of(tmp_path / "a", "1001")
    assert erasure_of(tmp_path / "a", "1001") != erasure_of(tmp_path / "a", "1002")


def test_processes_that_start_together_use_one_salt(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        salts = set(pool.map(ensure_salt, [FolderStore(tmp_path) for _ in range(16)]))
    assert salts == {load_salt(FolderStore(tmp_path))}
    assert len(salts.pop()) == 32


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"salt": 1}', b'{"salt": "no hex"}', b'{"salt": ""}'])
def test_a_damaged_salt_is_replaced_and_nobody_counts_as_erased_by_it(tmp_path, damage):
    store = FolderStore(tmp_path)
    store.put(SALT, damage)
    assert load_salt(store) == b""
    assert load_erasure(store, "1001") is None
    assert len(ensure_salt(store)) == 32
