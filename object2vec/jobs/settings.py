"""The settings of each job, read from its environment: one typed model a job (lambdas/settings.py has the
functions').

The pipeline hands over every setting of the deployment that has a field's name (stacks/training.py)."""

from collections.abc import Mapping
from pathlib import Path

from object2vec.core.environment import EngineSettings, EventWeightsVariable, ProgramSettings


class JobSettings(ProgramSettings):
    """Every job works on the folders that SageMaker mounts."""

    sagemaker_base_dir: Path = Path("/opt/ml")
    progress_file: Path | None = None
    """Where the job writes how far it is; None: nowhere."""

    @property
    def inputs(self) -> Path:
        """The folder of a processing job's inputs."""
        return self.sagemaker_base_dir / "processing/input"

    def output(self, name: str) -> Path:
        """The folder of one output of a processing job."""
        return self.sagemaker_base_dir / "processing/output" / name


class PicturesJobSettings(JobSettings):
    """The pictures job, which works in the store itself."""

    store_url: str
    """`s3://<bucket>`, or a folder's `file://` URL."""


class PrepareSettings(JobSettings, EventWeightsVariable):
    """The prepare job, on one machine or on a Spark cluster."""


class TrainSettings(JobSettings):
    """The training job."""

    teacher_cache: Path | None = None
    """The folder of the teacher's vectors; None: beside the checkpoints."""


class IndexSettings(JobSettings, EngineSettings, EventWeightsVariable):
    """The index job."""


OF_JOBS: Mapping[str, type[JobSettings]] = {
    "pictures": PicturesJobSettings,
    "prepare": PrepareSettings,
    "pairs": JobSettings,
    "train": TrainSettings,
    "evaluate": JobSettings,
    "index": IndexSettings,
}
"""The settings of each job, by the name of the pipeline's step in lower case."""
