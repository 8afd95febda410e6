"""python -m workshop.export WEIGHTS.pt OUT: condition.onnx and denoise.onnx, kept only if they agree with PyTorch.

Tensors: lq → cond; x, cond, t, y → x0. t counts 0 … T - 1 as in the plans. opset 17, dynamic batch and size.
"""
import argparse
import os
from pathlib import Path

import numpy as np
import torch

from . import checkpoint
from .net import Net, up


class Condition(torch.nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, lq):
        return self.net.condition(lq)


class Denoise(torch.nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x, cond, t, y):
        return self.net.denoise(x, cond, t + 1, y)


def read_net(file: Path) -> Net:
    kept = checkpoint.load(file)
    net = Net(**kept['settings'])
    net.load_state_dict(kept['ema'])
    return net.eval()


@torch.no_grad()
def export(net: Net, out: Path, tolerance: float = 1e-4) -> dict[str, float]:
    """Writes both graphs and answers with their largest difference from PyTorch, on another size than traced."""
    out.mkdir(parents=True, exist_ok=True)
    lq, x, t, y, cond = _example(net, 2, 24, 40)
    parts = {'condition': out / 'condition.onnx.part', 'denoise': out / 'denoise.onnx.part'}
    _write(Condition(net), (lq,), parts['condition'], ['lq'], 'cond', {'lq': 'lr', 'cond': 'lr'})
    _write(Denoise(net), (x, cond, t, y), parts['denoise'], ['x', 'cond', 't', 'y'], 'x0',
           {'x': 'hr', 'cond': 'lr', 'y': 'hr', 'x0': 'hr'})
    lq, x, t, y, cond = _example(net, 1, 30, 18)
    differences = {
        'condition': _difference(parts['condition'], {'lq': lq}, cond),
        'denoise': _difference(parts['denoise'], {'x': x, 'cond': cond, 't': t, 'y': y},
                               net.denoise(x, cond, t + 1, y)),
    }
    for name, difference in differences.items():
        if difference > tolerance:
            raise SystemExit(f'{name}.onnx differs from PyTorch by {difference:.2g}; nothing was kept')
    for name, part in parts.items():
        os.replace(part, out / f'{name}.onnx')
    return differences


def _example(net, count, h, w):
    generator = torch.Generator().manual_seed(h)
    lq = torch.rand(count, 3, h, w, generator=generator) * 2 - 1
    y = up(lq, net.scale)
    x = y + 0.6 * torch.randn(y.shape, generator=generator)
    return lq, x, torch.full((count,), 2), y, net.condition(lq)


def _write(module, example, file, inputs, output, grids):
    axes = {name: {0: 'batch', 2: f'h_{grid}', 3: f'w_{grid}'} for name, grid in grids.items()}
    if 't' in inputs:
        axes['t'] = {0: 'batch'}
    torch.onnx.export(module, example, str(file), input_names=inputs, output_names=[output], opset_version=17,
                      dynamo=False, dynamic_axes=axes)


def _difference(file, feeds, expected) -> float:
    import onnxruntime  # late: the trainer, which reads weights through this file, has no need of it
    session = onnxruntime.InferenceSession(str(file), providers=['CPUExecutionProvider'])
    found = session.run(None, {name: value.numpy() for name, value in feeds.items()})[0]
    return float(np.abs(found - expected.numpy()).max())


if __name__ == '__main__':
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('weights', type=Path)
    p.add_argument('out', type=Path)
    a = p.parse_args()
    for part, difference in export(read_net(a.weights), a.out).items():
        print(f'{part}.onnx: largest difference from PyTorch {difference:.1e}')
