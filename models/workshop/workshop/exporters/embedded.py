"""python -m workshop.exporters.embedded WEIGHTS.pt OUT [--bundle NAME --title TITLE]: ONNX graphs, kept only if they agree with PyTorch.

preprocess  lq, mask → picture          once per picture, where holes are to be filled; it fills them roughly
condition   lq → cond, or picture, mask → cond
denoise     x, cond, t, y → out         once per step; what `out` is depends on the process:
    resshift  x0; t counts 0 … T - 1 as in the plans
    dossr     (x - a·g·x0)/s, so that the plan's x̂₀ = (x - s·out)/a is g·x0; `encode` and `decode` multiply and divide by g
    onestep   (x - a·x0)/s with a, s of t = 999 and y = x, the enlarged picture; of `one_step_network.py` in a form that takes fewer passes
opset 17, dynamic batch and size. With --bundle, model.json beside them.
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
        self.net, bar = net, float(np.float32(sd_alphas_bar()[999]))
        self.a, self.s = math.sqrt(bar), math.sqrt(1 - bar)

    def forward(self, x, cond, t, y):
        x0 = self.net.denoise(x / 0.5, cond, torch.ones_like(t), y)
        return (x - self.a * x0) / self.s


class DenoiseQuick(torch.nn.Module):
    """As DenoiseOneStep with x = y; the factor of cond goes into the convolution before it when onnxruntime loads the graph."""

    def __init__(self, net):
        super().__init__()
        self.scale, bar = net.scale, float(np.float32(sd_alphas_bar()[999]))
        self.a, self.s = math.sqrt(bar), math.sqrt(1 - bar)

    def forward(self, x, cond):
        return x * ((1 - self.a) / self.s) + pixel_shuffle(cond * (-self.a / self.s), self.scale)


class Times(torch.nn.Module):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, x):
        return x * self.factor


DENOISE = {'resshift': Denoise, 'dossr': DenoiseDoSSR, 'onestep': DenoiseOneStep}


def read_net(file: Path) -> Network:
    kept = checkpoint.load(file)
    net = build_network(kept['settings'])
    net.load_state_dict(kept['ema'])
    net.process = kept.get('process', 'resshift')
    return net.eval()


@torch.no_grad()
def export(net: Network, out: Path, tolerance: float = 1e-4) -> dict[str, float]:
    """Writes the graphs and answers with their largest difference from PyTorch, on another size than traced."""
    out.mkdir(parents=True, exist_ok=True)
    process = getattr(net, 'process', 'resshift')
    quick = isinstance(net, OneStepNetwork)
    denoise = DenoiseQuick(net) if quick else DENOISE[process](net)
    picture = {'encode': Times(DoSSR.GAIN), 'decode': Times(1 / DoSSR.GAIN)} if process == 'dossr' else {}
    differences = {}

    def write(role, module, inputs, output, example, proof, grids):
        part = out / f'{role}.onnx.part'
        _write(module, example, part, inputs, output, grids)
        difference = _difference(part, dict(zip(inputs, proof)), module(*proof))
        if difference > tolerance:
            raise SystemExit(f'{role}.onnx differs from PyTorch by {difference:.2g}; nothing was kept')
        differences[role] = difference

    given, x, t, y, cond = _example(net, 2, 24, 40)
    given2, x2, t2, y2, cond2 = _example(net, 1, 36, 20)
    names = ['picture', 'mask'] if net.settings['mask'] else ['lq']
    cells = 'lr' if net.pixel_unshuffle_factor == 1 else 'cell'
    write('condition', Condition(net), names, 'cond', tuple(given), given2, {**dict.fromkeys(names, 'lr'), 'cond': cells})
    seen = (lambda x, cond, t, y: (x, cond)) if quick else lambda *all_: all_
    answer = 'x0' if process == 'resshift' else 'out'
    write('denoise', denoise, list(seen('x', 'cond', 't', 'y')), answer, seen(x, cond, t, y), seen(x2, cond2, t2, y2),
          {'x': 'hr', 'cond': cells, 'y': 'hr', answer: 'hr'})
    if net.settings['mask']:
        write('preprocess', PushPullFill(), ['lq', 'mask'], 'picture', tuple(given), given2, dict.fromkeys(['lq', 'mask', 'picture'], 'lr'))
    for role, module in picture.items():
        name, result = ('picture', 'latent') if role == 'encode' else ('latent', 'picture')
        write(role, module, [name], result, (y,), (y2,), {name: 'hr', result: 'hr'})
    for role in differences:
        os.replace(out / f'{role}.onnx.part', out / f'{role}.onnx')
    return differences


def describe(net: Network, out: Path, name: str, title: str, source: str):
    """model.json of what `export` wrote."""
    process = getattr(net, 'process', 'resshift')

    def entry(role, inputs, output):
        file = f'{role}.onnx'
        return {'file': file, 'sha256': hashlib.sha256((out / file).read_bytes()).hexdigest(), 'inputs': inputs, 'outputs': output}

    mask = net.settings['mask']
    graphs = {'preprocess': entry('preprocess', {'lq': 'lq', 'mask': 'mask'}, {'picture': 'picture'})} if mask else {}
    seen = {'picture': 'picture', 'mask': 'mask'} if mask else {'lq': 'lq'}
    graphs |= {'condition': entry('condition', seen, {'cond': 'cond'}),
              'denoise': entry('denoise', {'x': 'x', 'cond': 'cond'} if isinstance(net, OneStepNetwork) else
                               {'x': 'x', 'cond': 'cond', 't': 't', ('picture' if process == 'dossr' else 'y'): 'y'},
                               {'out': 'x0' if process == 'resshift' else 'out'})}
    if process == 'dossr':
        graphs |= {'encode': entry('encode', {'picture': 'picture'}, {'latent': 'latent'}),
                   'decode': entry('decode', {'latent': 'latent'}, {'picture': 'picture'})}
    plans = {
        'resshift': {'steps': schedule.T, 'kappa': schedule.KAPPA, 'minNoise': schedule.MIN_NOISE,
                     'etasEnd': schedule.ETAS_END, 'power': schedule.POWER, 'predicts': 'xstart',
                     'input': {'kind': 'latent', 'variance': 0.25}},
        'dossr': {'order': 3}, 'onestep': {}}
    manifest = {
        'format': 1, 'name': name, 'title': title, 'system': 'osediff' if process == 'onestep' else process,
        'task': 'inpaint' if mask else 'restore' if net.scale == 1 else 'upscale', 'scale': net.scale, 'graphs': graphs,
        'grid': {'factor': 1, 'channels': 3}, 'schedule': plans[process],
        'defaultSteps': {'resshift': schedule.T, 'dossr': 5, 'onestep': 1}[process],
        'start': 'encode' if process == 'dossr' else 'bicubic', 'range': [-1, 1], 'multiple': net.pixel_unshuffle_factor,
        'tile': {'wholeUpTo': 230400 * net.pixel_unshuffle_factor ** 2, 'size': 256 * net.pixel_unshuffle_factor, 'overlap': 32 * net.pixel_unshuffle_factor}, 'colorFix': 'none',
        'precision': 'float32',
        'licence': {'name': 'Apache-2.0', 'url': 'https://www.apache.org/licenses/LICENSE-2.0', 'redistributable': True},
        'source': source}
    (out / 'model.json').write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + '\n')


def _example(net, count, h, w):
    generator = torch.Generator().manual_seed(h)
    lq = torch.rand(count, 3, h, w, generator=generator) * 2 - 1
    y = upsample_bicubic(lq, net.scale)
    x = y + 0.6 * torch.randn(y.shape, generator=generator)
    given = [lq, torch.rand(count, 1, h, w, generator=generator).round() * 2 - 1] if net.settings['mask'] else [lq]
    t = torch.full((count,), 300 if getattr(net, 'process', '') == 'dossr' else 2 % net.settings['steps'])
    return given, x, t, y, net.condition(*given)


def _write(module, example, file, inputs, output, grids):
    axes = {name: {0: 'batch', 2: f'h_{grid}', 3: f'w_{grid}'} for name, grid in grids.items() if name in [*inputs, output]}
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
    p.add_argument('--bundle', help='name of the bundle')
    p.add_argument('--title', help='as people see it; the name, unless given')
    p.add_argument('--source', default='Trained for this project; see CARD.md.')
    a = p.parse_args()
    network = read_net(a.weights)
    for part, difference in export(network, a.out).items():
        print(f'{part}.onnx: largest difference from PyTorch {difference:.1e}')
    if a.bundle:
        describe(network, a.out, a.bundle, a.title or a.bundle, a.source)
