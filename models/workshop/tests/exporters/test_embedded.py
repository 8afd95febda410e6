import numpy as np
import torch

from workshop.evaluation.evaluate import Model, as_input, bicubic, detail, luma, psnr, ssim
from workshop.exporters.embedded import export
from workshop.nets.network import Network
from workshop.training.diffusion import ResShift


def test_both_graphs_agree_with_pytorch_at_another_size(tmp_path):
    torch.manual_seed(1)
    differences = export(Network(width=8, condition_blocks=1, denoise_blocks=1, finish=8), tmp_path / 'model')
    assert max(differences.values()) < 1e-5
    assert sorted(f.name for f in (tmp_path / 'model').iterdir()) == ['condition.onnx', 'denoise.onnx']


def test_an_untrained_walk_ends_near_the_enlargement(tmp_path):
    net = Network(width=8, condition_blocks=1, denoise_blocks=1, finish=0)
    torch.nn.init.zeros_(net.leave.weight)
    export(net, tmp_path / 'model')
    lq = as_input(np.random.default_rng(1).integers(0, 255, (12, 16, 3), np.uint8))
    assert np.allclose(Model(tmp_path / 'model', 1)(lq, 4, 1), bicubic(lq), atol=1e-5)
    y = torch.from_numpy(bicubic(lq))
    cond = net.condition(torch.from_numpy(lq))
    with torch.no_grad():
        made = ResShift(np.random.default_rng(1)).sample(y, lambda x, t: net.denoise(x, cond, torch.tensor([t + 1]), y), 4)
    assert np.allclose(made.numpy(), bicubic(lq), atol=1e-5)


def test_a_picture_measured_against_itself_is_perfect(photograph):
    y = luma(photograph)
    assert 16 <= y.min() and y.max() <= 235
    assert psnr(y, y) > 140 and abs(ssim(y, y) - 1) < 1e-12 and detail(y) > 0
