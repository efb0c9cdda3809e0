"""What each job is told by its environment, one typed model a job, as lambdas/settings.py for the functions.

The pipeline hands over every setting of the deployment that has a field's name (stacks/training.py)."""

from collections.abc import Mapping
from pathlib import Path

from object2vec.core.environment import EngineSettings, EventWeightsVariable, ProgramSettings


class JobSettings(ProgramSettings):
    """Every job works on the folders that SageMaker mounts."""

    sagemaker_base_dir: Path = Path("/opt/ml")

    @property
    def inputs(self) -> Path:
        """The folder of a processing job's inputs."""
        return self.sagemaker_base_dir / "processing/input"

    def output(self, name: str) -> Path:
        """The folder of one output of a processing job."""
        return self.sagemaker_base_dir / "processing/output" / name


class PrepareSettings(JobSettings, EventWeightsVariable):
    """The prepare job, on one machine or on a Spark cluster."""


class TrainSettings(JobSettings):
    """The training job."""

    teacher_cache: Path | None = None
    """Where the teacher's vectors are kept; None: with the checkpoints."""


class IndexSettings(JobSettings, EngineSettings, EventWeightsVariable):
    """The index job."""


OF_JOBS: Mapping[str, type[JobSettings]] = {
    "prepare": PrepareSettings,
    "pairs": JobSettings,
    "train": TrainSettings,
    "evaluate": JobSettings,
    "index": IndexSettings,
}
"""By the name of the pipeline's step, in small letters."""
