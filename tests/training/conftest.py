import sys
from importlib import resources
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def seed_folder() -> Path:
    return Path(str(resources.files("object2vec.seed")))
