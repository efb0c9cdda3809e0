"""Every export that the docs name, as a small file in that system's shape: each field of each item is right.

`shop_files/items.json` holds the items, read by a person; `python -m tests.ingest.test_shop_files` writes it
again.
"""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from object2vec.ingest.preprocess import preprocess_upload
from object2vec.storage import FolderStore, item_log

FILES = Path(__file__).parent / "shop_files"
ITEMS = FILES / "items.json"
NAMES = sorted(path.name for path in FILES.iterdir() if path.name not in ("README.md", ITEMS.name))
DOCS = Path(__file__).parents[2] / "docs" / "data.md"


def read(name: str):
    """The report of the file, and its items."""
    with TemporaryDirectory() as folder:
        store = FolderStore(Path(folder))
        store.put(f"uploads/catalog/{name}", (FILES / name).read_bytes())
        report = preprocess_upload(store, f"uploads/catalog/{name}")
        items = item_log.replay(item_log.read(store))[0].values()
        return report, {item.id: {"text": item.text, **item.metadata} for item in items}


@pytest.mark.parametrize("name", NAMES)
def test_each_item_is_what_the_shop_sells(name):
    report, items = read(name)
    assert items == json.loads(ITEMS.read_text())[name]
    assert report.rows_read == report.accepted + report.rejected + report.duplicate_ids + report.merged


def test_the_table_in_the_docs_says_what_is_read():
    rows = []
    for name in NAMES:
        report, _ = read(name)
        why = ", ".join(f"`{code}`" for code in report.reasons) or (
            f"the file: `{report.problem['code']}`" if report.problem else ""
        )
        rows.append(
            f"| `{name}` | {report.recognised or 'not read'} | {report.rows_read} | {report.accepted} | "
            f"{report.merged} | {report.rejected} | {why} |"
        )
    expected = "\n".join(rows)
    assert expected in DOCS.read_text(), f"docs/data.md, the table of the files:\n{expected}"


@pytest.mark.parametrize("name", ["shopify.csv", "woocommerce.csv", "woocommerce_german.csv", "magento.csv"])
def test_every_column_is_stored_or_named_with_the_reason(name):
    report, _ = read(name)
    header = (FILES / name).read_text().splitlines()[0].split(",")
    told = {column for field in report.fields for column in field.columns} | {*report.unused}
    assert [column for column in header if column.strip('"') not in told and '"' not in column] == []


if __name__ == "__main__":
    found = {name: read(name)[1] for name in NAMES}
    ITEMS.write_text(json.dumps(found, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
