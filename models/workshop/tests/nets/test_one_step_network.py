import numpy as np
import onnxruntime
import pytest
import torch

from workshop.exporters.embedded import export, write_manifest
from workshop.nets.network import upsample_bicubic
from workshop.nets.one_step_network import OneStepNetwork
from workshop.training.diffusion import sd_alphas_bar


def test_it_is_exported_as_a_graph_of_two_inputs_that_agrees_with_pytorch(tmp_path):
    torch.manual_seed(1)
    net = OneStepNetwork(width=8, blocks=1).eval()
    net.process = 'onestep'
    assert max(export(net, tmp_path).values()) < 1e-5
    write_manifest(net, tmp_path, 'fast', 'Fast', 'a test')
    assert '"x": "x",\n        "cond": "cond"\n      },' in (tmp_path / 'model.json').read_text()
    lq = torch.rand(1, 3, 5, 7) * 2 - 1
    x = upsample_bicubic(lq)
    condition, denoise = (onnxruntime.InferenceSession(str(tmp_path / f'{role}.onnx')) for role in ('condition', 'denoise'))
    cond = condition.run(None, {'lq': lq.numpy()})[0]
    out = denoise.run(None, {'x': x.numpy(), 'cond': cond})[0]
    alpha_bar = np.float32(sd_alphas_bar()[999])
    x0 = (x.numpy() - (1 - alpha_bar) ** 0.5 * out) / alpha_bar ** 0.5
    with torch.no_grad():
        assert np.abs(x0 - net.denoise(x, net.condition(lq), None, x).numpy()).max() < 1e-5


@pytest.mark.parametrize('scale', [1, 2])
def test_it_is_exported_at_every_scale(scale, tmp_path):
    net = OneStepNetwork(width=8, blocks=1, scale=scale).eval()
    net.process = 'onestep'
    assert max(export(net, tmp_path).values()) < 1e-5
    write_manifest(net, tmp_path, 'fast', 'Fast', 'a test')
    assert f'"task": "{"restore" if scale == 1 else "upscale"}"' in (tmp_path / 'model.json').read_text()
