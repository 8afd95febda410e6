import pytest
import torch

from workshop.nets.interpolate_weights import blend, weakened
from workshop.nets.network import Net, up


def test_a_blend_lies_between_and_two_networks_have_none():
    first, second = ({'settings': {'width': 8}, 'ema': {'enter.weight': torch.full((2,), v)}, 'step': step} for v, step in ((0.0, 1), (1.0, 2)))
    assert torch.allclose(blend(first, second, 0.25)['ema']['enter.weight'], torch.tensor(0.25))
    assert blend(first, second, 0.25)['step'] == 2
    with pytest.raises(SystemExit, match='two networks'):
        blend(first, {**second, 'settings': {'width': 9}}, 0.5)


def test_a_weakened_network_adds_that_much_less():
    torch.manual_seed(1)
    net, less = (Net(width=8, condition_blocks=1, denoise_blocks=1, finish=8) for _ in range(2))
    torch.nn.init.normal_(net.finish.third.weight)
    less.load_state_dict(weakened({'ema': net.state_dict()}, 0.7)['ema'])
    lq = torch.rand(1, 3, 6, 6)
    y, x, t = up(lq), torch.rand(1, 3, 24, 24), torch.tensor([2])
    whole, part = (n.denoise(x, n.condition(lq), t, y) - y for n in (net, less))
    assert whole.abs().mean() > 0.01 and torch.allclose(part, 0.7 * whole, atol=1e-6)
