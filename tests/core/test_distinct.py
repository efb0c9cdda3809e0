import numpy as np
import pytest

from object2vec.core.arrays import distinct


@pytest.mark.parametrize("values", [[], [3], [5, 1, 5, 2, 2, 9], [7, 7, 7]])
def test_distinct_values_are_those_of_numpy(values):
    array = np.array(values, np.int64)
    found = distinct(array)
    assert found.tolist() == np.unique(array).tolist()
    assert found.dtype == array.dtype
