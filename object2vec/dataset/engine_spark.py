"""The preparation's expressions on a Spark cluster.

Inputs lie at the same path on every machine, as SageMaker lays them; what one machine makes for the others,
or they for it, goes through the cluster's file system (HDFS there, the local one with one machine). Executors
run no Python, so they need none of our packages.
https://github.com/aws/sagemaker-spark-container (the image: YARN, HDFS, `smspark-submit`)
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import ibis
from ibis import Schema
from ibis.backends.pyspark.datatypes import PySparkSchema
from ibis.expr.types import Table
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f
from pyspark.sql.types import StructType
from pyspark.storagelevel import StorageLevel

from object2vec.dataset.engine import DataEngine, RowValues, parquet_files

SETTINGS = {
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.ui.showConsoleProgress": "false",
}
_MIB = 2**20


class SparkEngine:
    """Reads and writes through a session; `scratch` is a folder of this machine, and its path names a folder
    of the cluster's file system too."""

    def __init__(self, session: SparkSession, scratch: Path) -> None:
        self._session = session
        self._backend = ibis.pyspark.connect(session)
        self._scratch = scratch
        self._numbers = count()

    def parquet(self, folder: Path, schema: Schema, name: str) -> Table:
        types = _spark_types(schema)
        if not parquet_files(folder):
            nothing = [f.lit(None).cast(field.dataType).alias(field.name) for field in types.fields]
            return self._named(self._session.range(0).select(*nothing), name)
        below = {"recursiveFileLookup": "true", "pathGlobFilter": "*.parquet"}
        return self._named(self._session.read.schema(types).options(**below).parquet(folder.as_uri()), name)

    def json_lines(self, file: Path, schema: Schema, name: str) -> Table:
        shared = f"{self._scratch}/shared/{name}"
        self._files.copyFromLocalFile(self._hadoop.Path(file.as_uri()), self._hadoop.Path(shared))
        reader = self._session.read.schema(_spark_types(schema)).option("mode", "FAILFAST")
        return self._named(reader.json(shared, lineSep="\n", encoding="UTF-8"), name)

    def kept(self, table: Table) -> Table:
        name = f"kept_{next(self._numbers)}"
        return self._named(self._frame(table).persist(StorageLevel.MEMORY_AND_DISK), name)

    def rows(self, table: Table) -> list[RowValues]:
        return [row.asDict() for row in self._frame(table).collect()]

    def write(self, table: Table, path: Path) -> None:
        """Each machine writes its parts of the order; they are put together here."""
        name = f"{path.parent.name}-{path.name}"
        shared, parts = f"{self._scratch}/shared/{name}", self._scratch / "parts" / name
        self._frame(table).write.parquet(shared)
        parts.parent.mkdir(exist_ok=True)
        self._files.copyToLocalFile(True, self._hadoop.Path(shared), self._hadoop.Path(parts.as_uri()), True)
        _merge(parquet_files(parts), path)

    @property
    def _hadoop(self) -> Any:
        """The JVM's package `org.apache.hadoop.fs`."""
        jvm: Any = self._session.sparkContext._jvm
        return jvm.org.apache.hadoop.fs

    @property
    def _files(self) -> Any:
        """The cluster's `FileSystem`."""
        return self._hadoop.FileSystem.get(self._session.sparkContext._jsc.hadoopConfiguration())

    def _frame(self, table: Table) -> DataFrame:
        return self._session.sql(self._backend.compile(table))

    def _named(self, frame: DataFrame, name: str) -> Table:
        frame.createOrReplaceTempView(name)
        return self._backend.table(name)


@contextmanager
def spark_engine(scratch: Path) -> Iterator[DataEngine]:
    """Spark as `spark-submit` configured it; without, on all cores of this machine."""
    builder = SparkSession.builder.appName("prepare").config("spark.executor.memory", f"{_half_a_machine()}m")
    for key, value in SETTINGS.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    try:
        yield SparkEngine(session, scratch)
    finally:
        session.stop()


def _half_a_machine() -> int:
    """MiB for an executor. AWS's image gives it all but 3 % beside a driver of 2 GB, and no room to this
    process on the first machine, which holds the catalogue and puts results together."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // _MIB // 2


def _spark_types(schema: Schema) -> StructType:
    types: StructType = PySparkSchema.from_ibis(schema)
    return types


def _merge(parts: Sequence[Path], path: Path) -> None:
    """The parts in their order as one file, written as DuckDB's own results are."""
    with duckdb.connect(config={"preserve_insertion_order": "true"}) as connection:
        table = connection.read_parquet([str(part) for part in parts])
        table.write_parquet(str(path), compression="zstd")
