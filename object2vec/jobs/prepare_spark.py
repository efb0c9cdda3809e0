"""The prepare job on a Spark cluster (prepare_engine=spark): the driver, on the cluster's first machine."""

from object2vec.dataset.engine_spark import spark_engine
from object2vec.jobs import prepare


def main() -> None:
    """As `prepare`, and writes the same files."""
    prepare.main(spark_engine)
