import pytest
import torch

from workshop.blend import blend


def test_a_blend_lies_between_and_two_networks_have_none():
    first, second = ({'settings': {'width': 8}, 'ema': {'enter.weight': torch.full((2,), v)}, 'step': step} for v, step in ((0.0, 1), (1.0, 2)))
    assert torch.allclose(blend(first, second, 0.25)['ema']['enter.weight'], torch.tensor(0.25))
    assert blend(first, second, 0.25)['step'] == 2
    with pytest.raises(SystemExit, match='two networks'):
        blend(first, {**second, 'settings': {'width': 9}}, 0.5)
