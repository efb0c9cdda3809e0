"""Small files that hold very much: refused or cut off with a sentence, in the memory there is."""

import gzip
import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import orjson
import pytest

from tests.ingest.test_workbooks import as_excel_writes

MEMORY_MB = 1_200
"""The function has 2,048."""
READ = """
import resource, sys
from pathlib import Path
from object2vec.ingest.preprocess import preprocess_upload
from object2vec.storage import FolderStore
from object2vec.ingest.readers import unpacked
from object2vec.core.step_cost import peak_mb
unpacked.FREE_BYTES = 32 << 20
limit = int(sys.argv[3]) << 20
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
report = preprocess_upload(FolderStore(Path(sys.argv[1])), sys.argv[2])
said = report.problem["code"] if report.problem else "given_up" if report.cells else ""
print(said or "nothing", report.rejected, int(peak_mb()))
"""


def zeros(head: bytes, row: bytes, megabytes: int) -> bytes:
    """Gzip of a row that comes again and again."""
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=9) as file:
        file.write(head)
        piece = row * ((1 << 20) // len(row))
        for _ in range(megabytes):
            file.write(piece)
    return out.getvalue()


def zipped(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr(name, content)
    return out.getvalue()


def parquet(statement: str) -> Callable[[Path], bytes]:
    def write(folder: Path) -> bytes:
        path = folder / "bomb.parquet"
        duckdb.sql(f"COPY ({statement}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
        return path.read_bytes()

    return write


MEGABYTES = 40
"""A fifth more than the test lets any file unpack to, which is an eighth of what the function does."""
LONG = b"cheese " * 1_200
BIG = f"repeat('cheese ', {1 << 20})"
WIDE_ROW = "".join(f'<c r="A{n}"/>' for n in range(1_200_000))
BOMBS = {
    "catalog/lines.csv.gz": lambda _: zeros(b"label,text\n", b"1," + LONG + b"\n", MEGABYTES),
    "catalog/array.json.gz": lambda _: zeros(b"[", b'{"id": 1, "title": "%s"},\n' % LONG, MEGABYTES),
    "catalog/one_line.csv.gz": lambda _: zeros(b"label,text\n", b"a", MEGABYTES),
    "catalog/one_value.jsonl.gz": lambda _: zeros(b'{"label": "', b"a", MEGABYTES),
    "catalog/one_value.xml.gz": lambda _: zeros(b"<rss><item><id>", b"a", MEGABYTES),
    "catalog/one_name.xml.gz": lambda _: zeros(b"<", b"a", MEGABYTES),
    "catalog/many_names.xml.gz": lambda _: zeros(b"<rss><item>", b"<a>%s</a>" % (b"<b/>" * 2_000), MEGABYTES),
    "catalog/open.xml.gz": lambda _: zeros(b"<rss>", b"<a>", MEGABYTES),
    "catalog/deep.json": lambda _: b'{"id": 1, "title": "a", "x": ' + b"[" * 5_000_000,
    "catalog/deep.jsonl": lambda _: b'{"label": "1", "text": "a", "metadata": ' + b'{"a":' * 3_000_000,
    "catalog/columns.csv": lambda _: b",".join(b"c%d" % n for n in range(1_000_000)) + b"\n1\n",
    "catalog/columns.json": lambda _: b'[{"id": 1, "title": "a", '
    + b",".join(b'"c%d": 1' % n for n in range(100_000))
    + b"}]",
    "catalog/zip.zip": lambda _: zipped("a.csv", b"label,text\n" + (b"1," + LONG + b"\n") * (MEGABYTES << 7)),
    "catalog/zip_in_zip.zip": lambda _: zipped("a.zip", zipped("a.csv", b"1,a\n" * (1 << 20))),
    "catalog/gzip_in_zip.zip": lambda _: zipped("a.csv.gz", zeros(b"", b"1,%s\n" % LONG, MEGABYTES)),
    "catalog/texts.parquet": parquet(f"SELECT i::VARCHAR AS label, {BIG} AS text FROM range(100) r(i)"),
    "catalog/lists.parquet": parquet(
        f"SELECT i::VARCHAR AS label, 'a' AS text, [{BIG}] AS tags FROM range(100) r(i)"
    ),
    "catalog/rows.xlsx": lambda _: as_excel_writes("<row/>" * 1_100_000, ""),
    "catalog/cells.xlsx": lambda _: as_excel_writes(f"<row>{WIDE_ROW}</row>", ""),
    "catalog/shared.xlsx": lambda _: as_excel_writes("<row/>", "<si/>" * 3_100_000),
    "interactions/lines.csv.gz": lambda _: zeros(
        b"USER_ID,ITEM_ID,TIMESTAMP,NOTE\n", b"u,i,1577880000,%s\n" % LONG, MEGABYTES
    ),
    "interactions/one_line.jsonl.gz": lambda _: zeros(b'{"USER_ID": "', b"u", MEGABYTES),
    "interactions/columns.csv": lambda _: b",".join(b"c%d" % n for n in range(1_000_000)) + b"\n1\n",
    "interactions/flat.parquet": parquet(
        f"SELECT {BIG} AS USER_ID, 'i' AS ITEM_ID, 1577880000 + i AS TIMESTAMP FROM range(100) r(i)"
    ),
    "interactions/nested.parquet": parquet(
        f"""SELECT {BIG} AS user_id, 1577880000 AS timestamp, [{{'item_id': 'i', 'quantity': 1}}] AS items
            FROM range(100) r(i)"""
    ),
    "interactions/unfolded.jsonl": lambda _: orjson.dumps(
        {
            "user_id": "u" * 10_000, "timestamp": 1577880000, "event": "purchase",
            "items": [{"item_id": "i"} for _ in range(200_000)],
        }
    ),
    "queries/lines.csv.gz": lambda _: zeros(b"QUERY,ITEM_ID\n", LONG + b",i\n", MEGABYTES),
    "pairs/lines.jsonl.gz": lambda _: zeros(
        b"", b'{"label": 1, "in0": [1], "in1": [%s2]}\n' % (b"2," * 4_000), MEGABYTES
    ),
    "pairs/one_line.jsonl.gz": lambda _: zeros(b'{"label": 1, "in0": [', b"1,", MEGABYTES),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_stopped_in_the_memory_of_the_function(tmp_path, name):
    data = BOMBS[name](tmp_path)
    path = tmp_path / "store" / "uploads" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    command = [sys.executable, "-c", READ, str(tmp_path / "store"), f"uploads/{name}", str(MEMORY_MB)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr[-1_000:]
    said, rejected, peak = done.stdout.split()
    assert said != "nothing" or int(rejected) > 0
    assert int(peak) < MEMORY_MB
