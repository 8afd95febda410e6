"""How good a training is by now, on photographs that never trained."""
import copy
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from ..data.shard_dataset import picture
from ..nets.network import upsample_bicubic
from .sample_sheet import sample_sheet
from .spectral_loss import grid
from .trainer import Training


def validate(training: Training, held: Path, count: int = 24):
    """dB over bicubic, share of the truth's detail and dB of the 4-pixel grid on photographs that never trained; and the sample sheet."""
    pairs = np.concatenate([np.load(f) for f in sorted(held.glob('*.npy'))])[:count]
    x0, given, _ = training.task(picture(pairs['hr'][:, 0]), picture(pairs['lr'][:, 0]), np.random.default_rng(1))
    net = copy.deepcopy(training.net)  # a new one would draw its first weights from the training's randomness
    net.load_state_dict(training.mean)
    y = upsample_bicubic(given[0], net.scale)
    figures, columns = {}, [y]
    for steps in training.process.walks:
        with torch.random.fork_rng(devices=[]), training.cast(), torch.no_grad():
            torch.manual_seed(1)
            out = torch.cat([training.process.sample(part[0], training.predictor(net, *part), steps)
                             for part in zip(y.split(8), *(g.split(8) for g in given))]).float().clamp(-1, 1)
        figures[f'gain_{steps}'] = (_psnr(out, x0) - _psnr(y.clamp(-1, 1), x0)).mean().item()
        figures[f'detail_{steps}'] = (_detail(out) / _detail(x0)).item()
        figures[f'grid_{steps}'] = grid(out) - grid(x0)
        columns.append(out)
    sample_sheet([c[:8] for c in [*columns, x0]], training.a.run / 'samples' / f'{training.step:07}.png')
    return figures


def _psnr(a, b):
    return -10 * torch.log10(((a - b) / 2).pow(2).mean((1, 2, 3)) + 1e-10)


def _detail(x):
    kernel = torch.tensor([[0., 1, 0], [1, -4, 1], [0, 1, 0]], device=x.device)[None, None]
    return F.conv2d(x.float().mean(1, keepdim=True), kernel).abs().mean()
