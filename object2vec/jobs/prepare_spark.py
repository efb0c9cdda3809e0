"""The prepare job on a Spark cluster (prepare_engine=spark): the driver, on the cluster's first machine."""

from object2vec.dataset.engine_spark import spark_engine
from object2vec.jobs import prepare


def main() -> None:
    """Runs the prepare job; it writes the same files as on one machine."""
    prepare.main(spark_engine)
