import torch

from workshop.nets.network import Network, load_matching_weights, upsample_bicubic

SMALL = dict(width=8, condition_blocks=1, denoise_blocks=1, finish=0)


def output(net, lq):
    y = upsample_bicubic(lq)
    return net.denoise(y, net.condition(lq), torch.tensor([2]), y)


def test_a_larger_network_starts_with_the_output_of_the_smaller_one():
    small, lq = Network(**SMALL), torch.rand(1, 3, 6, 10) * 2 - 1
    large = Network(**{**SMALL, 'condition_blocks': 3, 'finish': 8})
    new = load_matching_weights(large, small.state_dict())
    assert any(name.startswith('finish') for name in new)
    assert torch.equal(output(small, lq), output(large, lq))


def test_the_abbreviated_parameter_names_of_the_first_weights_are_read():
    small, lq = Network(**SMALL), torch.rand(1, 3, 6, 10) * 2 - 1
    short = {'enter': 'ein', 'condition_blocks': 'eb', 'step_features': 'e2', 'join': 'inp', 'denoise_blocks': 'db',
             'leave': 'out', 'first': 'a', 'second': 'b'}
    old = {}
    for name, value in small.state_dict().items():
        head, *rest = name.split('.')
        head = 'emb' if head == 'step' else short[head]
        old['.'.join([head, *('t' if part == 'step' else short.get(part, part) for part in rest)])] = value
    other = Network(**SMALL)
    assert load_matching_weights(other, old) == []
    assert torch.equal(output(small, lq), output(other, lq))


def test_the_output_is_four_times_as_large_at_any_size():
    assert output(Network(**SMALL), torch.zeros(1, 3, 5, 7)).shape == (1, 3, 20, 28)
