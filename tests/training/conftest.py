from importlib import resources
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def seed_folder() -> Path:
    return Path(str(resources.files("object2vec.seed")))
