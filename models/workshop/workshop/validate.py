"""How good a training is by now, on photographs that never trained."""
import copy
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from .net import up
from .sample import sample
from .schedule import T
from .sheet import sample_sheet
from .shards import picture
from .training import Training, channels_last


def validate(training: Training, held: Path, count: int = 24):
    """dB over bicubic and share of the truth's detail on photographs that never trained; and the sample sheet."""
    pairs = np.concatenate([np.load(f) for f in sorted(held.glob('*.npy'))])[:count]
    hr, lq = picture(pairs['hr'][:, 0]), picture(pairs['lr'][:, 0])
    net = copy.deepcopy(training.net)  # a new one would draw its first weights from the training's randomness
    net.load_state_dict(training.mean)
    y = up(lq, net.scale)
    figures, columns = {}, [y]
    for steps in (1, T):
        generator = torch.Generator(training.device).manual_seed(1)
        with training.cast():
            out = torch.cat([sample(net, channels_last(part.to(training.device)), training.etas, steps, generator).cpu()
                             for part in lq.split(8)]).clamp(-1, 1)
        figures[f'gain_{steps}'] = (_psnr(out, hr) - _psnr(y.clamp(-1, 1), hr)).mean().item()
        figures[f'detail_{steps}'] = (_detail(out) / _detail(hr)).item()
        columns.append(out)
    sample_sheet([c[:8] for c in [*columns, hr]], training.a.run / 'samples' / f'{training.step:07}.png')
    return figures


def _psnr(a, b):
    return -10 * torch.log10(((a - b) / 2).pow(2).mean((1, 2, 3)) + 1e-10)


def _detail(x):
    kernel = torch.tensor([[0., 1, 0], [1, -4, 1], [0, 1, 0]])[None, None]
    return F.conv2d(x.float().mean(1, keepdim=True), kernel).abs().mean()
