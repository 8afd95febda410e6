import torch

from workshop.nets.network import Net, continued, up

SMALL = dict(width=8, condition_blocks=1, denoise_blocks=1, finish=0)


def picture(net, lq):
    y = up(lq)
    return net.denoise(y, net.condition(lq), torch.tensor([2]), y)


def test_a_larger_network_goes_on_where_the_smaller_stood():
    small, lq = Net(**SMALL), torch.rand(1, 3, 6, 10) * 2 - 1
    large = Net(**{**SMALL, 'condition_blocks': 3, 'finish': 8})
    fresh = continued(large, small.state_dict())
    assert any(name.startswith('finish') for name in fresh)
    assert torch.equal(picture(small, lq), picture(large, lq))


def test_the_short_names_of_the_baseline_are_understood():
    small, lq = Net(**SMALL), torch.rand(1, 3, 6, 10) * 2 - 1
    short = {'enter': 'ein', 'condition_blocks': 'eb', 'step_features': 'e2', 'join': 'inp', 'denoise_blocks': 'db',
             'leave': 'out', 'first': 'a', 'second': 'b'}
    old = {}
    for name, value in small.state_dict().items():
        head, *rest = name.split('.')
        head = 'emb' if head == 'step' else short[head]
        old['.'.join([head, *('t' if part == 'step' else short.get(part, part) for part in rest)])] = value
    other = Net(**SMALL)
    assert continued(other, old) == []
    assert torch.equal(picture(small, lq), picture(other, lq))


def test_the_picture_is_four_times_as_large_at_any_size():
    assert picture(Net(**SMALL), torch.zeros(1, 3, 5, 7)).shape == (1, 3, 20, 28)
