"""The settings of the training pipeline: they differ between deployments, and on a laptop."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

PROCESSING_INSTANCE = "ml.m5.xlarge"
"""The machine of every job but preparation and training."""
VOLUME_GB = 50


@dataclass(frozen=True, kw_only=True)
class SparkImage:
    """Image and code of the prepare step with prepare_engine=spark. Strings may be CDK tokens."""

    image: str
    program_uri: str
    """`spark_program.py`, which `smspark-submit` starts."""
    code_uri: str
    """The job bundle for the image's Python."""


@dataclass(frozen=True, kw_only=True)
class PipelineSettings:
    """Strings may be CDK tokens."""

    store_url: str
    """`s3://<data bucket>`, or the local store's `file://` URL."""
    code_uri: str
    """The runnable job bundle: `python3 <bundle> <job>`."""
    job_role: str
    training_image: str
    serving_image: str
    snapshot_function: str
    release_queue_url: str
    model_package_group: str
    algorithm: str = "open"
    """`open`: this project's own training; `builtin`: AWS's Object2Vec."""
    start_from: str = "seed"
    """The start of a training: `seed`, or `live` for the live model (docs/adr/0014-tasks.md)."""
    builtin_image: str = ""
    """AWS's Object2Vec, with algorithm=builtin."""
    environments: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """The environment of each job, by its name (object2vec/jobs/settings.py)."""
    hyperparameters: Mapping[str, str] = field(default_factory=dict)
    pictures_instance_count: int = 0
    """Machines that read the uploaded pictures that wait; 0: none, and no step."""
    pictures_role: str = ""
    """Role of the job that reads them."""
    processing_instance: str = PROCESSING_INSTANCE
    """The machine of the jobs that have no other setting: pictures, evaluation, index."""
    prepare_instance: str = PROCESSING_INSTANCE
    prepare_instance_count: int = 1
    spark: SparkImage | None = None
    """The Spark cluster's image; None if DuckDB prepares the data on one machine."""
    training_instance: str = "ml.m5.2xlarge"
    training_instance_count: int = 1
    job_hours: int = 4
    """Hours after which SageMaker stops a job."""
    spot: bool = False
    index_over_network: bool = False
    """Whether the index job reaches its engine over the network (S3 Vectors), unlike all other jobs."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Tags of the jobs."""
    vpc: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """SageMaker's `VpcConfig` of the jobs; empty: none."""
    volume_key: str = ""
    """KMS key of the machines' volumes and of what the jobs write; empty: AWS's own."""

    @property
    def longest_s(self) -> int:
        """`job_hours` as SageMaker takes them."""
        return self.job_hours * 3600

    @property
    def model_image(self) -> str:
        """The image that serves the model."""
        return self.builtin_image if self.algorithm == "builtin" else self.serving_image

    @property
    def code_file(self) -> str:
        """File name of the bundle, below whichever folder it is mounted at."""
        return file_name(self.code_uri)


def file_name(uri: str) -> str:
    """The last part of a URI: how a file is called below the folder that it is laid into."""
    return uri.rsplit("/", 1)[-1]
