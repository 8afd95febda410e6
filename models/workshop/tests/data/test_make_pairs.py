import numpy as np

from workshop.data.make_pairs import make_shard


def test_pairs_of_scale_one_are_degraded_and_aligned(photograph):
    pairs = make_shard([photograph], 12, 1, np.random.default_rng(1), [])
    assert pairs['lr'].shape == pairs['hr'].shape
    errors = (pairs['lr'].astype(float) - pairs['hr']) ** 2
    assert (errors.mean((1, 2, 3, 4)) > 1).mean() > 0.8 and errors.mean() < 900
