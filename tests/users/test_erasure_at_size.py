"""People who ask to be forgotten in a large shop: what one costs grows with the data, and memory does not."""

import subprocess
import sys

import duckdb
import pytest

from object2vec.storage import FolderStore
from object2vec.users.erasure import pending
from object2vec.users.service import EventService
from object2vec.users.sqlite import SqliteSessionStore

USERS, FILES = 1_000_000, 3
ASKING = 5
"""Requests in one run of the worker. A year's requests, of one person in a thousand, are two hundred such
runs."""
MOST_MB = 900
ERASE = """
import sys, time
from object2vec.core.step_cost import peak_mb
from object2vec.storage import FolderStore
from object2vec.users.erasure import pending
from object2vec.users.erasure_worker import carry_out
from object2vec.users.sqlite import SqliteSessionStore
from pathlib import Path
folder = Path(sys.argv[1])
store, sessions = FolderStore(folder / "store"), SqliteSessionStore(folder / "sessions.db")
for key in pending(store):
    carry_out(store, sessions, key, int(time.time()), trained_model=None)
print(peak_mb())
"""


def write_shop(folder, store):
    """Every user in each file, in the order of their hashes, as events are."""
    for number in range(FILES):
        path = folder / "log.parquet"
        duckdb.execute(f"""
            COPY (SELECT 'user-' || range AS user_id, 'i' || (range % 5000) AS item_id,
                         {1_700_000_000 + number} + range AS timestamp
                  FROM range({USERS}) ORDER BY hash(range))
            TO '{path}' (FORMAT parquet, COMPRESSION zstd)""")
        store.upload(path, f"curated/interactions/{number}.parquet")


def rows(folder, where="true"):
    files = f"'{folder}/store/curated/interactions/*.parquet'"
    # All rows are fetched: a result that is not at its end keeps the connection, which all tests share.
    ((count,),) = duckdb.execute(f"SELECT count(*) FROM {files} WHERE {where}").fetchall()
    return count


@pytest.mark.slow
def test_a_runs_requests_of_a_million_users_take_bounded_memory(tmp_path):
    store, sessions = FolderStore(tmp_path / "store"), SqliteSessionStore(tmp_path / "sessions.db")
    write_shop(tmp_path, store)
    service = EventService(store, sessions, unknown_items=lambda _: (), trained_model=lambda: None)
    asking = [f"user-{n * 37}" for n in range(ASKING)]
    for user in asking:
        service.erase(user)
    before = rows(tmp_path)
    ended = subprocess.run(
        [sys.executable, "-c", ERASE, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert not pending(store)
    assert before - rows(tmp_path) == ASKING * FILES
    assert float(ended.stdout.split()[-1]) < MOST_MB
    assert rows(tmp_path, f"user_id IN {tuple(asking)}") == 0
