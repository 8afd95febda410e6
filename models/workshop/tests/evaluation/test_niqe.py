import numpy as np
import pytest

from workshop.evaluation.niqe import fit_asymmetric_gaussian


def test_the_fit_finds_the_shape_of_a_gaussian():
    shape, left, right = fit_asymmetric_gaussian(np.random.default_rng(1).standard_normal(100_000))
    assert shape == pytest.approx(2, abs=0.05)
    assert left == pytest.approx(right, abs=0.03)
