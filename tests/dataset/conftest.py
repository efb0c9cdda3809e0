import os
import shutil
from contextlib import contextmanager

import duckdb
import pytest

from object2vec.dataset.engine import duckdb_engine
from object2vec.dataset.write import write_dataset


@pytest.fixture(scope="session")
def session():
    """Spark on two cores of this machine."""
    if not shutil.which("java"):
        pytest.skip("Spark needs Java 17, and there is no `java` here")
    from pyspark.sql import SparkSession

    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    quick = {
        "spark.master": "local[2]",
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "3",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.adaptive.enabled": "false",
    }
    builder = SparkSession.builder.appName("tests")
    for key, value in quick.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    yield session
    session.stop()


@pytest.fixture(params=["duckdb", "spark"])
def engine(request):
    """How `write_dataset` connects to each engine."""
    return duckdb_engine if request.param == "duckdb" else request.getfixturevalue("spark")


@pytest.fixture
def spark(session):
    from object2vec.dataset.engine_spark import SparkEngine

    @contextmanager
    def connect(scratch):
        yield SparkEngine(session, scratch)
        session.catalog.clearCache()

    return connect


@pytest.fixture
def prepare(tmp_path):
    """The dataset of a log of (user, item, time, type, value): its summary and its rows by part."""

    def run(log, **settings):
        for name in ("catalog", "interactions", "queries"):
            (tmp_path / name).mkdir(exist_ok=True)
        with duckdb.connect() as db:
            db.execute(
                "CREATE TABLE e (user_id VARCHAR, item_id VARCHAR, timestamp BIGINT, event_type VARCHAR,"
                " event_value DOUBLE)"
            )
            kinds = ("VARCHAR", "VARCHAR", "BIGINT", "VARCHAR", "DOUBLE")
            columns = ", ".join(f"unnest(${place}::{kind}[])" for place, kind in enumerate(kinds, 1))
            rows = [[*row, None, None][:5] for row in log]
            db.execute(
                f"INSERT INTO e SELECT {columns}", [list(column) for column in zip(*rows, strict=True)]
            )
            db.execute(f"COPY e TO '{tmp_path / 'interactions' / 'log.parquet'}'")
        folders = [tmp_path / name for name in ("catalog", "interactions", "queries", "output")]
        summary = write_dataset(*folders, **settings)
        parts = {
            part: duckdb.sql(
                f"SELECT user_id, item_id, timestamp, event_type, event_value, weight "
                f"FROM '{tmp_path / 'output' / part / 'interactions.parquet'}'"
            ).fetchall()
            for part in ("train", "validation", "test")
        }
        return summary, parts

    return run
