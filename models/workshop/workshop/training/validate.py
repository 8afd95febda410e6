"""Measures a training on held-out photographs."""
import copy
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from ..data.shard_dataset import to_tensor
from ..nets.network import upsample_bicubic
from .sample_sheet import save_sample_sheet
from .spectral_loss import grid_strength
from .trainer import Trainer


def validate(trainer: Trainer, shards: Path, count: int = 24):
    """Per number of steps: dB over bicubic, detail as a share of the ground truth's, and dB of the 4-pixel grid. Saves a sample sheet."""
    pairs = np.concatenate([np.load(f) for f in sorted(shards.glob('*.npy'))])[:count]
    x0, inputs, _ = trainer.prepare_batch(to_tensor(pairs['hr'][:, 0]), to_tensor(pairs['lr'][:, 0]), np.random.default_rng(1))
    net = copy.deepcopy(trainer.net)  # a new network would take its initial weights from the random state of the training
    net.load_state_dict(trainer.ema)
    y = upsample_bicubic(inputs[0], net.scale)
    figures, columns = {}, [y]
    for steps in trainer.process.validation_steps:
        with torch.random.fork_rng(devices=[]), trainer.autocast(), torch.no_grad():
            torch.manual_seed(1)
            out = torch.cat([trainer.process.sample(part[0], trainer.predictor(net, *part), steps)
                             for part in zip(y.split(8), *(tensor.split(8) for tensor in inputs))]).float().clamp(-1, 1)
        figures[f'gain_{steps}'] = (_psnr(out, x0) - _psnr(y.clamp(-1, 1), x0)).mean().item()
        figures[f'detail_{steps}'] = (_detail(out) / _detail(x0)).item()
        figures[f'grid_{steps}'] = grid_strength(out) - grid_strength(x0)
        columns.append(out)
    save_sample_sheet([column[:8] for column in [*columns, x0]], trainer.a.run / 'samples' / f'{trainer.step:07}.png')
    return figures


def _psnr(a, b):
    return -10 * torch.log10(((a - b) / 2).pow(2).mean((1, 2, 3)) + 1e-10)


def _detail(x):
    kernel = torch.tensor([[0., 1, 0], [1, -4, 1], [0, 1, 0]], device=x.device)[None, None]
    return F.conv2d(x.float().mean(1, keepdim=True), kernel).abs().mean()
