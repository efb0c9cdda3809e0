import pytest

from benchmarks.ablation import CHANGES
from object2vec.training.hyperparameters import Hyperparameters


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_what_an_ablation_changes_is_there(change):
    assert all(hasattr(change.module, name) for name in change.constants)
    assert Hyperparameters().replace(**change.settings)
