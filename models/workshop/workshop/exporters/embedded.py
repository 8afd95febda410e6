"""Exports a network of this workshop as ONNX graphs, which are kept only if they agree with PyTorch.

python -m workshop.exporters.embedded WEIGHTS.pt OUT [--bundle NAME --title TITLE]

preprocess  lq, mask → picture          inpainting only: fills the masked pixels roughly, once per image
condition   lq → cond, or picture, mask → cond
denoise     x, cond, t, y → out         once per step; `out` depends on the process:
    resshift  x0; t counts 0 … T - 1 as in the plans
    dossr     (x - a·g·x0)/s, so that the plan's x̂₀ = (x - s·out)/a is g·x0; `encode` and `decode` multiply and divide by g
    onestep   (x - a·x0)/s with a, s of t = 999 and y = x, the upscaled source; a OneStepNetwork has a form with fewer passes
opset 17, free batch and size. With --bundle, also model.json.
"""
import argparse
import hashlib
import json
import math
import os
from pathlib import Path

import numpy as np
import torch

from ..nets import checkpoint
from ..nets.network import Network, build_network, upsample_bicubic
from ..nets.one_step_network import OneStepNetwork, pixel_shuffle
from ..nets.push_pull_fill import PushPullFill
from ..training import schedule
from ..training.diffusion import DoSSR, sd_alphas_bar


# The attribute `net` of the wrappers below is the prefix of the weights in the graphs, which checkpoint.load_weights reads.
class Condition(torch.nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, lq, *mask):
        return self.net.condition(lq, *mask)


class Denoise(torch.nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x, cond, t, y):
        return self.net.denoise(x, cond, t + 1, y)


class DenoiseDoSSR(torch.nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net, process = net, DoSSR(np.random.default_rng(0))
        self.gain = process.GAIN
        for name, table in (('a', process.a), ('s', process.s)):
            self.register_buffer(name, torch.tensor(table[:process.SHIFT_END], dtype=torch.float32))

    def forward(self, x, cond, t, y):
        a, s = (table[t][:, None, None, None] for table in (self.a, self.s))
        level = torch.div(t, DoSSR.PER_LEVEL, rounding_mode='floor') + 1
        x0 = self.net.denoise(x / torch.sqrt(0.25 * (self.gain * a) ** 2 + s ** 2), cond, level, y)
        return (x - a * self.gain * x0) / s


class DenoiseOneStep(torch.nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net, alpha_bar = net, float(np.float32(sd_alphas_bar()[999]))
        self.a, self.s = math.sqrt(alpha_bar), math.sqrt(1 - alpha_bar)

    def forward(self, x, cond, t, y):
        x0 = self.net.denoise(x / 0.5, cond, torch.ones_like(t), y)
        return (x - self.a * x0) / self.s


class DenoiseOneStepNetwork(torch.nn.Module):
    """DenoiseOneStep with x = y; onnxruntime merges the factor of cond into the convolution before it when it loads the graph."""

    def __init__(self, net):
        super().__init__()
        self.scale, alpha_bar = net.scale, float(np.float32(sd_alphas_bar()[999]))
        self.a, self.s = math.sqrt(alpha_bar), math.sqrt(1 - alpha_bar)

    def forward(self, x, cond):
        return x * ((1 - self.a) / self.s) + pixel_shuffle(cond * (-self.a / self.s), self.scale)


class Multiply(torch.nn.Module):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, x):
        return x * self.factor


DENOISE = {'resshift': Denoise, 'dossr': DenoiseDoSSR, 'onestep': DenoiseOneStep}


def load_network(file: Path) -> Network | OneStepNetwork:
    """The network of a checkpoint, with `process`, the name of the diffusion process it was trained for."""
    contents = checkpoint.load(file)
    net = build_network(contents['settings'])
    net.load_state_dict(contents['ema'])
    net.process = contents.get('process', 'resshift')
    return net.eval()


@torch.no_grad()
def export(net: Network | OneStepNetwork, out: Path, tolerance: float = 1e-4) -> dict[str, float]:
    """Writes the graphs and returns their largest difference from PyTorch, measured at another size and batch than traced."""
    out.mkdir(parents=True, exist_ok=True)
    process = getattr(net, 'process', 'resshift')
    one_step = isinstance(net, OneStepNetwork)
    denoise = DenoiseOneStepNetwork(net) if one_step else DENOISE[process](net)
    codec = {'encode': Multiply(DoSSR.GAIN), 'decode': Multiply(1 / DoSSR.GAIN)} if process == 'dossr' else {}
    differences = {}

    def write(role, module, inputs, output, example, proof, grids):
        part = out / f'{role}.onnx.part'
        _write(module, example, part, inputs, output, grids)
        difference = _difference(part, dict(zip(inputs, proof)), module(*proof))
        if difference > tolerance:
            raise SystemExit(f'{role}.onnx differs from PyTorch by {difference:.2g}; no file was kept')
        differences[role] = difference

    def denoise_inputs(x, cond, t, y):
        return (x, cond) if one_step else (x, cond, t, y)

    inputs, x, t, y, cond = _example(net, 2, 24, 40)
    inputs2, x2, t2, y2, cond2 = _example(net, 1, 36, 20)
    names = ['picture', 'mask'] if net.settings['mask'] else ['lq']
    grid = 'lr' if net.pixel_unshuffle_factor == 1 else 'cell'
    write('condition', Condition(net), names, 'cond', tuple(inputs), inputs2, {**dict.fromkeys(names, 'lr'), 'cond': grid})
    output = 'x0' if process == 'resshift' else 'out'
    write('denoise', denoise, list(denoise_inputs('x', 'cond', 't', 'y')), output, denoise_inputs(x, cond, t, y),
          denoise_inputs(x2, cond2, t2, y2), {'x': 'hr', 'cond': grid, 'y': 'hr', output: 'hr'})
    if net.settings['mask']:
        write('preprocess', PushPullFill(), ['lq', 'mask'], 'picture', tuple(inputs), inputs2, dict.fromkeys(['lq', 'mask', 'picture'], 'lr'))
    for role, module in codec.items():
        name, result = ('picture', 'latent') if role == 'encode' else ('latent', 'picture')
        write(role, module, [name], result, (y,), (y2,), {name: 'hr', result: 'hr'})
    for role in differences:
        os.replace(out / f'{role}.onnx.part', out / f'{role}.onnx')
    return differences


def write_manifest(net: Network | OneStepNetwork, out: Path, name: str, title: str, source: str):
    """model.json for the graphs that `export` wrote."""
    process = getattr(net, 'process', 'resshift')
    factor = net.pixel_unshuffle_factor
    plans = {
        'resshift': {'steps': schedule.T, 'kappa': schedule.KAPPA, 'minNoise': schedule.MIN_NOISE,
                     'etasEnd': schedule.ETAS_END, 'power': schedule.POWER, 'predicts': 'xstart',
                     'input': {'kind': 'latent', 'variance': 0.25}},
        'dossr': {'order': 3}, 'onestep': {}}
    manifest = {
        'format': 1, 'name': name, 'title': title, 'system': 'osediff' if process == 'onestep' else process,
        'task': 'inpaint' if net.settings['mask'] else 'restore' if net.scale == 1 else 'upscale', 'scale': net.scale,
        'graphs': _graph_entries(net, process, out), 'grid': {'factor': 1, 'channels': 3}, 'schedule': plans[process],
        'defaultSteps': {'resshift': schedule.T, 'dossr': 5, 'onestep': 1}[process],
        'start': 'encode' if process == 'dossr' else 'bicubic', 'range': [-1, 1], 'multiple': factor,
        'tile': {'wholeUpTo': 230400 * factor ** 2, 'size': 256 * factor, 'overlap': 32 * factor}, 'colorFix': 'none',
        'precision': 'float32',
        'licence': {'name': 'Apache-2.0', 'url': 'https://www.apache.org/licenses/LICENSE-2.0', 'redistributable': True},
        'source': source}
    (out / 'model.json').write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + '\n')


def _graph_entries(net, process: str, out: Path) -> dict:
    def entry(role, inputs, outputs):
        file = f'{role}.onnx'
        return {'file': file, 'sha256': hashlib.sha256((out / file).read_bytes()).hexdigest(), 'inputs': inputs, 'outputs': outputs}

    mask = net.settings['mask']
    entries = {'preprocess': entry('preprocess', {'lq': 'lq', 'mask': 'mask'}, {'picture': 'picture'})} if mask else {}
    entries['condition'] = entry('condition', {'picture': 'picture', 'mask': 'mask'} if mask else {'lq': 'lq'}, {'cond': 'cond'})
    denoise_inputs = {'x': 'x', 'cond': 'cond'}
    if not isinstance(net, OneStepNetwork):
        denoise_inputs |= {'t': 't', ('picture' if process == 'dossr' else 'y'): 'y'}
    entries['denoise'] = entry('denoise', denoise_inputs, {'out': 'x0' if process == 'resshift' else 'out'})
    if process == 'dossr':
        entries['encode'] = entry('encode', {'picture': 'picture'}, {'latent': 'latent'})
        entries['decode'] = entry('decode', {'latent': 'latent'}, {'picture': 'picture'})
    return entries


def _example(net, count, h, w):
    """Arguments of the graphs: those of `condition`, then x, t, y, cond."""
    generator = torch.Generator().manual_seed(h)
    lq = torch.rand(count, 3, h, w, generator=generator) * 2 - 1
    y = upsample_bicubic(lq, net.scale)
    x = y + 0.6 * torch.randn(y.shape, generator=generator)
    inputs = [lq, torch.rand(count, 1, h, w, generator=generator).round() * 2 - 1] if net.settings['mask'] else [lq]
    t = torch.full((count,), 300 if getattr(net, 'process', '') == 'dossr' else 2 % net.settings['steps'])
    return inputs, x, t, y, net.condition(*inputs)


def _write(module, example, file, inputs, output, grids):
    axes = {name: {0: 'batch', 2: f'h_{grid}', 3: f'w_{grid}'} for name, grid in grids.items() if name in [*inputs, output]}
    if 't' in inputs:
        axes['t'] = {0: 'batch'}
    torch.onnx.export(module, example, str(file), input_names=inputs, output_names=[output], opset_version=17,
                      dynamo=False, dynamic_axes=axes)


def _difference(file, feeds, expected) -> float:
    import onnxruntime  # imported late: only exporting needs it
    session = onnxruntime.InferenceSession(str(file), providers=['CPUExecutionProvider'])
    found = session.run(None, {name: value.numpy() for name, value in feeds.items()})[0]
    return float(np.abs(found - expected.numpy()).max())


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('weights', type=Path)
    p.add_argument('out', type=Path)
    p.add_argument('--bundle', help='name of the bundle; without it, no model.json is written')
    p.add_argument('--title', help='title of the bundle; default: its name')
    p.add_argument('--source', default='Trained for this project; see CARD.md.', help='where the weights come from, for model.json')
    a = p.parse_args()
    net = load_network(a.weights)
    for role, difference in export(net, a.out).items():
        print(f'{role}.onnx: largest difference from PyTorch {difference:.1e}')
    if a.bundle:
        write_manifest(net, a.out, a.bundle, a.title or a.bundle, a.source)


if __name__ == '__main__':
    main()
