"""The settings of each job, read from its environment: one typed model a job (lambdas/settings.py has the
functions').

The pipeline hands over every setting of the deployment that has a field's name (stacks/training.py)."""

import os
from collections.abc import Mapping
from itertools import count, takewhile
from pathlib import Path
from typing import Any, Self

from object2vec.core.environment import EngineSettings, EventWeightsVariable, ProgramSettings


def joined(name: str) -> str:
    """The text of a variable of this process, from its parts (stacks/pipeline_parts.py)."""
    names = (f"{name}_{number}" if number > 1 else name for number in count(1))
    return "".join(takewhile(bool, (os.environ.get(part, "") for part in names)))


class JobSettings(ProgramSettings):
    """Every job works on the folders that SageMaker mounts."""

    sagemaker_base_dir: Path = Path("/opt/ml")
    progress_file: Path | None = None
    """Where the job writes how far it is; None: nowhere."""

    @classmethod
    def read(cls) -> Self:
        """Reads the environment, and puts together what comes in parts: NAME, NAME_2, NAME_3 and so on."""
        texts: dict[str, Any] = {name: joined(name.upper()) for name in cls.model_fields}
        return cls(**{name: text for name, text in texts.items() if f"{name.upper()}_2" in os.environ})

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
