import os
import shutil
from contextlib import contextmanager

import pytest

from object2vec.dataset.engine import duckdb_engine


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
