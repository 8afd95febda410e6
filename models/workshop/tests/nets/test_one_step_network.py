import numpy as np
import pytest
import torch

from workshop.data.make_pairs import shard
from workshop.exporters.embedded import describe, export
from workshop.nets import checkpoint
from workshop.nets.network import Net, up
from workshop.nets.one_step_network import Quick
from workshop.training.train import arguments, run
from workshop.training.trainer import Training


def test_the_quick_network_leaves_as_a_graph_of_two_inputs_that_agrees(tmp_path):
    torch.manual_seed(1)
    net = Quick(width=8, blocks=1).eval()
    net.process = 'onestep'
    assert max(export(net, tmp_path).values()) < 1e-5
    describe(net, tmp_path, 'quick', 'Quick', 'a test')
    assert '"x": "x",\n        "cond": "cond"\n      },' in (tmp_path / 'model.json').read_text()
    import onnxruntime

    from workshop.training.diffusion import sd_alphas_bar
    lq = torch.rand(1, 3, 5, 7) * 2 - 1
    x = up(lq)
    cond, denoise = (onnxruntime.InferenceSession(str(tmp_path / f'{role}.onnx')) for role in ('condition', 'denoise'))
    given = cond.run(None, {'lq': lq.numpy()})[0]
    out = denoise.run(None, {'x': x.numpy(), 'cond': given})[0]
    a2 = np.float32(sd_alphas_bar()[999])
    again = (x.numpy() - (1 - a2) ** 0.5 * out) / a2 ** 0.5
    with torch.no_grad():
        assert np.abs(again - net.denoise(x, net.condition(lq), None, x).numpy()).max() < 1e-5


def test_a_small_network_learns_from_the_truth_and_from_a_teacher(shards, tmp_path):
    torch.manual_seed(1)
    teacher = Net(width=8, condition_blocks=1, denoise_blocks=1, finish=8)
    torch.nn.init.zeros_(teacher.leave.weight)  # so what it makes is the enlargement
    checkpoint.save({'settings': teacher.settings, 'ema': teacher.state_dict()}, tmp_path / 'teacher.pt')
    a = arguments(['--shards', str(shards), '--run', str(tmp_path / 'run'), '--quick', '--width', '8', '--condition-blocks', '1',
                   '--process', 'onestep', '--teacher', str(tmp_path / 'teacher.pt'), '--distil', '0.5', '--batch', '2',
                   '--threads', '1', '--fp32', '--steps', '4', '--stages', 'b:2,gan:200'])
    training = Training(a)
    lq = torch.rand(2, 3, 6, 6) * 2 - 1
    assert torch.allclose(training.taught(up(lq), lq), up(lq), atol=1e-6)
    before = {name: value.clone() for name, value in training.net.state_dict().items()}
    run(a)
    after = Training(a).net.state_dict()
    assert all(not torch.equal(after[name], before[name]) for name in before)


@pytest.mark.parametrize('scale', [1, 2])
def test_every_factor_leaves_as_graphs(scale, tmp_path):
    net = Quick(width=8, blocks=1, scale=scale).eval()
    net.process = 'onestep'
    assert max(export(net, tmp_path).values()) < 1e-5
    describe(net, tmp_path, 'quick', 'Quick', 'a test')
    assert f'"task": "{"restore" if scale == 1 else "upscale"}"' in (tmp_path / 'model.json').read_text()


def test_pairs_of_one_size_are_damaged_and_lie_over_each_other(photograph):
    made_ = shard([photograph], 12, 1, np.random.default_rng(1), [])
    assert made_['lr'].shape == made_['hr'].shape
    errors = (made_['lr'].astype(float) - made_['hr']) ** 2
    assert (errors.mean((1, 2, 3, 4)) > 1).mean() > 0.8 and errors.mean() < 900
