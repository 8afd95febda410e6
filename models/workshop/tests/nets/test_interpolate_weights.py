import pytest
import torch

from workshop.nets.interpolate_weights import interpolate, scale_residual
from workshop.nets.network import Network, upsample_bicubic


def test_interpolated_weights_lie_between_the_two():
    first, second = ({'settings': {'width': 8}, 'ema': {'enter.weight': torch.full((2,), value)}, 'step': step}
                     for value, step in ((0.0, 1), (1.0, 2)))
    result = interpolate(first, second, 0.25)
    assert torch.allclose(result['ema']['enter.weight'], torch.tensor(0.25))
    assert result['step'] == 2


def test_checkpoints_of_different_networks_are_refused():
    first, second = ({'settings': {'width': width}, 'ema': {}} for width in (8, 9))
    with pytest.raises(SystemExit, match='different networks'):
        interpolate(first, second, 0.5)


def test_the_gain_scales_what_the_network_adds():
    torch.manual_seed(1)
    net, scaled = (Network(width=8, condition_blocks=1, denoise_blocks=1, finish=8) for _ in range(2))
    torch.nn.init.normal_(net.finish.third.weight)
    scaled.load_state_dict(scale_residual({'ema': net.state_dict()}, 0.7)['ema'])
    lq = torch.rand(1, 3, 6, 6)
    y, x, t = upsample_bicubic(lq), torch.rand(1, 3, 24, 24), torch.tensor([2])
    residual, scaled_residual = (n.denoise(x, n.condition(lq), t, y) - y for n in (net, scaled))
    assert residual.abs().mean() > 0.01 and torch.allclose(scaled_residual, 0.7 * residual, atol=1e-6)
