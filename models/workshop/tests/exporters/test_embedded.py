import numpy as np
import pytest
import torch

from workshop.evaluation.evaluate import OnnxModel, as_input, bicubic
from workshop.exporters.embedded import DenoiseDoSSR, DenoiseOneStep, export
from workshop.nets.network import Network
from workshop.training.diffusion import DoSSR, ResShift, sd_alphas_bar


def test_both_graphs_agree_with_pytorch_at_another_size(tmp_path):
    torch.manual_seed(1)
    differences = export(Network(width=8, condition_blocks=1, denoise_blocks=1, finish=8), tmp_path / 'model')
    assert max(differences.values()) < 1e-5
    assert sorted(f.name for f in (tmp_path / 'model').iterdir()) == ['condition.onnx', 'denoise.onnx']


def test_graphs_and_pytorch_end_at_the_upscaled_source_when_the_residual_is_zero(tmp_path):
    net = Network(width=8, condition_blocks=1, denoise_blocks=1, finish=0)
    torch.nn.init.zeros_(net.leave.weight)
    export(net, tmp_path / 'model')
    lq = as_input(np.random.default_rng(1).integers(0, 255, (12, 16, 3), np.uint8))
    assert np.allclose(OnnxModel(tmp_path / 'model', 1)(lq, 4, 1), bicubic(lq), atol=1e-5)
    y = torch.from_numpy(bicubic(lq))
    cond = net.condition(torch.from_numpy(lq))
    with torch.no_grad():
        out = ResShift(np.random.default_rng(1)).sample(y, lambda x, t: net.denoise(x, cond, torch.tensor([t + 1]), y), 4)
    assert np.allclose(out.numpy(), bicubic(lq), atol=1e-5)


@pytest.mark.parametrize('process', ['dossr', 'onestep'])
def test_the_formula_of_the_plan_recovers_the_prediction_from_the_graph(process, tmp_path):
    torch.manual_seed(1)
    net = Network(width=8, condition_blocks=1, denoise_blocks=1, finish=8, steps=10).eval()
    net.process = process
    assert max(export(net, tmp_path).values()) < 1e-5
    lq = torch.rand(1, 3, 6, 6) * 2 - 1
    cond, y = net.condition(lq), torch.rand(1, 3, 24, 24)
    with torch.no_grad():
        if process == 'dossr':
            t, dossr = 399, DoSSR(np.random.default_rng(1))
            x = 4 * y + torch.randn_like(y)
            out = DenoiseDoSSR(net)(x, cond, torch.tensor([t]), y)
            recovered = (x - dossr.s[t] * out) / dossr.a[t] / dossr.GAIN
            x0 = net.denoise(x / dossr.input_scale(t), cond, torch.tensor([t // 50 + 1]), y)
        else:
            alpha_bar = np.float32(sd_alphas_bar()[999])
            out = DenoiseOneStep(net)(y, cond, torch.tensor([999]), y)
            recovered = (y - (1 - alpha_bar) ** 0.5 * out) / alpha_bar ** 0.5
            x0 = net.denoise(y / 0.5, cond, torch.tensor([1]), y)
    assert (recovered - x0).abs().max() < 1e-5
